"""Who is at risk, how seriously, in which order; and how far the week's capacity reaches."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from winback.errors import Sentence, UsageError
from winback.lists.columns import finite
from winback.lists.eligibility import is_active, read_scores
from winback.lists.severity import COLOURS, severity
from winback.lists.terms import check_capacity
from winback.lists.warn_from import WarnFrom

NEEDED = (
    *("p_churn", "overdue_ratio", "tier"),
    *("margin_lost", "purchases_lost", "p_keepable", "kept_share"),
)


def at_risk(
    scores: pd.DataFrame,
    *,
    as_of: date,
    active_within_days: int | None = 365,
    warn_from: WarnFrom | None = None,
    previous: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Find the active customers at risk, those whom acting brings the most first.

    Value at risk is P(leaves) times what leaving costs, `p_churn * margin_lost`, with E[margin |
    stays] - E[margin | leaves] within the value horizon as `margin_lost`. (`p_churn * clv` would
    count leaving twice: `clv` counts on it already.) Of it only `value_keepable`, the `kept_share`,
    lies with customers who have not gone already, and nothing else is a warning's gain: who has
    gone belongs to the win-back list. Who brings the most profit comes first (Lemmens and Gupta,
    2020, doi:10.1287/mksc.2020.1229): the share of it that a warning keeps, less its cost; where
    warnings cost nothing, the most `value_keepable`. Equal ones stand in the order of their
    identifiers. Without amounts the purchases at risk stand in, and the columns
    of money stay empty. Where the score may order nobody (`WarnFrom.unfit`), everybody has the same
    risk, the mean, and the most overdue x `value_keepable` come first.

    Parameters
    ----------
    scores
        The scores of everybody, one row a customer.
    as_of
        The last day that is known.
    active_within_days
        Who bought within so many days is active. None: everybody.
    warn_from
        From where on a customer is warned about. None: where the table gives a colour.
    previous
        The newest churn-warning list of an earlier date, against flapping colours.

    Returns
    -------
    pandas.DataFrame
        Their scores, in order, with `severity, previous_severity, days_at_severity,
        value_at_risk, value_keepable, expected_profit, days_since_last` and
        `percentile_within_tier` (of the risk, among the active; 1 is the riskiest).

    Raises
    ------
    UsageError
        If thresholds do not rise, or profit decides where the source has no amounts.
    DataError
        If the scores lack a column or an active customer's risk.
    """
    warn_from = warn_from or WarnFrom()
    rows = read_scores(scores, NEEDED, as_of)
    rows = rows[is_active(rows, active_within_days)].reset_index(drop=True)
    has_money = bool(rows["margin_lost"].notna().any())
    lost = "margin_lost" if has_money else "purchases_lost"
    finite(rows, ("p_churn", lost, "p_keepable", "kept_share"), what="the scores")
    if warn_from.unfit is not None:  # of the score nothing is taken but its level
        rows["p_churn"] = rows["p_churn"].mean()
    rows = rows.assign(
        percentile_within_tier=rows.groupby("tier", dropna=False)["p_churn"].rank(pct=True),
        value_at_risk=rows["p_churn"] * rows["margin_lost"].astype("float64"),
    )
    rows["value_keepable"] = rows["value_at_risk"] * rows["kept_share"]
    rows["expected_profit"] = warn_from.expected_profit(rows)
    keepable = rows["p_churn"] * rows[lost].astype("float64") * rows["kept_share"]
    rows["exposed"] = rows["expected_profit"] if has_money else keepable
    if warn_from.unfit is not None:
        rows["percentile_within_tier"] = np.nan
        rows["exposed"] = rows["overdue_ratio"].fillna(0.0) * keepable
    colours = severity(
        rows if warn_from.unfit is None else rows.assign(p_churn=warn_from.thresholds.risk[0]),
        as_of=as_of,
        thresholds=warn_from.thresholds,
        previous=previous,
        **warn_from.decide(rows),
    )
    rows = rows.assign(**colours)
    return (
        rows[rows["level"] > 0]
        .sort_values(["exposed", "customer_id"], ascending=[False, True])
        .drop(columns=["level", "exposed"])
        .reset_index(drop=True)
    )


