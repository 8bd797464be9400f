"""Simplified Chinese: the texts of `en.tiers`."""

# ruff: noqa: E501, RUF001 - fullwidth marks are what Chinese is written with
from __future__ import annotations

TEXT: dict[str, str] = {
    "tiers.who": "各层有谁",
    "tiers.worth": "各层是否不同",
    "tiers.hold": "分层是否稳定",
    "lead.tiers.held_out": (
        "按 {as_of} 已知的数据分层，再与其后 {days} 比较；“之前”指该日期之前同样长的时间。"
    ),
    "tiers.differ": (
        "各层客户之后的消费有差异：Kruskal-Wallis p {p}，epsilon 平方 {size}，{effect}效应。"
    ),
    "tiers.p.tiny": "< .001",
    "effect.negligible": "可忽略的",
    "effect.small": "小",
    "effect.medium": "中等",
    "effect.large": "大",
    "tier.before": "之前",
    "tier.after": "之后",
    "tier.repurchased": "再次购买",
    "tier.left": "活跃者中流失",
    "tier.not yet a customer": "新增",
    "chart.tier_spend.revenue.title": "每位客户的收入（ARPU），之前与之后",
    "chart.tier_spend.revenue.alt": "各层每位客户收入的柱形图。{reading}",
    "chart.tier_spend.purchases.title": "每位客户的购买日，之前与之后",
    "chart.tier_spend.purchases.alt": "各层每位客户购买日的柱形图。{reading}",
    "chart.tier_spend.reading": (
        "至 {until}，“{first}”层每位客户带来 {high}，“{last}”层为 {low}。"
    ),
    "chart.tier_rates.title": "谁再次购买，谁流失",
    "chart.tier_rates.reading": (
        "在 {days} 内，“{first}”层有 {high}、“{last}”层有 {low} 再次购买；流失指 {churn_days} 内没有购买。"
    ),
    "chart.tier_rates.alt": "各层复购率与流失率的柱形图。{reading}",
    "chart.migration.title": "层级之间的移动",
    "chart.migration.x": "{after} 的层级",
    "chart.migration.y": "{before} 的层级",
    "chart.migration.reading": ("自 {before} 以来，{kept} 留在原层，{up} 上升，{down} 下降。"),
    "chart.migration.alt": "原层级对现层级的矩阵。{reading}",
    "chart.flows.title": "同样的移动，以流量表示",
    "chart.flows.alt": "从左侧原层级流向右侧现层级。{reading}",
    "table.held_out_tiers": "各层带来了什么",
    "column.revenue_before.revenue": "之前收入",
    "column.revenue_before.purchases": "之前购买日",
    "column.revenue_share": "所占份额",
    "column.arpu_before": "之前每位客户",
    "column.arpu_after": "之后每位客户",
    "column.repurchase_rate": "再次购买",
    "column.churn_rate_active": "活跃者中流失",
    "column.frequency": "复购日",
    "column.days_since_last": "距上次购买天数",
    "column.monetary_value": "复购日平均金额",
    "table.top_shares": "贡献最多的客户所占份额",
    "column.top_before": "占 {as_of} 之前全部",
    "column.top_after": "占之后全部",
    "fact.stability": "稳定性",
    "fact.stability.text": "{value}（1 表示换一批样本仍得到同样的分层）",
    "fact.separation": "分离度",
    "fact.separation.text": "{value}；没有任何聚类时也可达 {reference}",
    "fact.kept": "留在原层",
}
