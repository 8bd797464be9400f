"""The churn-warning list: active customers at risk, how serious, why, and what to do.

In two steps, so that behaviour and contributions are worked out only for those selected:
`select_at_risk` reads the scores of everybody, `churn_warning` writes the list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from winback.errors import UsageError
from winback.lists.columns import VERSIONS, Kind, conform, finite, list_id
from winback.lists.playbook import Playbook, load_playbook, suggest
from winback.lists.reasons import REASONS, reasons
from winback.lists.selection import check_capacity, is_active, read_scores
from winback.lists.severity import BREACH_THRESHOLDS, LEVELS, RISK_THRESHOLDS, severity

CHURN_WARNING: dict[str, Kind] = {
    "list_id": "text",
    "as_of": "date",
    "rank": "count",
    "customer_id": "text",
    "severity": "text",
    "previous_severity": "text",
    "days_at_severity": "count",
    "p_churn": "probability",
    "percentile_within_tier": "probability",
    "value_at_risk": "money",
    "value_at_risk_low": "money",
    "value_at_risk_high": "money",
    "days_since_last": "count",
    "typical_gap_days": "number",
    "overdue_ratio": "number",
    **{name: kind for name, kind in REASONS.items() if not name.endswith("_code")},
    "action": "text",
    "channel": "text",
    "offer": "text",
    "owner": "text",
    "tier": "text",
    "lifecycle_stage": "text",
    "last_purchase_at": "date",
    "frequency": "count",
    "monetary_value": "money",
    "clv": "money",
    **{name: kind for name, kind in REASONS.items() if name.endswith("_code")},
    "horizon_days": "count",
    "expires_at": "date",
    **VERSIONS,
}


def select_at_risk(
    scores: pd.DataFrame,
    *,
    as_of: date,
    capacity: int | Mapping[str, int],
    active_within_days: int | None = 365,
    risk_thresholds: Sequence[float] = RISK_THRESHOLDS,
    breach_thresholds: Sequence[float] = BREACH_THRESHOLDS,
    previous: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Choose the active customers to warn about.

    Value at risk is `p_churn * clv`: the margin expected of the customer, in proportion to the
    risk of losing it, with the interval of `clv`. The most serious come first, within a colour the
    most value at risk; equal ones in the order of their identifiers. Without amounts the expected
    purchases at risk stand in, and the columns of money stay empty.

    Parameters
    ----------
    scores
        The scores of everybody, one row a customer.
    as_of
        The last day that is known.
    capacity
        The most customers on the list; or the most of each severity, such as
        `{"red": 50, "orange": 100}` (a colour that is not named gets none).
    active_within_days
        Who bought within so many days is active. None: everybody.
    risk_thresholds, breach_thresholds
        See `winback.lists.severity`.
    previous
        The newest churn-warning list of an earlier date, against flapping colours.

    Returns
    -------
    pandas.DataFrame
        The scores of those selected, in the order of the list, with `rank` (from 1), `severity`,
        `previous_severity`, `days_at_severity`, `value_at_risk` (`_low`, `_high`),
        `days_since_last`, `percentile_within_tier` (of the risk, among the active; 1 is the
        riskiest).

    Raises
    ------
    UsageError
        If there is no capacity, or thresholds do not rise.
    DataError
        If the scores lack a column or an active customer's risk.

    Examples
    --------
    >>> scores = pd.DataFrame({
    ...     "customer_id": ["a", "b", "c"], "recency": [10.0, 90.0, 0.0], "T": [100.0, 100.0, 20.0],
    ...     "p_churn": [0.9, 0.2, 0.6], "overdue_ratio": [9.0, 0.3, 1.1], "clv": [50.0, 99.0, 20.0],
    ...     "clv_low": [10.0, 9.0, 2.0], "clv_high": [90.0, 200.0, 60.0], "tier": ["t", "t", "t"],
    ...     "expected_purchases": [1.0, 2.0, 1.0]})
    >>> chosen = select_at_risk(scores, as_of=date(2011, 12, 9), capacity=10)
    >>> chosen[["rank", "customer_id", "severity", "value_at_risk"]]
       rank customer_id severity  value_at_risk
    0     1           a      red           45.0
    1     2           c   yellow           12.0
    """
    caps = _capacities(capacity)
    needed = ("p_churn", "overdue_ratio", "clv", "clv_low", "clv_high", "tier")
    rows = read_scores(scores, (*needed, "expected_purchases"), as_of)
    rows = rows[is_active(rows, active_within_days)].reset_index(drop=True)
    has_money = bool(rows["clv"].notna().any())
    finite(rows, ("p_churn", "clv" if has_money else "expected_purchases"), what="the scores")
    rows = rows.assign(
        **severity(
            rows,
            as_of=as_of,
            risk_thresholds=risk_thresholds,
            breach_thresholds=breach_thresholds,
            previous=previous,
        ),
        percentile_within_tier=rows.groupby("tier", dropna=False)["p_churn"].rank(pct=True),
        value_at_risk=rows["p_churn"] * rows["clv"].astype("float64"),
        value_at_risk_low=rows["p_churn"] * rows["clv_low"].astype("float64"),
        value_at_risk_high=rows["p_churn"] * rows["clv_high"].astype("float64"),
        at_risk=rows["p_churn"] * rows["clv" if has_money else "expected_purchases"],
    )
    rows = rows[rows["level"] > 0].sort_values(
        ["level", "at_risk", "customer_id"], ascending=[False, False, True]
    )
    if caps is None:
        rows = rows.head(int(capacity))  # type: ignore[arg-type]
    else:
        place = rows.groupby("level").cumcount()
        rows = rows[place < rows["severity"].map(caps).fillna(0)]
    rows = rows.drop(columns=["level", "at_risk"]).reset_index(drop=True)
    rows.insert(0, "rank", np.arange(1, len(rows) + 1))
    return rows


