"""The ledger: each campaign's arms, what it brought, what it cost, and what that allows to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from statsmodels.stats.meta_analysis import combine_effects

from winback.campaigns.effect import LEAST, Effect, effect
from winback.data.arms import CONTROL, TREATED
from winback.lists.randomisation import balance

WORKS, HARMS, UNDECIDED, BROKEN, SMALL = "works", "harms", "undecided", "broken", "small"
COLUMNS: Final = (
    "campaign",
    "first_day",
    "last_day",
    "treated",
    "control",
    "treated_return",
    "control_return",
    "return_effect",
    "return_error",
    "return_low",
    "return_high",
    "margin_effect",
    "margin_error",
    "margin_low",
    "margin_high",
    "increment",
    "increment_low",
    "increment_high",
    "cost",
    "net",
    "net_low",
    "net_high",
    "variance_saved",
    "balance_p",
    "verdict",
)
"""Of `Ledger.table`. Effects are per treated customer; increment and net are sums of money."""
_DOUBT: Final = 0.001  # an imbalance that chance gives once in a thousand campaigns


@dataclass(frozen=True)
class Ledger:
    """What campaigns whose window is over brought.

    Attributes
    ----------
    table
        One row a campaign, `COLUMNS`. ``verdict`` is about the margin, net of cost where cost is
        known: ``works`` or ``harms`` where the 95% interval leaves no doubt, ``undecided``;
        ``broken`` where the arms are no chance (then no effect is given); ``small`` where an arm
        has fewer than two customers, or all customers brought the same.
    pooled
        Over all campaigns that are neither broken nor small, by random effects: ``campaigns``,
        ``return_effect``, ``margin_effect`` with their ends, and ``spread``, the standard
        deviation between campaigns of the effect on margin. Empty below two campaigns.
    """

    table: pd.DataFrame
    pooled: dict[str, float]


def ledger(rows: pd.DataFrame, *, margin: float, covariates: list[str]) -> Ledger:
    """Make the ledger of campaigns.

    One look, when a campaign's window has closed: the effect is not judged while it is open.

    Parameters
    ----------
    rows
        See `winback.features.past_campaigns.campaign_table`.
    margin
        As a share of revenue.
    covariates
        Columns known before the contact, to make the estimate more precise; see `effect`.

    Examples
    --------
    >>> n = np.arange(400)
    >>> rows = pd.DataFrame({
    ...     "campaign": "june", "day": pd.Timestamp("2024-06-01"), "treated": n % 2,
    ...     "returned": (n % 10 < 4) * (n % 2), "revenue": 50.0 * (n % 10 < 4) * (n % 2),
    ...     "cost": 1.0 * (n % 2), "frequency": n // 2 % 7})
    >>> made = ledger(rows, margin=0.5, covariates=["frequency"])
    >>> made.table[["treated", "control", "cost", "verdict"]]
       treated  control   cost verdict
    0      200      200  200.0   works
    >>> made.pooled  # of one campaign
    {}
    """
    table = pd.DataFrame(
        [
            _one(str(name), part, margin, covariates)
            for name, part in rows.groupby("campaign", sort=True)
        ],
        columns=list(COLUMNS),
    )
    table = table.sort_values(["last_day", "campaign"], ignore_index=True)
    return Ledger(table, _pooled(table))


def _one(name: str, rows: pd.DataFrame, margin: float, covariates: list[str]) -> dict[str, Any]:
    arm = rows["treated"].to_numpy(float)
    sizes = int(arm.sum()), int((1 - arm).sum())
    cost = float(rows.loc[arm == 1, "cost"].sum()) if rows["cost"].notna().any() else np.nan
    row: dict[str, Any] = {
        "campaign": name,
        "first_day": rows["day"].min(),
        "last_day": rows["day"].max(),
        "treated": sizes[0],
        "control": sizes[1],
        "cost": cost,
        "verdict": SMALL,
    }
    if min(sizes) < LEAST:
        return row
    described = rows[covariates].dropna(axis="columns", how="all")
    described = described.fillna(described.median())
    names = np.where(arm == 1, TREATED, CONTROL)
    returned = effect(rows["returned"], arm, described)
    brought = effect(margin * rows["revenue"], arm, described)
    row |= {
        "treated_return": returned.mean_treated,
        "control_return": returned.mean_control,
        "balance_p": balance(described.assign(arm=names), list(described.columns))["p_value"],
        "verdict": BROKEN,
    }
    if row["balance_p"] is not None and row["balance_p"] < _DOUBT:
        return row
    spent = 0.0 if np.isnan(cost) else cost
    row |= _ends("return", returned, 1.0) | _ends("margin", brought, 1.0)
    row |= {"return_error": returned.standard_error, "margin_error": brought.standard_error}
    row |= _ends("increment", brought, sizes[0])
    row |= {f"net{end}": row[f"increment{end}"] - cost for end in ("", "_low", "_high")}
    row["variance_saved"] = brought.variance_saved
    low, high = row["increment_low"] - spent, row["increment_high"] - spent
    if brought.standard_error > 0:
        row["verdict"] = WORKS if low > 0 else HARMS if high < 0 else UNDECIDED
    else:  # nobody bought, in either arm: that says nothing of the next campaign
        row["verdict"] = SMALL
    return row


def _ends(name: str, estimate: Effect, times: float) -> dict[str, float]:
    value = name if name == "increment" else f"{name}_effect"
    return {
        value: times * estimate.difference,
        f"{name}_low": times * estimate.low,
        f"{name}_high": times * estimate.high,
    }


def _pooled(table: pd.DataFrame) -> dict[str, float]:
    usable = table[table["verdict"].isin([WORKS, HARMS, UNDECIDED])]
    if len(usable) < 2:
        return {}
    made: dict[str, float] = {"campaigns": float(len(usable))}
    for name in ("return", "margin"):
        value = usable[f"{name}_effect"].to_numpy(float)
        variance = usable[f"{name}_error"].to_numpy(float) ** 2
        varied = variance > 0
        if varied.sum() < 2:
            continue
        combined = combine_effects(value[varied], variance[varied], method_re="iterated")
        frame = combined.summary_frame().loc["random effect"]
        made |= {
            f"{name}_effect": float(frame["eff"]),
            f"{name}_low": float(frame["ci_low"]),
            f"{name}_high": float(frame["ci_upp"]),
        }
        if name == "margin":
            made["spread"] = float(np.sqrt(max(combined.tau2, 0.0)))
    return made
