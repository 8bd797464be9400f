"""What each feature means: plain data, read by the models, the reasons and the docs.

Left truncation: history begins where the data begin. A customer who bought before that looks
younger (``T``), less frequent and newer (``first_order_revenue``) than they are; the windowed
features (last 7 to 365 days) are free of it once that much history has passed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

WINDOWS = (7, 30, 90, 180, 365)
RECENT_DAYS = 90
EVENT_WINDOWS = (30, 90)
EVENT_MEMORY_DAYS = 365


@dataclass(frozen=True)
class Feature:
    """One numeric column of the behaviour table.

    Parameters
    ----------
    name
        The column.
    meaning
        What it says of a customer, in plain words.
    unit
        days, purchase days, money, share (0 to 1), change (-1 to 1), ratio, lines, count.
    family
        The plain family under which reasons report it.
    empty
        What stands there when it cannot be worked out.
    model
        Whether models learn from it.
    """

    name: str
    meaning: str
    unit: str
    family: str
    empty: str = "never empty"
    model: bool = True


FEATURES: tuple[Feature, ...] = (
    Feature("frequency", "repeat purchase days so far", "purchase days", "frequency"),
    Feature("recency", "age at the last purchase", "days", "frequency"),
    Feature("T", "tenure: days since the first purchase", "days", "tenure"),
    Feature(
        "monetary_value", "mean amount of a repeat purchase day", "money", "value", "0: no repeat"
    ),
    Feature("days_since_last", "days since the last purchase", "days", "overdue"),
    *(
        Feature(f"count_{n}", f"purchase days in the last {n} days", "purchase days", "frequency")
        for n in WINDOWS
    ),
    *(
        Feature(f"amount_{n}", f"net amount of the last {n} days", "money", "value")
        for n in WINDOWS
    ),
    Feature(
        "gap_mean",
        "mean days between purchase days",
        "days",
        "frequency",
        "typical_gap_days: no repeat",
    ),
    Feature(
        "gap_std", "standard deviation of the gaps", "days", "frequency", "0: fewer than two gaps"
    ),
    Feature(
        "log_gaps",
        "sum over the gaps of the natural logarithm of their days",
        "days",
        "frequency",
        "0: no repeat",
        model=False,  # for MBG/CNBD-k, whose fit finds the regularity from it
    ),
    Feature(
        "gap_last",
        "days between the last two purchase days",
        "days",
        "slowing_down",
        "typical_gap_days: no repeat",
    ),
    Feature(
        "typical_gap_days",
        "the median of the customer's gaps, drawn towards everybody's where they are few",
        "days",
        "frequency",
    ),
    Feature(
        "overdue_ratio", "days since the last purchase over the typical gap", "ratio", "overdue"
    ),
    Feature("gap_last_ratio", "the last gap over the typical gap", "ratio", "slowing_down"),
    Feature(
        "trend",
        f"purchase rate of the last {RECENT_DAYS} days against earlier: (new - old) / (new + old)",
        "change",
        "slowing_down",
        f"0: younger than {RECENT_DAYS} days",
    ),
    Feature("basket_amount", "mean net amount of a purchase day", "money", "value"),
    Feature("last_amount", "net amount of the last purchase day", "money", "basket"),
    Feature(
        "basket_amount_change",
        "last purchase day's amount against the earlier mean: (new - old) / (new + old)",
        "change",
        "basket",
        "0: one purchase day",
    ),
    Feature("basket_lines", "mean lines of a purchase day", "lines", "basket"),
    Feature(
        "basket_lines_change",
        "last purchase day's lines against the earlier mean: (new - old) / (new + old)",
        "change",
        "basket",
        "0: one purchase day",
    ),
    Feature(
        "refund_share", "amount refunded over amount bought, at most 1", "share", "refunds", "0"
    ),
    Feature(
        f"refunds_{RECENT_DAYS}",
        f"refund lines of the last {RECENT_DAYS} days",
        "count",
        "refunds",
    ),
    Feature("weekend_share", "purchase days on Saturday or Sunday", "share", "season"),
    Feature("weekday_peak_share", "purchase days on the favourite weekday", "share", "season"),
    Feature("month_peak_share", "purchase days in the favourite calendar month", "share", "season"),
    Feature(
        "season_share",
        "purchase days in the calendar months that the horizon touches",
        "share",
        "season",
    ),
    Feature("n_channels", "channels bought through so far", "count", "channel", "0: none named"),
    Feature(
        f"n_channels_{RECENT_DAYS}",
        f"channels bought through in the last {RECENT_DAYS} days",
        "count",
        "channel",
        "0",
    ),
    Feature(
        "latest_channel_share",
        "lines bought through the channel used last",
        "share",
        "channel",
        "1: none named",
    ),
    Feature("n_categories", "categories bought from so far", "count", "category", "0: none named"),
    Feature(
        f"n_categories_{RECENT_DAYS}",
        f"categories bought from in the last {RECENT_DAYS} days",
        "count",
        "category",
        "0",
    ),
    Feature(
        "latest_category_share",
        "lines bought from the category bought last",
        "share",
        "category",
        "1: none named",
    ),
    Feature(
        "discount_share", "purchase days with a discount or a voucher", "share", "discount", "0"
    ),
    Feature("realised_revenue", "all net amounts known so far", "money", "value"),
    Feature("first_order_revenue", "net amount of the first purchase day", "money", "value"),
    Feature(
        "last_horizon_purchases",
        "purchase days in the last horizon_days",
        "purchase days",
        "frequency",
        model=False,  # its meaning moves with the horizon; count_* carry the same
    ),
    Feature(
        "last_horizon_revenue", "net amount of the last horizon_days", "money", "value", model=False
    ),
)

_BY_NAME = {feature.name: feature for feature in FEATURES}
_EVENT = re.compile(r"event_(?P<type>.+)_(?P<what>\d+|days_since)")


def describe(name: str) -> Feature | None:
    """Look a column up; an ``event_*`` column is described from its name.

    Examples
    --------
    >>> describe("overdue_ratio").family
    'overdue'
    >>> describe("event_complaint_30").meaning
    'complaint events in the last 30 days'
    >>> describe("customer_id") is None
    True
    """
    if name in _BY_NAME:
        return _BY_NAME[name]
    match = _EVENT.fullmatch(name)
    if match is None:
        return None
    event = match["type"].replace("_", " ")
    if match["what"] == "days_since":
        cap = EVENT_MEMORY_DAYS
        meaning = f"days since the last {event} event, at most {cap}"
        return Feature(name, meaning, "days", "events", f"{cap}: never seen")
    return Feature(name, f"{event} events in the last {match['what']} days", "count", "events", "0")


def feature_columns(columns: Iterable[str]) -> tuple[str, ...]:
    """Keep the model features among a frame's columns, in the frame's order.

    Only columns of the catalogue pass: identifiers, dates, labels and whatever else was joined
    on cannot slip into a model.

    Examples
    --------
    >>> feature_columns(["customer_id", "as_of", "recency", "event_visit_90", "churned"])
    ('recency', 'event_visit_90')
    """
    described = ((name, describe(name)) for name in columns)
    return tuple(name for name, feature in described if feature is not None and feature.model)


def event_types_in(columns: Iterable[str]) -> tuple[str, ...]:
    """Name the event types that a frame's columns are about, in their order.

    Examples
    --------
    >>> event_types_in(["T", "event_complaint_30", "event_complaint_90", "event_visit_days_since"])
    ('complaint', 'visit')
    """
    matches = (_EVENT.fullmatch(name) for name in columns)
    return tuple(dict.fromkeys(match["type"] for match in matches if match is not None))
