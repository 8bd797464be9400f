"""Churn: how good the score is, for whom, and what moves it."""

from __future__ import annotations

TEXT: dict[str, str] = {
    "section.churn": "Churn",
    "lead.churn": (
        "The churn probability is the chance of no purchase within {days}. Active means a purchase"
        " within {active}."
    ),
    "lead.churn.all": (
        "The churn probability is the chance of no purchase within {days}. Everybody counts as"
        " active."
    ),
    "churn.who": "Who may leave now",
    "churn.how_good": "How far the score can be trusted",
    "churn.found": "Whom it finds, and what acting on it would bring",
    "churn.for_whom": "For whom it works",
    "compared": " ({others})",
    "compared.one": "{model}: {value}",
    "comma": ", ",
    "perfect.order": "Perfect order",
    "by.lot": "By lot",
    "axis.riskiest": "Share of customers, the riskiest first",
    "chart.gain.title": "Gain: who of those who left was found",
    "chart.gain.y": "Share of all who left",
    "chart.gain.reading": (
        "The riskiest fifth holds {captured} of all who left; a perfect order would hold {possible}"
    ),
    "chart.gain.alt": "Curves of the share of leavers found by depth of the list. {reading}",
    "chart.lift.title": "Lift: how many times as many as by lot",
    "chart.lift.y": "Times the average churn rate",
    "chart.lift.reading": (
        "In the riskiest tenth {lift} times as many left as on average; {highest} times is the most"
        " there can be"
    ),
    "chart.lift.alt": "Curves of lift by depth of the list. {reading}",
    "chart.precision_recall.title": "Precision and recall",
    "chart.precision_recall.x": "Recall: share of all leavers found",
    "chart.precision_recall.y": "Precision: share who left",
    "chart.precision_recall.reading": (
        "Of the riskiest tenth {precision} left, which is {recall} of all who left; of everybody"
        " {rate} left."
    ),
    "chart.precision_recall.alt": "Curves of precision over recall. {reading}",
    "chart.profit.title": "Profit by depth of the list",
    "chart.profit.y": "Profit {currency}",
    "chart.profit.capacity": "capacity of a week",
    "chart.profit.reading": "Profit would be highest, {best}, by warning about {depth}",
    "chart.profit.reading.capacity": "; the week's capacity of {depth} would bring {profit}",
    "chart.profit.reading.terms": (
        ". Assumed: {saved} of leavers kept by a warning, margin {margin}, {contact} a contact,"
        " {offer} an offer."
    ),
    "chart.profit.alt": "Curves of profit by the share of customers warned about. {reading}",
    "chart.groups_tier.title": "Calibration by tier",
    "chart.groups_tier.alt": "Predicted and actual churn of each tier. {reading}",
    "chart.groups_orders.title": "Calibration by number of orders",
    "chart.groups_orders.alt": "Predicted and actual churn by number of orders. {reading}",
    "chart.groups.x": "Share who left",
    "chart.groups.reading": (
        "The forecast is furthest off for {group}: {predicted} predicted, {actual} left."
    ),
    "group.repeat.repeat": "repeat customers",
    "group.repeat.one order": "one-order customers",
    "group.orders.1": "1 order",
    "group.orders.2": "2 orders",
    "group.orders.3-4": "3\N{EN DASH}4 orders",
    "group.orders.5-9": "5\N{EN DASH}9 orders",
    "group.orders.10+": "10 orders or more",
    "table.groups": "The chosen model by kind of customer",
    "column.kind": "Customers",
    "column.n": "n",
    "column.churn_rate": "Left",
    "column.auc": "AUC (95% interval)",
    "column.baseline_auc": "Best baseline",
    "column.lift_of": "Top-tenth lift (possible)",
    "column.safe_decile": "Left, of the safest tenth",
    "churn.knows_little": "The score knows little",
    "chart.snapshots.title": "Error on past snapshots",
    "chart.snapshots.reading": (
        "{model} had the lowest Brier score on {wins} of {n} snapshots; the churn rate lay between"
        " {low} and {high}."
    ),
    "chart.snapshots.alt": "Lines of the Brier score by snapshot and model. {reading}",
    "column.snapshot": "Snapshot",
    "column.forecast": "Forecast",
    "table.snapshots": "The chosen model on each past snapshot, refitted before it",
    "chart.reasons.title": "What moves the warnings",
    "chart.reasons.x": "Warnings",
    "chart.reasons.first": "First reason",
    "chart.reasons.further": "Second or third",
    "chart.reasons.reading": (
        "The most frequent first reason is {reason}: {n} of {total} warnings ({share}). Reasons say"
        " what moved the score, not what moved the customer."
    ),
    "chart.reasons.alt": "Bars of warnings by reason. {reading}",
    "reason.overdue": "overdue",
    "reason.slowing_down": "slowing down",
    "reason.frequency": "few recent purchases",
    "reason.basket": "smaller baskets",
    "reason.value": "lower spend",
    "reason.refunds": "refunds",
    "reason.season": "season",
    "reason.tenure": "length of the relation",
    "reason.channel": "channel",
    "reason.category": "categories",
    "reason.event": "event: {event}",
    "reason.several": "several small ones",
}
