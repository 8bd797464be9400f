"""Why a customer is on the list, as messages with the customer's own numbers.

Reasons are the model's contributions (log-odds of churn), summed within plain families. They say
what moved the score, never what moved the customer: contributions are not causes.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from winback.features.feature_catalogue import describe
from winback.lists.columns import N_REASONS, REASON_CODES, REASONS
from winback.lists.family_reasons import EVENT, says, speaks
from winback.messages import Message

SEVERAL = "several"


def reasons(
    behaviour: pd.DataFrame,
    contributions: pd.DataFrame | None,
    *,
    money: bool = True,
    currency: str | None = None,
) -> pd.DataFrame:
    """Say which families raise each customer's risk the most.

    Parameters
    ----------
    behaviour
        One row a customer: `customer_id` and behaviour features (see
        `winback.features.feature_catalogue`). A family speaks as far as its columns are there.
    contributions
        `customer_id` and a column a feature: its contribution to the log-odds of churn. Columns
        that are no catalogued feature (a bias, a model's own input) are left out. None where the
        model in use knows no contributions: then the customer's rhythm is the one reason.
    money
        Whether the source has amounts; without them no reason speaks of money.
    currency
        Written after amounts.

    Returns
    -------
    pandas.DataFrame
        Indexed by `customer_id`: `reason_1, reason_2, reason_3` (messages) and `reason_1_code, …`
        (the family). Missing where fewer families raise the risk.

    Examples
    --------
    >>> behaviour = pd.DataFrame({"customer_id": ["a"], "frequency": [4.0], "refund_share": [0.4],
    ...                           "recency": [92.8], "typical_gap_days": [27.0],
    ...                           "gap_last": [12.0], "days_since_last": [61.0]})
    >>> contributions = pd.DataFrame({"customer_id": ["a"], "days_since_last": [0.9],
    ...                               "frequency": [-0.2], "refund_share": [0.1]})
    >>> reasons(behaviour, contributions).iloc[0].dropna().map(str).to_dict()
    {'reason_1': 'usually buys every 27 days, silent for 61',
     'reason_2': '40% of the amount bought was refunded',
     'reason_1_code': 'overdue', 'reason_2_code': 'refunds'}
    """
    facts = behaviour.set_index(behaviour["customer_id"].astype("str"))
    if contributions is None:
        totals = pd.DataFrame({"overdue": 1.0}, index=facts.index)
    else:
        totals = by_family(contributions).reindex(facts.index)
    families = sorted(totals.columns)  # equal contributions: in order of the alphabet
    totals = totals[families]
    said = pd.DataFrame({name: speaks(name, facts, money=money) for name in families}, facts.index)
    strength = totals.where(said).fillna(0.0).to_numpy(dtype="float64")
    order = np.argsort(-strength, axis=1, kind="stable")[:, :N_REASONS]
    raises = np.take_along_axis(strength, order, axis=1) > 0
    raised = (totals.max(axis=1) > 0).to_numpy() & (contributions is not None)
    rows: list[dict[Any, Any]] = facts.to_dict("records")
    names = [*REASONS, *REASON_CODES]
    said_of_each: list[list[object]] = []
    for row, places, up, any_up in zip(rows, order, raises, raised, strict=True):
        own = [families[place] for place, is_up in zip(places, up, strict=True) if is_up]
        messages: list[Message | None] = [says(name, row, currency=currency) for name in own]
        if not own and contributions is None and "days_since_last" in row:
            # nothing that contradicts the list: what was seen, and no more
            silent, n = round(row["days_since_last"]), round(row["frequency"]) + 1
            said_of = Message("called.silent_after", silent=Message("span.days", n=silent), n=n)
            own, messages = ["overdue"], [said_of]
        elif not own and any_up:
            # something raises the risk, but nothing that can be said of it reads so
            own, messages = [SEVERAL], [Message("because.several")]
        empty = [None] * (N_REASONS - len(own))
        said_of_each.append([*messages, *empty, *own, *empty])
    return pd.DataFrame(said_of_each, index=facts.index, columns=names, dtype=object)


def family_of(name: str) -> str | None:
    """Name the family under which a feature is reported; each type of event has its own.

    Examples
    --------
    >>> family_of("overdue_ratio"), family_of("event_complaint_30"), family_of("bias")
    ('overdue', 'event:complaint', None)
    >>> family_of("btyd_p_alive")
    'overdue'
    """
    if name.startswith("btyd_"):  # a purchase model weighs the silence against the rhythm
        return "overdue"
    feature = describe(name)
    if feature is None:
        return None
    if feature.family == "events":
        return EVENT + re.sub(r"^event_|_(\d+|days_since)$", "", name)
    return feature.family


def by_family(contributions: pd.DataFrame) -> pd.DataFrame:
    """Sum contributions within families: `customer_id` and a column a feature in, indexed out."""
    rows = contributions.set_index(contributions["customer_id"].astype("str"))
    families: dict[str, list[str]] = {}
    for name in rows.columns:
        family = family_of(str(name))
        if family is not None:
            families.setdefault(family, []).append(str(name))
    return pd.DataFrame(
        {family: rows[names].sum(axis=1) for family, names in families.items()}, index=rows.index
    )