def within_capacity(
    rows: pd.DataFrame,
    capacity: int | Mapping[str, int],
    *,
    listed_this_week: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Keep as many as the team can work through in a calendar week, Monday to Sunday.

    Who stood on an earlier list of the week keeps the place while at risk. Whoever stood on one
    has used up a place of the week, still at risk or not; the places left go to the others from
    the top. On Monday all places are free again, so a weekly list is filled from the top.

    Parameters
    ----------
    rows
        From `at_risk`.
    capacity
        The most customers a week; or the most of each severity, such as `{"red": 50, "orange":
        100}` (a colour that is not named gets none).
    listed_this_week
        The rows of the week's earlier lists: `customer_id, as_of, severity`.

    Returns
    -------
    pandas.DataFrame
        Those who stay, with `rank` (from 1).

    Raises
    ------
    UsageError
        If there is no capacity.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": ["a", "b", "c"], "severity": ["red", "red", "yellow"]})
    >>> monday = pd.DataFrame({"customer_id": ["c"], "as_of": [date(2011, 12, 5)],
    ...                        "severity": ["yellow"]})
    >>> within_capacity(rows, 2, listed_this_week=monday)["customer_id"].tolist()
    ['a', 'c']
    """
    caps = _capacities(capacity)
    colour = rows["severity"] if caps else pd.Series("any", index=rows.index, dtype="str")
    limits = caps or {"any": int(capacity)}  # type: ignore[arg-type]
    kept = pd.Series(data=False, index=rows.index)
    if listed_this_week is not None and len(listed_this_week):
        last = listed_this_week.sort_values("as_of").drop_duplicates("customer_id", keep="last")
        kept = rows["customer_id"].isin(last["customer_id"].astype("str"))
        gone = last[~last["customer_id"].astype("str").isin(rows["customer_id"])]
        used = gone["severity"].value_counts() if caps else pd.Series({"any": len(gone)})
        used = used.add(colour[kept].value_counts(), fill_value=0)
        limits = {name: max(0, limit - int(used.get(name, 0))) for name, limit in limits.items()}
    place = (~kept).groupby(colour).cumsum()  # 1, 2, … among those who are new this week
    chosen = rows[kept | (place <= colour.map(limits).fillna(0).astype("int64"))]
    chosen = chosen.reset_index(drop=True)
    chosen.insert(0, "rank", np.arange(1, len(chosen) + 1))
    return chosen


def select_at_risk(
    scores: pd.DataFrame,
    *,
    as_of: date,
    capacity: int | Mapping[str, int],
    active_within_days: int | None = 365,
    warn_from: WarnFrom | None = None,
    previous: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Choose the active customers to warn about: `at_risk`, then `within_capacity`.

    Examples
    --------
    >>> scores = pd.DataFrame({
    ...     "customer_id": ["a", "b", "c"], "recency": [10.0, 90.0, 0.0], "T": [100.0, 100.0, 20.0],
    ...     "p_churn": [0.9, 0.2, 0.6], "overdue_ratio": [9.0, 0.3, 1.6], "tier": ["t", "t", "t"],
    ...     "margin_lost": [50.0, 99.0, 20.0], "purchases_lost": [1.0, 2.0, 1.0],
    ...     "p_keepable": [0.1, 1.0, 0.5], "kept_share": [0.1, 1.0, 0.5]})
    >>> chosen = select_at_risk(scores, as_of=date(2011, 12, 9), capacity=10)
    >>> chosen[["rank", "customer_id", "severity", "value_at_risk", "value_keepable"]]
       rank customer_id severity  value_at_risk  value_keepable
    0     1           c   yellow           12.0             6.0
    1     2           a      red           45.0             4.5
    """
    rows = at_risk(
        scores,
        as_of=as_of,
        active_within_days=active_within_days,
        warn_from=warn_from,
        previous=previous,
    )
    return within_capacity(rows, capacity)


def _capacities(capacity: int | Mapping[str, int]) -> dict[str, int] | None:
    if not isinstance(capacity, Mapping):
        check_capacity(capacity)
        return None
    unknown = set(capacity) - set(COLOURS)
    if unknown or not any(capacity.values()):
        raise UsageError(
            "a list needs a capacity",
            where="capacity",
            got=", ".join(sorted(unknown)) or "none",
            allowed=Sentence(
                "a whole number, or one for some of {colours}, not all 0",
                colours=", ".join(COLOURS),
            ),
        )
    for value in capacity.values():
        if value != 0:
            check_capacity(value)
    return dict(capacity)
