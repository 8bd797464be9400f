"""Charts: titles, axes, readings, alternative texts."""

from __future__ import annotations

TEXT: dict[str, str] = {
    # ------------------------------------------------------------------ charts
    "chart.deciles.title": "{target}: predicted against actual, by tenth of customers",
    "chart.deciles.x": "Customers by tenth, highest prediction first",
    "chart.deciles.y.purchases": "Purchase days per customer",
    "chart.deciles.y.revenue": "Revenue per customer",
    "chart.deciles.reading": (
        "The top tenth was predicted {predicted} per customer and came to {actual} ({off});"
        " over all tenths the forecast was {total}."
    ),
    "chart.deciles.alt": (
        "Bars of predicted and actual {target} per customer in ten groups. {reading}"
    ),
    "off.high": "{share} too high",
    "off.low": "{share} too low",
    "off.level": "within one percent",
    "off.undefined": "with nothing to compare",
    "predicted": "Predicted",
    "actual": "Actual",
    "expected": "Expected",
    "perfect": "Perfect agreement",
    "chart.reliability.title": "Churn: predicted against actual share who left",
    "chart.reliability.x": "Predicted churn probability",
    "chart.reliability.y": "Share who left",
    "chart.reliability.reading": (
        "On average {predicted} were predicted to leave and {actual} did; the largest gap among"
        " ten equal groups is {gap} points, where {at} was predicted."
    ),
    "chart.reliability.alt": (
        "Ten groups of equal size: predicted churn probability against the share who left, with"
        " the line of perfect agreement. {reading}"
    ),
    "chart.concentration.title": "Share of value held by the most valuable customers",
    "chart.concentration.x": "Share of customers, the most valuable first",
    "chart.concentration.y": "Share of expected value",
    "chart.concentration.equal": "If all were worth the same",
    "chart.concentration.reading": (
        "The top 1% of customers hold {top_1} of the expected value, the top 10% {top_10}, the"
        " top 20% {top_20}."
    ),
    "chart.concentration.alt": "Curve of cumulative value over cumulative customers. {reading}",
    "chart.tiers.title": "Tiers: share of customers and of value",
    "chart.tiers.customers": "Share of customers",
    "chart.tiers.value": "Share of expected value",
    "chart.tiers.reading": (
        "The tier {name} holds {share} of the customers and {value_share} of the expected value."
    ),
    "chart.tiers.reading.one": "All {customers} are in one tier, {name}.",
    "chart.tiers.alt": "Bars per tier: share of customers beside share of value. {reading}",
    "chart.risk.title": "Churn probability of the customers",
    "chart.risk.x": "Churn probability",
    "chart.risk.y": "Customers",
    "chart.risk.active": "Active",
    "chart.risk.dormant": "Dormant",
    "chart.risk.reading": (
        "{likely} of {active} active customers ({share}) are more likely than not to stay away;"
        " their mean churn probability is {mean}."
    ),
    "chart.risk.reading.dormant": "None of the {customers} with a probability is active.",
    "chart.risk.alt": "Histogram of churn probabilities in steps of five points. {reading}",
    "chart.stages.title": "Lifecycle stages",
    "chart.stages.x": "Customers",
    "chart.stages.reading": (
        "The largest stage is {name} with {share} of the customers; most value sits in {valuable}"
        " ({value_share})."
    ),
    "chart.stages.reading.plain": "The largest stage is {name} with {share} of the customers.",
    "chart.stages.alt": "Bars of customers per lifecycle stage. {reading}",
}
