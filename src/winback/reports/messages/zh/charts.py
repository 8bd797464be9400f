"""Simplified Chinese: the texts of `en.charts`."""

# ruff: noqa: E501, RUF001 - fullwidth marks are what Chinese is written with
from __future__ import annotations

TEXT: dict[str, str] = {
    "chart.deciles.title": "{target}：按客户十等分的预测与实际",
    "chart.deciles.x": "客户十等分，预测最高者在前",
    "chart.deciles.y.purchases": "每位客户的购买日",
    "chart.deciles.y.revenue": "每位客户的收入",
    "chart.deciles.reading": (
        "最高的十分之一预测每位 {predicted}，实际 {actual}（{off}）；全部合计的预测{total}。"
    ),
    "chart.deciles.alt": "十组客户的{target}预测与实际的柱形图。{reading}",
    "off.high": "偏高 {share}",
    "off.low": "偏低 {share}",
    "off.level": "误差在百分之一以内",
    "off.undefined": "没有可比数据",
    "predicted": "预测",
    "actual": "实际",
    "expected": "预期",
    "perfect": "完全一致",
    "chart.reliability.title": "流失：预测与实际流失比例",
    "chart.reliability.x": "预测流失概率",
    "chart.reliability.y": "实际流失比例",
    "chart.reliability.reading": (
        "平均预测 {predicted} 流失，实际 {actual}；十个等量组中最大差距为 {gap} 个百分点，出现在预测 {at}"
        " 处。"
    ),
    "chart.reliability.alt": ("十个等量组的预测流失概率与实际流失比例，以及完全一致线。{reading}"),
    "chart.concentration.title": "最有价值的客户所占的价值份额",
    "chart.concentration.x": "客户比例，最有价值者在前",
    "chart.concentration.y": "预期价值份额",
    "chart.concentration.equal": "若人人等值",
    "chart.concentration.reading": (
        "前 1% 的客户占预期价值的 {top_1}，前 10% 占 {top_10}，前 20% 占 {top_20}。"
    ),
    "chart.concentration.alt": "累计价值对累计客户的曲线。{reading}",
    "chart.tiers.title": "分层：客户份额与价值份额",
    "chart.tiers.customers": "客户份额",
    "chart.tiers.value": "预期价值份额",
    "chart.tiers.reading": "“{name}”层占客户的 {share}，占预期价值的 {value_share}。",
    "chart.tiers.reading.one": "全部 {customers}都在同一层：{name}。",
    "chart.tiers.alt": "各层客户份额与价值份额的柱形图。{reading}",
    "chart.risk.title": "客户的流失概率",
    "chart.risk.x": "流失概率",
    "chart.risk.y": "客户数",
    "chart.risk.active": "活跃",
    "chart.risk.dormant": "沉睡",
    "chart.risk.reading": (
        "{active} 位活跃客户中有 {likely} 位（{share}）更可能不再购买；平均流失概率为 {mean}。"
    ),
    "chart.risk.reading.dormant": "有概率的 {customers}中没有活跃客户。",
    "chart.risk.alt": "流失概率直方图，每格五个百分点。{reading}",
    "chart.stages.title": "生命周期阶段",
    "chart.stages.x": "客户数",
    "chart.stages.reading": (
        "最大的阶段是“{name}”，占客户的 {share}；价值最多的是“{valuable}”（{value_share}）。"
    ),
    "chart.stages.reading.plain": "最大的阶段是“{name}”，占客户的 {share}。",
    "chart.stages.alt": "各生命周期阶段客户数的柱形图。{reading}",
}
