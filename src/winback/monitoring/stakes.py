"""What an open case costs: the revenue that falls short of what was expected."""

from __future__ import annotations

from typing import Final

import pandas as pd

from winback.monitoring.alerts import Alert

PRICED: Final = ("revenue", "orders", "buyers")
"""Indicators whose shortfall has a price: what one of them brought, on average."""


def revenue_at_stake(case: Alert, table: pd.DataFrame) -> float | None:
    """Return the revenue, net of refunds, that a period falls short of because of a case.

    It is what lacked in the newest period with data, priced by what each purchase day (or buyer)
    of the same subject brought over all complete periods. It supposes that those who stayed away
    would have bought as the others do, so it is an order of magnitude, no measurement.

    Parameters
    ----------
    case
        The case.
    table
        Rows of `winback.indicators.over_time.Indicators.table`: at the rule's grain what the rule
        watches, and ``revenue``.

    Returns
    -------
    float or None
        None where the indicator has no price (see `PRICED`), where revenue is unknown, or where
        nothing falls short.

    Examples
    --------
    >>> from datetime import date
    >>> from winback.monitoring.rules import Rule
    >>> rule = Rule.model_validate({"id": "few", "indicator": "orders", "when": {"below": 50},
    ...                             "severity": "red", "owner": "ann", "source": "us"})
    >>> case = Alert(rule, "all", "rule", "red", "firing", date(2024, 3, 3), date(2024, 3, 3),
    ...              None, value=40.0, expected=50.0)
    >>> rows = {"indicator": ["orders", "revenue"], "value": [40.0, 800.0], "mature": True,
    ...         "grain": "week", "dimension": "all", "segment": "all"}
    >>> revenue_at_stake(case, pd.DataFrame(rows))
    200.0
    """
    rule = case.rule
    missing = case.expected - case.value
    if rule.indicator not in PRICED or not missing > 0:  # NaN is not above zero
        return None
    subject = table[
        (table["grain"] == rule.grain)
        & (table["dimension"] == rule.dimension)
        & (table["segment"] == case.segment)
        & table["mature"]
    ]
    sums = subject.groupby("indicator")["value"].sum()
    if "revenue" not in sums or not sums[rule.indicator] > 0:
        return None
    return float(missing * sums["revenue"] / sums[rule.indicator])
