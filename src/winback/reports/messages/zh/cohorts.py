"""Simplified Chinese: the texts of `en.cohorts`."""

# ruff: noqa: E501, RUF001 - fullwidth marks are what Chinese is written with
from __future__ import annotations

TEXT: dict[str, str] = {
    "section.cohorts": "批次",
    "lead.cohorts": "客户按首次购买的时期分批。带斜线的时期尚未结束。",
    "chart.cohort.x": "首次购买",
    "chart.cohort.age.M": "首购后的月数",
    "chart.cohort.age.Q": "首购后的季度数",
    "chart.retention.title": "谁回来了，何时回来",
    "chart.retention.reading.M": "首购次月有 {one} 再次购买，第六个月为 {six}。",
    "chart.retention.reading.Q": "首购下一季度有 {one} 再次购买，第六个季度为 {six}。",
    "chart.retention.reading.short.M": "首购次月有 {one} 再次购买。",
    "chart.retention.reading.short.Q": "首购下一季度有 {one} 再次购买。",
    "chart.retention.alt": "各批次按时期的购买比例热图。{reading}",
    "chart.cumulative_value.title": "首购以来每位客户的收入",
    "chart.cumulative_value.y": "每位客户收入 {currency}",
    "chart.cumulative_value.reading": (
        "批次 {cohort}：首个时期每位客户 {start}，至今 {now}；线越深，批次越新。"
    ),
    "chart.cumulative_value.alt": "各批次每位客户收入的折线。{reading}",
    "table.changes": "与上次运行相比",
    "column.figure": "指标",
    "column.change": "变化",
    "change.in": "{name}（{unit}）",
    "change.scored": "已评分客户",
    "change.active": "活跃",
    "change.value.clv": "预期毛利",
    "change.value.expected_purchases": "预期购买日",
    "change.warned": "流失预警",
    "change.value_at_risk": "风险价值",
    "change.called": "待召回",
    "change.spent": "已占用预算",
    "since.warned": (
        "{as_of} 预警的 {n} 位客户中，{bought} 位此后已购买；{again} 位再次被预警，{new} 位新上名单。"
    ),
    "since.called": "当时召回的 {n} 位中，{bought} 位（{share}）此后已购买",
    "since.control": "；对照的 {n} 位中为 {bought} 位（{share}）",
    "chart.drift.title": "自 {since} 训练现用模型以来客户的漂移",
    "chart.drift.x": "群体稳定性指数",
    "chart.drift.moved": "应重新训练",
    "chart.drift.reading.steady": "自 {since} 以来变化不大；最大的是“{feature}”（指数 {psi}）。",
    "chart.drift.reading.moving": "自 {since} 以来客户略有变化，最大的是“{feature}”（指数 {psi}）。",
    "chart.drift.reading.moved": (
        "自 {since} 以来客户变化已大，应重新训练，最大的是“{feature}”（指数 {psi}；界线为 0.25）。"
    ),
    "chart.drift.alt": "各特征的群体稳定性指数柱形图。{reading}",
    "feature.frequency": "复购日",
    "feature.days_since_last": "距上次购买天数",
    "feature.tenure": "距首次购买天数",
    "feature.monetary_value": "平均金额",
}
