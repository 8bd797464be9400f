"""Tables and facts."""

from __future__ import annotations

TEXT: dict[str, str] = {
    # ------------------------------------------------------------------ tables
    "table.top": "Value held by the most valuable customers",
    "column.top": "Top",
    "column.value_share": "Share of value",
    "table.tiers": "Tiers, the most valuable first",
    "table.stages": "Lifecycle stages, in the order customers run through them",
    "column.tier": "Tier",
    "column.stage": "Stage",
    "column.share": "Share of customers",
    "column.mean.clv": "Mean CLV",
    "column.mean.expected_purchases": "Mean expected purchase days",
    "column.mean_p_churn": "Mean churn probability",
    "table.deciles": "{target} per customer, by tenth",
    "column.tenth": "Tenth",
    "column.predicted": "Predicted",
    "column.actual": "Actual",
    "column.within_80": "Within the 80% interval",
    "table.reliability": "Ten equal groups by churn probability",
    "column.left": "Left",
    "table.intake": "Rows of the source",
    "column.fate": "What became of them",
    "column.rows": "Rows",
    "column.of_all": "Share",
    "intake.rows_in": "read",
    "intake.filtered_out": "dropped by the filter",
    "intake.zero_amounts": "dropped: amount zero",
    "intake.after_as_of": "later than the as-of date",
    "intake.rejected": "rejected: {reason}",
    "intake.accepted": "accepted",
    "data.reading": ("{accepted} of {rows} were used ({share}); {rejected} were rejected{why}."),
    "data.why": ", most often: {reason} ({n})",
    "chart.coverage.M.title": "Rows by month",
    "chart.coverage.Q.title": "Rows by quarter",
    "chart.coverage.y": "Rows",
    "chart.coverage.reading": (
        "Somebody bought on {bought} of {days} ({share}); the longest silence lasted {gap}."
    ),
    "chart.coverage.reading.daily": "Somebody bought on every one of {days}.",
    "chart.coverage.M.alt": "Bars of accepted rows by month. {reading}",
    "chart.coverage.Q.alt": "Bars of accepted rows by quarter. {reading}",
    "coverage.order_id": "Rows with an order",
    "coverage.product_id": "Rows with a product",
    "coverage.category": "Rows with a category",
    "coverage.channel": "Rows with a channel",
    "coverage.customers": "Customers in the customer table",
    "coverage.events": "Customers with an event",
    "drift.none": (
        "The champions were trained on everything known by {as_of}: there is nothing to drift"
        " from yet."
    ),
    "quality.all": "All {n} models",
}
