"""Cohorts, and what has changed since the last run."""

from __future__ import annotations

TEXT: dict[str, str] = {
    "section.cohorts": "Cohorts",
    "lead.cohorts": (
        "Customers are put together by the period of their first purchase. Hatched periods are not"
        " over yet."
    ),
    "chart.cohort.x": "First purchase",
    "chart.cohort.age.M": "Months since the first purchase",
    "chart.cohort.age.Q": "Quarters since the first purchase",
    "chart.retention.title": "Who came back, and when",
    "chart.retention.reading.M": (
        "{one} bought again in the month after the first purchase's, {six} in the sixth month."
    ),
    "chart.retention.reading.Q": (
        "{one} bought again in the quarter after the first purchase's, {six} in the sixth quarter."
    ),
    "chart.retention.reading.short.M": (
        "{one} bought again in the month after the first purchase's."
    ),
    "chart.retention.reading.short.Q": (
        "{one} bought again in the quarter after the first purchase's."
    ),
    "chart.retention.alt": ("Heat map of the share of each cohort that bought, by age. {reading}"),
    "chart.cumulative_value.title": "Revenue per customer since the first purchase",
    "chart.cumulative_value.y": "Revenue per customer {currency}",
    "chart.cumulative_value.reading": (
        "Cohort {cohort}: {start} a customer in the first period, {now} by now; the darker the"
        " line, the newer the cohort."
    ),
    "chart.cumulative_value.alt": "Lines of revenue per customer by age, one a cohort. {reading}",
    "table.changes": "Since the last run",
    "column.figure": "Figure",
    "column.change": "Change",
    "change.in": "{name}, {unit}",
    "change.scored": "Customers scored",
    "change.active": "Active",
    "change.value.clv": "Expected margin",
    "change.value.expected_purchases": "Expected purchase days",
    "change.warned": "Churn warnings",
    "change.value_at_risk": "Value at risk",
    "change.called": "To call back",
    "change.spent": "Budget committed",
    "since.warned": (
        "Of {n} warned about on {as_of}, {bought} have bought since; {again} are warned about again"
        " and {new} are new on the list."
    ),
    "since.called": "Of {n} called back then, {bought} ({share}) have bought since",
    "since.control": "; of {n} held back, {bought} ({share})",
    "chart.drift.title": "Drift of the customers since the champion was trained on {since}",
    "chart.drift.x": "Population stability index",
    "chart.drift.moved": "train anew",
    "chart.drift.reading.steady": (
        "Since {since} nothing has moved much; the most is {feature} (index {psi})."
    ),
    "chart.drift.reading.moving": (
        "Since {since} customers have moved a little, most by {feature} (index {psi})."
    ),
    "chart.drift.reading.moved": (
        "Since {since} customers have moved so far that training anew is due, most by {feature}"
        " (index {psi}; the mark is 0.25)."
    ),
    "chart.drift.alt": "Bars of the population stability index by feature. {reading}",
    "feature.frequency": "repeat purchase days",
    "feature.days_since_last": "days since the last purchase",
    "feature.tenure": "days since the first purchase",
    "feature.monetary_value": "mean amount",
}