def churn_warning(
    selected: pd.DataFrame,
    behaviour: pd.DataFrame,
    contributions: pd.DataFrame | None,
    *,
    as_of: date,
    horizon_days: int,
    job: str = "winback",
    currency: str | None = None,
    expires_days: int = 14,
    playbook: Playbook | None = None,
) -> pd.DataFrame:
    """Write the list: reasons, suggested action, owner and expiry for each customer selected.

    Parameters
    ----------
    selected
        From `select_at_risk`.
    behaviour
        Behaviour features of those customers at `as_of`, in any order.
    contributions
        The churn model's contributions for them (see `winback.lists.reasons`), or None.
    as_of
        The last day that was known.
    horizon_days
        Days that the risk is about.
    job
        Name of the job; enters `list_id`.
    currency
        Written after amounts in reasons.
    expires_days
        The list is good for so many days, and never longer than the horizon.
    playbook
        What to do about whom. None: the one that ships with winback.

    Returns
    -------
    pandas.DataFrame
        Exactly the columns `CHURN_WARNING`, also with zero rows.

    Examples
    --------
    >>> empty = select_at_risk(pd.DataFrame(columns=[
    ...     "customer_id", "recency", "T", "p_churn", "overdue_ratio", "clv", "clv_low", "clv_high",
    ...     "tier", "expected_purchases"]), as_of=date(2011, 12, 9), capacity=5)
    >>> behaviour = pd.DataFrame(columns=["customer_id", "typical_gap_days"])
    >>> rows = churn_warning(empty, behaviour, None, as_of=date(2011, 12, 9), horizon_days=90)
    >>> len(rows), list(rows.columns) == list(CHURN_WARNING)
    (0, True)
    """
    if horizon_days < 1 or expires_days < 1:
        raise UsageError("a list looks at least a day ahead", where="horizon_days, expires_days")
    has_money = bool(selected["clv"].notna().any())
    ids = selected["customer_id"]
    facts = behaviour.set_index(behaviour["customer_id"].astype("str")).reindex(ids)
    facts["customer_id"] = facts.index
    why = reasons(facts, contributions, money=has_money, currency=currency)
    rows = selected.assign(
        list_id=list_id(job, "churn_warning", as_of, selected),
        as_of=pd.Timestamp(as_of),
        typical_gap_days=facts["typical_gap_days"].to_numpy(),
        horizon_days=horizon_days,
        expires_at=pd.Timestamp(as_of + timedelta(days=min(expires_days, horizon_days))),
        **suggest(selected, playbook or load_playbook(), "churn_warning"),
        **{name: why[name].to_numpy() for name in REASONS},
    )
    if not has_money:
        rows = rows.assign(monetary_value=np.nan)
    return conform(rows, CHURN_WARNING)


def _capacities(capacity: int | Mapping[str, int]) -> dict[str, int] | None:
    if not isinstance(capacity, Mapping):
        check_capacity(capacity)
        return None
    unknown = set(capacity) - set(LEVELS[1:])
    if unknown or not capacity:
        raise UsageError(
            "capacities are by severity",
            where="capacity",
            got=", ".join(sorted(unknown)) or "none",
            allowed=", ".join(LEVELS[1:]),
        )
    for value in capacity.values():
        check_capacity(value)
    return dict(capacity)
