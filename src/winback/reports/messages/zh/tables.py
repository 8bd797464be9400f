"""Simplified Chinese: the texts of `en.tables`."""

# ruff: noqa: RUF001 - fullwidth marks are what Chinese is written with
from __future__ import annotations

TEXT: dict[str, str] = {
    "table.top": "最有价值的客户所占价值",
    "column.top": "前",
    "column.value_share": "价值份额",
    "table.tiers": "分层，最有价值者在前",
    "table.stages": "生命周期阶段，按客户经历的顺序",
    "column.tier": "层级",
    "column.stage": "阶段",
    "column.share": "客户份额",
    "column.mean.clv": "平均 CLV",
    "column.mean.expected_purchases": "平均预期购买日",
    "column.mean_p_churn": "平均流失概率",
    "table.deciles": "每位客户的{target}，按十等分",
    "column.tenth": "十等分",
    "column.predicted": "预测",
    "column.actual": "实际",
    "column.within_80": "落在 80% 区间内",
    "table.reliability": "按流失概率分成的十个等量组",
    "column.left": "已流失",
    "table.intake": "数据源的行",
    "column.fate": "去向",
    "column.rows": "行数",
    "column.of_all": "份额",
    "intake.rows_in": "读入",
    "intake.filtered_out": "被筛选条件排除",
    "intake.zero_amounts": "排除：金额为零",
    "intake.after_as_of": "晚于截止日期",
    "intake.rejected": "拒绝：{reason}",
    "intake.accepted": "接受",
    "data.reading": "{rows}中使用了 {accepted} 行（{share}）；拒绝 {rejected} 行{why}。",
    "data.why": "，最常见的原因：{reason}（{n}）",
}
