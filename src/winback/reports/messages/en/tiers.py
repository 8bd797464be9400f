"""Tiers: what they are worth, how they hold."""

from __future__ import annotations

TEXT: dict[str, str] = {
    "tiers.who": "Who is in them",
    "tiers.worth": "Whether they differ",
    "tiers.hold": "Whether they hold",
    "lead.tiers.held_out": (
        "Tiers were cut by what was known on {as_of} and compared with the {days} after it; before"
        " means as many days up to that date."
    ),
    "tiers.differ": (
        "Tiers differ in what their customers brought later: Kruskal-Wallis p {p}, epsilon-squared"
        " {size}, a {effect} effect."
    ),
    "tiers.p.tiny": "< .001",
    "effect.negligible": "negligible",
    "effect.small": "small",
    "effect.medium": "medium",
    "effect.large": "large",
    "tier.before": "Before",
    "tier.after": "After",
    "tier.repurchased": "Bought again",
    "tier.left": "Left, of the active",
    "tier.not yet a customer": "new",
    "chart.tier_spend.revenue.title": "Revenue per customer (ARPU), before and after",
    "chart.tier_spend.revenue.alt": "Bars of revenue per customer by tier. {reading}",
    "chart.tier_spend.purchases.title": "Purchase days per customer, before and after",
    "chart.tier_spend.purchases.alt": "Bars of purchase days per customer by tier. {reading}",
    "chart.tier_spend.reading": (
        "Until {until}, a customer of {first} brought {high}, one of {last} {low}."
    ),
    "chart.tier_rates.title": "Who bought again, and who left",
    "chart.tier_rates.reading": (
        "Within {days}, {high} of {first} and {low} of {last} bought again; left means no purchase"
        " within {churn_days}."
    ),
    "chart.tier_rates.alt": "Bars of repurchase and churn rates by tier. {reading}",
    "chart.migration.title": "Moves between tiers",
    "chart.migration.x": "Tier on {after}",
    "chart.migration.y": "Tier on {before}",
    "chart.migration.reading": (
        "Since {before}, {kept} have stayed in their tier, {up} have risen and {down} have fallen."
    ),
    "chart.migration.alt": "Matrix of earlier against present tier. {reading}",
    "chart.flows.title": "The same moves as streams",
    "chart.flows.alt": "Streams from the earlier tiers on the left to today's. {reading}",
    "table.held_out_tiers": "What the tiers brought",
    "column.revenue_before.revenue": "Revenue before",
    "column.revenue_before.purchases": "Purchase days before",
    "column.revenue_share": "Share of it",
    "column.arpu_before": "Per customer before",
    "column.arpu_after": "Per customer after",
    "column.repurchase_rate": "Bought again",
    "column.churn_rate_active": "Left, of the active",
    "column.frequency": "Repeat purchase days",
    "column.days_since_last": "Days since the last",
    "column.monetary_value": "Mean amount, repeat days",
    "table.top_shares": "Held by the customers who brought the most",
    "column.top_before": "Of all brought by {as_of}",
    "column.top_after": "Of all brought after it",
    "fact.stability": "Stability",
    "fact.stability.text": "{value} of 1 (the same cut again on another sample)",
    "fact.separation": "Separation",
    "fact.separation.text": "{value}; up to {reference} comes about without any clusters",
    "fact.kept": "Same tier as before",
}
