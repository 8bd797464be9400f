"""The ledger: each campaign's arms, what it brought, what it cost, and what that allows to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from statsmodels.stats.meta_analysis import combine_effects

from winback.campaigns.decision import (
    BROKEN,
    HARMS,
    OPEN,
    RATIO,
    SMALL,
    UNDECIDED,
    WORKS,
    decision_of,
)
from winback.campaigns.effect import LEAST, Effect, effect
from winback.campaigns.looks import LookTerms, look, stretched
from winback.data.arms import CONTROL, TREATED
from winback.lists.randomisation import MISMATCH, balance, sample_ratio

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
    "decision",
    "ratio_p",
    "waiting",
    "planned_effect",
    "planned_looks",
    "looks",
    "information",
    "z",
    "boundary",
    "next_look",
    "next_customers",
)
"""Of `Ledger.table`. Effects are per treated customer; increment and net are sums of money."""
WAITING: Final = ("campaign", "day", "treated", "control")
"""Columns of the contacts whose outcome is not known yet: customers by campaign, day and arm."""


@dataclass(frozen=True)
class Ledger:
    """What campaigns brought, and what that allows to say.

    Attributes
    ----------
    table
        One row a campaign, `COLUMNS`. ``verdict`` is about the margin, net of cost where cost is
        known, and judged at planned looks only (`winback.campaigns.looks`): ``works``, ``harms``,
        ``undecided``; ``open`` before the first look; ``broken`` where the arms differed before,
        ``ratio`` where their sizes are no chance (then no effect is given); ``small`` where an arm
        has fewer than two customers, or all customers brought the same. ``decision`` is what
        follows: ``scale``, ``stop``, ``continue``, or ``check``. Intervals stretch as far as the
        looks demand. Where no outcome is known yet, arms count those contacted.
    pooled
        Over all campaigns of which an effect is known, by random effects: ``campaigns``,
        ``return_effect``, ``margin_effect`` with their ends, and ``spread``, the standard
        deviation between campaigns of the effect on margin. Empty below two campaigns.
    """

    table: pd.DataFrame
    pooled: dict[str, float]


def ledger(
    rows: pd.DataFrame,
    *,
    margin: float,
    covariates: list[str],
    terms: LookTerms,
    waiting: pd.DataFrame | None = None,
) -> Ledger:
    """Make the ledger of campaigns.

    Parameters
    ----------
    rows
        See `winback.features.past_campaigns.campaign_table`.
    margin
        As a share of revenue.
    covariates
        Columns known before the contact, to make the estimate more precise; see `effect`.
    terms
        How looks are planned.
    waiting
        Contacts whose outcome is not known yet, `WAITING`. None: there are none.

    Examples
    --------
    >>> from datetime import date
    >>> n = np.arange(400)
    >>> rows = pd.DataFrame({
    ...     "campaign": "june", "day": pd.Timestamp("2024-06-01"), "treated": n % 2,
    ...     "returned": (n % 10 < 4) * (n % 2), "revenue": 50.0 * (n % 10 < 4) * (n % 2),
    ...     "cost": 1.0 * (n % 2), "frequency": n // 2 % 7})
    >>> terms = LookTerms(as_of=date(2024, 9, 1), horizon_days=30)
    >>> made = ledger(rows, margin=0.5, covariates=["frequency"], terms=terms)
    >>> made.table[["treated", "control", "cost", "verdict", "decision"]]
       treated  control   cost verdict decision
    0      200      200  200.0   works    scale
    >>> made.pooled  # of one campaign
    {}
    """
    rows = rows.assign(brought=margin * rows["revenue"], day=pd.to_datetime(rows["day"]))
    if "basket_amount" in rows.columns:
        rows["order_margin"] = margin * rows["basket_amount"]
    late = pd.DataFrame(columns=list(WAITING)) if waiting is None else waiting
    late = late.assign(day=pd.to_datetime(late["day"]), customers=late["treated"] + late["control"])
    known = {str(name): part for name, part in rows.groupby("campaign")}
    open_ = {str(name): part for name, part in late.groupby("campaign")}
    table = pd.DataFrame(
        [
            _one(
                name,
                known.get(name, rows.iloc[:0]),
                open_.get(name, late.iloc[:0]),
                covariates=covariates,
                terms=terms,
            )
            for name in sorted(known.keys() | open_.keys())
        ],
        columns=list(COLUMNS),
    )
    table = table.sort_values(["last_day", "campaign"], ignore_index=True)
    return Ledger(table, _pooled(table))


def _one(
    name: str, rows: pd.DataFrame, late: pd.DataFrame, *, covariates: list[str], terms: LookTerms
) -> dict[str, Any]:
    arm = rows["treated"].to_numpy(float)
    sizes = int(arm.sum()), int((1 - arm).sum())
    contacted = int(late["treated"].sum()), int(late["control"].sum())
    shown = sizes if len(rows) else contacted
    days = pd.concat([rows["day"], late["day"]])
    cost = float(rows.loc[arm == 1, "cost"].sum()) if rows["cost"].notna().any() else np.nan
    row: dict[str, Any] = {
        "campaign": name,
        "first_day": days.min(),
        "last_day": days.max(),
        "treated": shown[0],
        "control": shown[1],
        "cost": cost,
        "waiting": sum(contacted),
        "verdict": SMALL,
        "decision": decision_of(SMALL),
    }
    if name in terms.treated_share:
        row["ratio_p"] = sample_ratio(*shown, terms.treated_share[name])["p_value"]
    described = rows[covariates].dropna(axis="columns", how="all")
    described = described.fillna(described.median())
    if min(sizes) >= LEAST:
        names = np.where(arm == 1, TREATED, CONTROL)
        row["balance_p"] = balance(described.assign(arm=names), list(described.columns))["p_value"]
    for doubt, p in ((RATIO, row.get("ratio_p")), (BROKEN, row.get("balance_p"))):
        if p is not None and p < MISMATCH:
            return row | {"verdict": doubt, "decision": decision_of(doubt)}
    if min(a + b for a, b in zip(sizes, contacted, strict=True)) < LEAST:
        return row
    return row | _judged(rows, late, described, terms=terms)


def _judged(
    rows: pd.DataFrame, late: pd.DataFrame, described: pd.DataFrame, *, terms: LookTerms
) -> dict[str, Any]:
    """Return what the looks say and, where outcomes are known, what the campaign brought."""

    def margin_of(some: pd.DataFrame) -> Effect:
        return effect(some["brought"], some["treated"], described.loc[some.index])

    looked = look(rows, late, margin_of, terms)
    verdict = {1: WORKS, -1: HARMS}.get(looked.side, UNDECIDED if looked.done else OPEN)
    row: dict[str, Any] = {
        "verdict": verdict,
        "decision": decision_of(verdict),
        "planned_effect": looked.effect,
        "planned_looks": looked.planned,
        "looks": looked.done,
        "information": looked.information,
        "z": looked.z,
        "boundary": looked.boundary,
        "next_look": pd.NaT if looked.next_day is None else pd.Timestamp(looked.next_day),
        "next_customers": looked.next_customers,
    }
    treated = rows["treated"] == 1
    if min(treated.sum(), (~treated).sum()) < LEAST:
        return row
    returned = effect(rows["returned"], rows["treated"], described)
    brought = margin_of(rows)
    n, cost = int(treated.sum()), rows.loc[treated, "cost"]
    row |= {"treated_return": returned.mean_treated, "control_return": returned.mean_control}
    if not brought.standard_error > 0:  # nobody bought: that says nothing of the next campaign
        return row | {"verdict": SMALL, "decision": decision_of(SMALL)}
    row |= {"return_error": returned.standard_error, "margin_error": brought.standard_error}
    row |= _ends("return", returned, 1.0, looked.reach) | _ends(
        "margin", brought, 1.0, looked.reach
    )
    row |= _ends("increment", brought, n, looked.reach)
    spent = cost.sum() if rows["cost"].notna().any() else np.nan
    row |= {f"net{end}": row[f"increment{end}"] - spent for end in ("", "_low", "_high")}
    row["variance_saved"] = brought.variance_saved
    beyond = row["margin_high"] - cost.fillna(0.0).mean() - looked.effect
    row["decision"] = decision_of(verdict, over=looked.over, high=beyond)
    return row


def _ends(name: str, estimate: Effect, times: float, reach: float) -> dict[str, float]:
    value = name if name == "increment" else f"{name}_effect"
    low, high = stretched(estimate, reach)
    return {
        value: times * estimate.difference,
        f"{name}_low": times * low,
        f"{name}_high": times * high,
    }


def _pooled(table: pd.DataFrame) -> dict[str, float]:
    usable = table[table["margin_error"].notna()]
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
