"""Is a tiering any good: what its tiers bring later, and where their customers go.

Two readings, each with a cut that is learned once. *Held out*: value model and tiers are refitted
at the window's `as_of`, and the window after it tells what each tier then brought; nothing later
than the cut-off is seen. *Migration*: one and the same cut and value model name everybody at two
dates, so that who has moved has moved by their own doing and not by a new cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from winback.evaluation.churn_forward import ChurnSettings
from winback.evaluation.forward import Recipe, fitted_value, unfitted, without_spend
from winback.evaluation.past import Past
from winback.evaluation.tier_contrast import differentiation_test, top_shares
from winback.evaluation.windows import Window
from winback.plain import records

NOT_YET = "not yet a customer"


def tier_table(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Describe each tier: its size, what it brought before, and what it did after.

    Parameters
    ----------
    frame
        One row per customer: ``tier``; ``revenue_before`` and ``revenue_after``, of two periods of
        the same length; ``purchases_after``; ``churned`` (1, 0, or NaN for who was not active).
    names
        Tiers, the most valuable first.

    Returns
    -------
    DataFrame
        One row per tier: ``tier``, ``customers``, ``share``, ``revenue_before``, ``revenue_share``
        (of the revenue before), ``arpu_before``, ``arpu_after`` (revenue per customer),
        ``repurchase_rate`` (share with a purchase day after) and ``churn_rate`` (of the active);
        NaN where there is nobody to tell from.

    Examples
    --------
    >>> customers = pd.DataFrame({"tier": ["top", "low", "low"], "revenue_before": [60.0, 20, 20],
    ...     "revenue_after": [50.0, 0, 10], "purchases_after": [2, 0, 1], "churned": [0, 1, None]})
    >>> tier_table(customers, ["top", "low"])[["tier", "revenue_share", "arpu_after", "churn_rate"]]
      tier  revenue_share  arpu_after  churn_rate
    0  top            0.6        50.0         0.0
    1  low            0.4         5.0         1.0
    """
    data = frame.assign(
        repurchased=(frame["purchases_after"] > 0).astype(float),
        churned=frame["churned"].astype(float),
    )
    groups = data.groupby("tier")
    customers = groups.size().reindex(list(names), fill_value=0)
    means = groups[["revenue_before", "revenue_after", "repurchased", "churned"]].mean()
    means = means.reindex(list(names))
    before = groups["revenue_before"].sum().reindex(list(names), fill_value=0.0)
    total = float(before.sum())
    table = pd.DataFrame(
        {
            "customers": customers,
            "share": customers / max(len(data), 1),
            "revenue_before": before,
            "revenue_share": before / total if total > 0 else np.nan,
            "arpu_before": means["revenue_before"],
            "arpu_after": means["revenue_after"],
            "repurchase_rate": means["repurchased"],
            "churn_rate": means["churned"],
        }
    )
    return table.rename_axis("tier").reset_index()


def migration(before: pd.Series[str], after: pd.Series[str], names: Sequence[str]) -> pd.DataFrame:
    """Count where the customers of each tier have gone.

    Parameters
    ----------
    before, after
        Tier by customer (the index). Who is missing before was not yet a customer.
    names
        Tiers, the most valuable first.

    Returns
    -------
    DataFrame
        Customers; rows are the tiers before and ``not yet a customer``, columns those after.

    Examples
    --------
    >>> migration(pd.Series({"a": "top", "b": "low"}),
    ...           pd.Series({"a": "low", "b": "low", "c": "top"}), ["top", "low"])
    after               top  low
    before
    top                   0    1
    low                   0    1
    not yet a customer    1    0
    """
    was = before.reindex(after.index).fillna(NOT_YET)
    counts = pd.crosstab(was.to_numpy(), after.to_numpy())
    counts = counts.reindex(index=[*names, NOT_YET], columns=list(names), fill_value=0)
    return counts.rename_axis(index="before", columns="after")


