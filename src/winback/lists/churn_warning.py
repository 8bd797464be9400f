"""The churn-warning list: active customers at risk, how serious, why, and what to do.

In two steps, so that behaviour and contributions are worked out only for those selected:
`winback.lists.at_risk` reads the scores of everybody, `churn_warning` writes the list.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from winback.errors import UsageError
from winback.lists.behaviours import in_one_cell
from winback.lists.columns import VERSIONS, Kind, conform, list_id
from winback.lists.eligibility import is_active, read_scores
from winback.lists.playbook import Playbook, load_playbook, suggest
from winback.lists.reasons import REASONS, reasons
from winback.lists.selection import OVER_CAPACITY

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
    "last_behaviours": "text",
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
    "cooldown_until": "date",
    "expires_at": "date",
    **VERSIONS,
}

CHURN_WARNING_EXCLUDED: dict[str, Kind] = {
    "list_id": "text",
    "as_of": "date",
    "customer_id": "text",
    "reason": "text",
    "severity": "text",
    "p_churn": "probability",
    "value_at_risk": "money",
    "days_since_last": "count",
    "tier": "text",
    **VERSIONS,
}
NOT_ACTIVE = "not active"
BELOW_THRESHOLD = "not at risk"


def left_out(
    scores: pd.DataFrame,
    at_risk: pd.DataFrame,
    listed: pd.DataFrame,
    *,
    as_of: date,
    active_within_days: int | None = 365,
    unreachable: pd.Series | None = None,
    job: str = "winback",
) -> pd.DataFrame:
    """Give everybody who is not on the list the one reason why.

    Parameters
    ----------
    scores
        The scores of everybody.
    at_risk
        From `winback.lists.at_risk.at_risk`.
    listed
        The list.
    as_of
        The last day that was known.
    active_within_days
        Who bought within so many days is active. None: everybody.
    unreachable
        Aligned with `scores`: why a customer is never warned about; missing for the others.
    job
        As for `churn_warning`.

    Returns
    -------
    pandas.DataFrame
        Columns `CHURN_WARNING_EXCLUDED`, in the order of the customers; severity and value at
        risk of those at risk but over the capacity.

    Examples
    --------
    >>> scores = pd.DataFrame({"customer_id": ["a", "b"], "recency": 0.0, "T": [400.0, 9.0],
    ...                        "p_churn": [0.9, 0.1], "tier": "core"})
    >>> nobody = pd.DataFrame({"customer_id": [], "severity": [], "value_at_risk": []})
    >>> left_out(scores, nobody, nobody, as_of=date(2011, 12, 9))["reason"].tolist()
    ['not active', 'not at risk']
    """
    why = None if unreachable is None else unreachable.set_axis(scores["customer_id"].astype("str"))
    rows = read_scores(scores, ("p_churn", "tier"), as_of)
    risky = rows["customer_id"].isin(at_risk["customer_id"])
    reason = pd.Series(BELOW_THRESHOLD, index=rows.index, dtype="str")
    reason = reason.mask(~is_active(rows, active_within_days), NOT_ACTIVE)
    reason = reason.mask(risky, OVER_CAPACITY)
    if why is not None:
        never = why.reindex(rows["customer_id"]).set_axis(rows.index)
        reason = reason.mask(never.notna(), never)
    known = at_risk.set_index("customer_id")[["severity", "value_at_risk"]]
    rows = rows.assign(
        list_id=list_id(job, "churn_warning", as_of, rows),
        as_of=pd.Timestamp(as_of),
        reason=reason,
        **{name: known[name].reindex(rows["customer_id"]).to_numpy() for name in known.columns},
    )
    return conform(rows[~rows["customer_id"].isin(listed["customer_id"])], CHURN_WARNING_EXCLUDED)


def churn_warning(
    selected: pd.DataFrame,
    behaviour: pd.DataFrame,
    contributions: pd.DataFrame | None,
    *,
    as_of: date,
    horizon_days: int,
    kept: pd.DataFrame | None = None,
    last: pd.DataFrame | None = None,
    job: str = "winback",
    currency: str | None = None,
    expires_days: int = 14,
    playbook: Playbook | None = None,
) -> pd.DataFrame:
    """Write the list: reasons, suggested action, owner and expiry for each customer selected.

    Parameters
    ----------
    selected
        From `winback.lists.at_risk.within_capacity`.
    behaviour
        Behaviour features of those customers at `as_of`, in any order.
    contributions
        The churn model's contributions for them (see `winback.lists.reasons`), or None.
    as_of
        The last day that was known.
    horizon_days
        Days that the risk is about.
    kept
        `customer_id, clv_low, clv_high`: the interval of the margin of those customers if they
        were certain to stay (`CustomerValueModel.predict_kept`). None: value at risk has no
        interval.
    last
        Their last behaviours, from `winback.features.last_behaviours`, or None.
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
    >>> from winback.lists.at_risk import select_at_risk
    >>> empty = select_at_risk(pd.DataFrame(columns=[
    ...     "customer_id", "recency", "T", "p_churn", "overdue_ratio", "clv", "tier",
    ...     "expected_purchases"]), as_of=date(2011, 12, 9), capacity=5)
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
    doing = suggest(selected, playbook or load_playbook(), "churn_warning")
    cooldown = pd.to_timedelta(doing.pop("cooldown_days").astype("int64"), unit="D")
    ends = pd.DataFrame(index=ids, columns=["clv_low", "clv_high"], dtype="float64")
    if kept is not None:
        ends = kept.set_index(kept["customer_id"].astype("str")).reindex(ids)
    said = pd.Series(dtype="str")
    if last is not None and len(last):
        said = in_one_cell(last, money=has_money, currency=currency)
    rows = selected.assign(
        list_id=list_id(job, "churn_warning", as_of, selected),
        as_of=pd.Timestamp(as_of),
        value_at_risk_low=selected["p_churn"] * ends["clv_low"].to_numpy(),
        value_at_risk_high=selected["p_churn"] * ends["clv_high"].to_numpy(),
        typical_gap_days=facts["typical_gap_days"].to_numpy(),
        last_behaviours=said.reindex(ids).to_numpy(),
        horizon_days=horizon_days,
        cooldown_until=pd.Timestamp(as_of) + cooldown,
        expires_at=pd.Timestamp(as_of + timedelta(days=min(expires_days, horizon_days))),
        **doing,
        **{name: why[name].to_numpy() for name in REASONS},
    )
    if not has_money:
        rows = rows.assign(monetary_value=np.nan)
    return conform(rows, CHURN_WARNING)
