"""Simplified Chinese: the texts of `en.value`."""

# ruff: noqa: E501, RUF001 - fullwidth marks are what Chinese is written with
from __future__ import annotations

TEXT: dict[str, str] = {
    "value.to_come": "未来会带来什么，来自谁",
    "value.so_far": "至今的走势",
    "value.model": "模型如何看待购买历史",
    "band.80": "80% 区间",
    "chart.tracking.title": "每周复购日：实际与预期",
    "chart.tracking.x": "周起始日",
    "chart.tracking.y": "复购日",
    "chart.tracking.held_out": "此后为留出数据",
    "chart.tracking.reading": "{weeks} 周：实际 {actual}，预期 {expected}（{off}）。",
    "chart.tracking.reading.held_out": (
        "在模型未见过的 {weeks} 周中，实际 {actual}，预期 {expected}（{off}）。"
    ),
    "chart.tracking.alt": "每周实际与预期购买日的折线。{reading}",
    "chart.cumulative.title": "累计复购日：实际与预期",
    "chart.cumulative.reading": "从第一周到最后一周，实际 {actual}，预期 {expected}（{off}）。",
    "chart.cumulative.alt": "从第一周起累计的购买日折线。{reading}",
    "chart.forecast.title": "未来的复购日",
    "chart.forecast.y": "从今日起的复购日",
    "chart.forecast.reading": (
        "到 {day}，现有客户预计带来 {expected} 个复购日（80% 区间 {low} 至 {high}，仅计偶然）。"
    ),
    "chart.forecast.alt": "累计预期购买日及其区间。{reading}",
    "chart.by_frequency.title": "购买：按以往频次的预测与实际",
    "chart.by_frequency.x": "截止日前的复购日数",
    "chart.by_frequency.reading": (
        "误差最多出现在频次为 {frequency} 的客户：每位预测 {predicted}，实际 {actual}（{off}）。"
    ),
    "chart.by_frequency.alt": "按频次的预测与实际购买柱形图。{reading}",
    "chart.matrix_expected_purchases.title": "未来 {days} 的预期购买日",
    "chart.matrix_expected_purchases.reading": (
        "有 {frequency} 个复购日的客户，若今日刚购买预期为 {fresh}，沉默 {days} 天后为 {silent}。"
    ),
    "chart.matrix_expected_purchases.alt": (
        "按频次与最近购买的预期购买矩阵，客户获得于 {age} 天前。{reading}"
    ),
    "chart.matrix_p_alive.title": "{age} 天前获得的客户仍是客户的概率",
    "chart.matrix_p_alive.reading": (
        "有 {frequency} 个复购日的客户，若今日刚购买为 {fresh}，沉默 {days} 天后为 {silent}。"
    ),
    "chart.matrix_p_alive.alt": "按频次与最近购买的存活概率矩阵。{reading}",
    "chart.matrix.x": "复购日数（0 置灰）",
    "chart.matrix.y": "首次到最近购买的天数",
    "chart.cohort_value.title": "按首购时间的每位客户毛利",
    "chart.cohort_value.y": "每位客户毛利 {currency}",
    "chart.cohort_value.first": "首单",
    "chart.cohort_value.since": "此后至今",
    "chart.cohort_value.expected": "尚可预期",
    "chart.cohort_value.reading": (
        "{first} 获得的客户，已带来与预期合计 {then}；{last} 获得的为 {now}。"
    ),
    "chart.cohort_value.alt": "各批次每位客户毛利的堆叠柱形图。{reading}",
    "chart.forecast_revenue.title": "未来的收入",
    "chart.forecast_revenue.y": "从今日起的收入 {currency}",
    "chart.forecast_revenue.reading": "到 {day}，现有客户预计带来 {expected} 收入（80% 区间 {low} 至 {high}，仅计偶然）。",
    "chart.forecast_revenue.alt": "累计预期收入及其区间。{reading}",
    "value.hold": "模型在各次运行间是否稳定",
    "chart.stability.title": "各次运行的 {model} 参数",
    "chart.stability.reading": "{runs} 次运行中变动最大的是 {name}，在 {low} 与 {high} 之间；竖线为 95% 区间。",
    "chart.stability.reading.inside": "{runs} 次运行中变动最大的是 {name}，在 {low} 与 {high} 之间，未超出最新的 95% 区间。",
    "chart.stability.x": "版本",
    "chart.stability.alt": "{model} 各参数按运行的折线及区间。{reading}",
    "table.stability": "各次运行的参数",
    "column.run": "运行",
}