def tier_quality(
    past: Past,
    window: Window,
    *,
    tiers_recipe: Recipe,
    value_recipe: Recipe,
    churn_horizon_days: int,
    churn: ChurnSettings | None = None,
    random_state: int = 0,
) -> dict[str, Any]:
    """Refit value model and tiers at the cut-off, and set each tier beside what came after.

    Parameters
    ----------
    past : Past
        Of a day by which the window was over.
    window : Window
        Where the tiers are judged; see `Past.last_window`.
    tiers_recipe, value_recipe : recipe
    churn_horizon_days : int
        Churn is no purchase day in so many days after the gap, or in fewer where the window ends
        before.
    churn : ChurnSettings, optional
        The gap, and of whom churn is asked.
    random_state : int

    Returns
    -------
    dict
        Plain data for JSON: ``as_of``, ``until``, ``horizon_days``, ``churn_days``,
        ``measure`` (``revenue``, or ``purchases`` where there are no amounts: all figures are then
        of purchase days),
        ``tiers`` (`tier_table`), ``differentiation``, ``concentration`` (`top_shares` of
        everything brought by the cut-off, and in the window), ``note``.
    """
    then, churn = past.at(window.as_of), churn or ChurnSettings(None)
    frame = then.frame(window.horizon_days)
    measure = "revenue" if past.has_amounts else "purchases"
    if not past.has_amounts:
        value_recipe = without_spend(value_recipe)
    value = fitted_value(then, value_recipe, window, random_state, frame)
    frame = with_worth(frame, value)
    tiers = unfitted(tiers_recipe, window, random_state).fit(frame)
    happened = past.outcomes(window, frame["customer_id"])
    so_far = frame["realised_revenue"] if measure == "revenue" else frame["frequency"] + 1.0
    customers = pd.DataFrame(
        {
            "tier": tiers.predict(frame),
            "revenue_before": frame[f"last_horizon_{measure}"].astype(float),
            "revenue_after": happened[measure],
            "purchases_after": happened["purchases"],
            "churned": np.nan,
        }
    )
    silent_until = window.as_of + timedelta(days=churn.gap_days + churn_horizon_days)
    silent_until = min(silent_until, window.until)
    churn_days = (silent_until - window.as_of).days - churn.gap_days
    if churn_days > 0:
        judged = Window(window.as_of, silent_until, churn.gap_days)
        limit = np.inf if churn.active_within_days is None else churn.active_within_days
        active = frame["days_since_last"] <= limit
        churned = past.outcomes(judged, frame["customer_id"])["churned"]
        customers["churned"] = churned.where(active)
    table = tier_table(customers, tiers.names_)
    after = customers["revenue_after"].to_numpy()
    return {
        "as_of": window.as_of.isoformat(),
        "until": window.until.isoformat(),
        "horizon_days": window.horizon_days,
        "churn_days": max(churn_days, 0),
        "measure": measure,
        "tiers": records(table),
        "differentiation": differentiation_test(after, customers["tier"], tiers.names_),
        "concentration": {
            "before": top_shares(so_far.to_numpy(dtype=float)),
            "after": top_shares(after),
        },
        "note": tiers.note_,
    }


def migration_since(past: Past, *, horizon_days: int, tiers: Any, value: Any) -> dict[str, Any]:
    """Name everybody today and one horizon before by the same fitted tiers and value model.

    Customers before are described by what was known then. The models may be of today: this
    describes, and judges nothing.

    Returns
    -------
    dict
        Plain data for JSON: ``before`` and ``after`` (dates), ``tiers``, ``counts`` (rows as
        `migration` returns them, with the key ``before``) and ``kept``, the share of the earlier
        customers who are in the same tier (None where there were none).
    """
    then = past.as_of - timedelta(days=horizon_days)
    named = []
    for day in (then, past.as_of):
        frame = past.at(day).frame(horizon_days)
        if frame.empty:
            named.append(pd.Series(dtype="str"))
            continue
        names = tiers.predict(with_worth(frame, value))
        named.append(names.set_axis(pd.Index(frame["customer_id"])))
    counts = migration(named[0], named[1], tiers.names_)
    earlier = counts.loc[list(tiers.names_)].to_numpy()
    return {
        "before": then.isoformat(),
        "after": past.as_of.isoformat(),
        "tiers": list(tiers.names_),
        "counts": records(counts.reset_index()),
        "kept": float(np.trace(earlier) / earlier.sum()) if earlier.sum() > 0 else None,
    }


def with_worth(frame: pd.DataFrame, value: Any) -> pd.DataFrame:
    """Return the frame with ``clv`` by the value model; expected purchases without amounts."""
    predicted = value.predict(frame, with_interval=False)
    column = "clv" if "clv" in predicted else "expected_purchases"
    return frame.assign(clv=predicted[column])
