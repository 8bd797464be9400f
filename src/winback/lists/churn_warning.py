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
from winback.lists.reasons import REASONS, reasons
from winback.lists.selection import OVER_CAPACITY
from winback.lists.warn_from import WarnFrom
from winback.lists.warning_actions import cooldown_until, warning_actions

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
    "limits": "text",
    **VERSIONS,
}

CHURN_WARNING_EXCLUDED: dict[str, Kind] = {
    "list_id": "text",
    "as_of": "date",
    "customer_id": "text",
    "reason": "text",
    "severity": "text",
    "p_churn": "probability",
    "overdue_ratio": "number",
    "value_at_risk": "money",
    "days_since_last": "count",
    "tier": "text",
    **VERSIONS,
}
NOT_ACTIVE = "not active"


def left_out(
    scores: pd.DataFrame,
    at_risk: pd.DataFrame,
    listed: pd.DataFrame,
    *,
    as_of: date,
    active_within_days: int | None = 365,
    never: pd.Series | None = None,
    warn_from: WarnFrom | None = None,
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
    never
        Customer to the reason why they are not warned about whatever the risk.
    warn_from
        As for `winback.lists.at_risk.at_risk`.
    job
        As for `churn_warning`.

    Returns
    -------
    pandas.DataFrame
        Columns `CHURN_WARNING_EXCLUDED`, in the order of the customers; severity and value at
        risk of those in `at_risk`.

    Examples
    --------
    >>> scores = pd.DataFrame({"customer_id": ["a", "b"], "recency": 0.0, "T": [400.0, 9.0],
    ...                        "p_churn": [0.9, 0.1], "tier": "core", "overdue_ratio": 0.5})
    >>> nobody = pd.DataFrame({"customer_id": [], "severity": [], "value_at_risk": []})
    >>> left_out(scores, nobody, nobody, as_of=date(2011, 12, 9))["reason"].tolist()
    ['not active', 'not at risk']
    """
    rows = read_scores(scores, ("p_churn", "overdue_ratio", "tier"), as_of)
    risky = rows["customer_id"].isin(at_risk["customer_id"])
    reason = (warn_from or WarnFrom()).refusals(rows)
    reason = reason.mask(~is_active(rows, active_within_days), NOT_ACTIVE)
    reason = reason.mask(risky, OVER_CAPACITY)
    if never is not None:
        why = never.reindex(rows["customer_id"]).set_axis(rows.index)
        reason = reason.mask(why.notna(), why)
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
    previous: pd.DataFrame | None = None,
    last: pd.DataFrame | None = None,
    job: str = "winback",
    currency: str | None = None,
    expires_days: int = 14,
    limits: str | None = None,
) -> pd.DataFrame:
    """Write the list: reasons, suggested action, owner and expiry for each customer selected.

    Parameters
    ----------
    selected
        From `winback.lists.at_risk.within_capacity`, with the columns of
        `winback.lists.warning_actions.warning_actions`; without them, those of the default
        playbook are added.
    behaviour
        Behaviour features of those customers at `as_of`, in any order.
    contributions
        The churn model's contributions for them (see `winback.lists.reasons`), or None.
    as_of
        The last day that was known.
    horizon_days
        Days that the risk is about.
    previous
        The newest list of an earlier date: who repeats from it without a rise in severity keeps
        its `cooldown_until`.
    last
        Their last behaviours, from `winback.features.last_behaviours`, or None.
    job
        Name of the job; enters `list_id`.
    currency
        Written after amounts in reasons.
    expires_days
        The list is good for so many days, and never longer than the horizon.
    limits
        Which of the list's limits nobody has chosen; stands on every row.

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
    if "action" not in selected.columns:
        selected = selected.join(warning_actions(selected))
    ends = selected.reindex(columns=["clv_low", "clv_high"]).astype("float64")
    said = pd.Series(dtype="str")
    if last is not None and len(last):
        said = in_one_cell(last, money=has_money, currency=currency)
    rows = selected.assign(
        list_id=list_id(job, "churn_warning", as_of, selected),
        as_of=pd.Timestamp(as_of),
        value_at_risk_low=selected["p_churn"] * ends["clv_low"],
        value_at_risk_high=selected["p_churn"] * ends["clv_high"],
        typical_gap_days=facts["typical_gap_days"].to_numpy(),
        last_behaviours=said.reindex(ids).to_numpy(),
        horizon_days=horizon_days,
        cooldown_until=cooldown_until(selected, as_of=as_of, previous=previous),
        expires_at=pd.Timestamp(as_of + timedelta(days=min(expires_days, horizon_days))),
        limits=limits,
        **{name: why[name].to_numpy() for name in REASONS},
    )
    if not has_money:
        rows = rows.assign(monetary_value=np.nan)
    return conform(rows, CHURN_WARNING)
