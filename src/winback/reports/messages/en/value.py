"""Value: weeks and forecasts, calibration by frequency, the model's own view."""

from __future__ import annotations

TEXT: dict[str, str] = {
    "value.to_come": "What is to come, and from whom",
    "value.so_far": "How it has been going",
    "value.model": "What the model makes of a history",
    "band.80": "80% interval",
    "chart.tracking.title": "Repeat purchase days per week, actual and expected",
    "chart.tracking.x": "Week beginning",
    "chart.tracking.y": "Repeat purchase days",
    "chart.tracking.held_out": "held out from here",
    "chart.tracking.reading": "{weeks} weeks: {actual} happened, {expected} expected ({off}).",
    "chart.tracking.reading.held_out": (
        "In the {weeks} weeks the model had not seen, {actual} happened and {expected} were"
        " expected ({off})."
    ),
    "chart.tracking.alt": "Lines of actual and expected purchase days by week. {reading}",
    "chart.cumulative.title": "Repeat purchase days to date, actual and expected",
    "chart.cumulative.reading": (
        "From the first week to the last {actual} happened and {expected} were expected ({off})."
    ),
    "chart.cumulative.alt": "Lines of purchase days added up from the first week. {reading}",
    "chart.forecast.title": "Repeat purchase days to come",
    "chart.forecast.y": "Repeat purchase days from today",
    "chart.forecast.reading": (
        "By {day} today's customers are expected to bring {expected} repeat purchase days (80%"
        " interval {low} to {high}, chance alone)."
    ),
    "chart.forecast.alt": "Line of expected purchase days added up, with an interval. {reading}",
    "chart.by_frequency.title": "Purchases: predicted against actual, by frequency so far",
    "chart.by_frequency.x": "Repeat purchase days before the cut-off",
    "chart.by_frequency.reading": (
        "Most was missed among customers of frequency {frequency}: {predicted} predicted"
        " per customer, {actual} happened ({off})."
    ),
    "chart.by_frequency.alt": "Bars of predicted and actual purchases by frequency. {reading}",
    "chart.matrix_expected_purchases.title": "Expected purchase days in the next {days}",
    "chart.matrix_expected_purchases.reading": (
        "With {frequency} repeat purchase days, {fresh} are expected if the last was today, and"
        " {silent} after {days} days of silence."
    ),
    "chart.matrix_expected_purchases.alt": (
        "Matrix of expected purchases by frequency and recency, of a customer won {age} days ago."
        " {reading}"
    ),
    "chart.matrix_p_alive.title": "Probability of still being a customer, won {age} days ago",
    "chart.matrix_p_alive.reading": (
        "With {frequency} repeat purchase days it is {fresh} if the last was today, and {silent}"
        " after {days} days of silence."
    ),
    "chart.matrix_p_alive.alt": (
        "Matrix of the probability of being alive by frequency and recency. {reading}"
    ),
    "chart.matrix.x": "Repeat purchase days (0 greyed)",
    "chart.matrix.y": "Days from first to last purchase",
    "chart.cohort_value.title": "Margin per customer by time of the first purchase",
    "chart.cohort_value.y": "Margin per customer {currency}",
    "chart.cohort_value.first": "First order",
    "chart.cohort_value.since": "Since then",
    "chart.cohort_value.expected": "Still expected",
    "chart.cohort_value.reading": (
        "A customer won in {first} comes to {then}, brought and expected; one won in {last} to"
        " {now}."
    ),
    "chart.cohort_value.alt": "Stacked bars of margin per customer by cohort. {reading}",
    "chart.forecast_revenue.title": "Revenue to come",
    "chart.forecast_revenue.y": "Revenue from today {currency}",
    "chart.forecast_revenue.reading": (
        "By {day} today's customers are expected to bring {expected} of revenue (80% interval"
        " {low} to {high}, chance alone)."
    ),
    "chart.forecast_revenue.alt": "Line of expected revenue added up, with an interval. {reading}",
    "value.hold": "Whether the model holds from run to run",
    "chart.stability.title": "Parameters of {model} by run",
    "chart.stability.reading": (
        "Over {runs} runs, parameter {name} moved the most, between {low} and {high}; bars are"
        " 95% intervals."
    ),
    "chart.stability.reading.inside": (
        "Over {runs} runs, parameter {name} moved the most, between {low} and {high}, within"
        " its newest 95% interval."
    ),
    "chart.stability.x": "Version",
    "chart.stability.alt": "Lines of each parameter of {model} by run, with intervals. {reading}",
    "table.stability": "Parameters by run",
    "column.run": "Run",
}
