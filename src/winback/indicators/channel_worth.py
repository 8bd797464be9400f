"""What channels cost and bring: CAC, LTV/CAC at a common age, payback, ROI, and how sure it is.

Cohorts that have reached the common age are counted. Of a younger one, what its customers will
bring after today is predicted from those who have been through that part of their life already:
for customer i of channel c, what comes later is ``mu_c + beta e_i``, with ``e_i`` what came so far,
and cohorts deviate from their channel by chance and by a spread of their own. Channels with few
customers are pulled towards all of them (DerSimonian and Laird 1986).
"""

from __future__ import annotations

from itertools import combinations
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import t
from statsmodels.stats.meta_analysis import combine_effects

from winback.indicators.acquisition import Acquired, Terms

LEVEL: Final = 0.80
"""Of the intervals of what cohorts will have brought, and of channels' LTV/CAC."""
SURE: Final = 0.95
"""Two channels are put in an order only where so sure an interval of the difference allows it."""
LEAST_COHORTS: Final = 3
"""Fewer counted cohorts say nothing of a channel."""
COLUMNS: Final = (
    "channel", "cohort", "until", "state", "customers", "spend", "cac", "age", "realised", "ltv",
    "predicted_share", "ltv_low", "ltv_high", "ltv_cac", "ltv_cac_low", "ltv_cac_high", "roi",
    "payback_days",
)  # fmt: skip
"""Of `cohorts_of`; money a customer, but ``spend``, the sum."""
_CHANNEL: Final = (
    "channel", "state", "cohorts", "customers", "spend", "cac", "ltv", "predicted_share",
    "ltv_cac", "low", "high", "error", "roi", "payback_days", "verdict",
)  # fmt: skip
Floats = npt.NDArray[np.float64]


def cohorts_of(acquisition: Acquired, terms: Terms) -> pd.DataFrame:
    """Judge each channel's cohorts.

    Returns
    -------
    DataFrame
        `COLUMNS`. ``state``: ``mature`` (the common age is reached), ``predicted``, ``early`` (its
        period is not over, or nobody has reached the common age yet), ``few`` customers (it says
        nothing by itself, and counts in its channel's sums), ``no_spend`` (the table of spend does
        not cover it; value is told all the same).
        ``ltv_low`` and ``ltv_high``: 80%, of what the cohort will have brought; of a mature one
        both are what it brought. ``payback_days``: the first age at which margin per customer
        reached ``cac``, as far as all of the cohort have come; missing: not within the data.
    """
    cells = acquisition.cells.sort_values(["channel", "cohort"], ignore_index=True)
    n = cells["customers"].to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        realised = np.where(n > 0, cells["value"] / n, np.nan)
        cac = np.where(n > 0, cells["spend"] / n, np.nan)
    later, error, freedom = _later(cells, acquisition.moments)
    is_mature = (cells["age"] >= terms.age_days).to_numpy()
    ltv = np.where(is_mature, realised, realised + later)
    reach = np.where(is_mature, 0.0, t.ppf(0.5 + LEVEL / 2, freedom) * error)
    state = np.select(
        [~cells["whole"].to_numpy(), n < terms.least, is_mature, np.isfinite(ltv)],
        ["early", "few", "mature", "predicted"],
        "early",
    )
    state = np.where(
        np.isin(state, ["mature", "predicted"]) & cells["spend"].isna(), "no_spend", state
    )
    has_value = (state != "early") & np.isfinite(ltv)
    with np.errstate(divide="ignore", invalid="ignore"):
        table = cells.assign(
            state=state,
            cac=cac,
            realised=realised,
            ltv=np.where(has_value, ltv, np.nan),
            predicted_share=np.where(is_mature, 0.0, np.where(has_value, later / ltv, np.nan)),
            ltv_low=np.where(has_value, ltv - reach, np.nan),
            ltv_high=np.where(has_value, ltv + reach, np.nan),
        )
        for end in ("", "_low", "_high"):
            ratio = table[f"ltv{end}"] / table["cac"]
            table[f"ltv_cac{end}"] = ratio.where(np.isfinite(ratio))
    table["roi"] = table["ltv_cac"] - 1
    table["payback_days"] = _paybacks(table, acquisition.courses)
    return table[list(COLUMNS)]


def _later(cells: pd.DataFrame, moments: pd.DataFrame) -> tuple[Floats, Floats, Floats]:
    """Predict what a customer of each young cohort brings after its age, with its error."""
    later, error = np.full(len(cells), np.nan), np.full(len(cells), np.nan)
    freedom = np.ones(len(cells))
    for age, rows in moments.groupby("age"):
        fit = _fit(rows)
        if fit is None:
            continue
        for at in np.flatnonzero((cells["age"] == age) & (cells["customers"] > 0)):
            cell = cells.iloc[at]
            mean, variance, spread = fit["channels"].get(cell["channel"], fit["all"])
            n = cell["customers"]
            later[at] = mean + fit["beta"] * cell["value"] / n
            error[at] = np.sqrt(variance + fit["tau2"] + spread / n)
            freedom[at] = fit["freedom"]
    return later, error, freedom


def _fit(rows: pd.DataFrame) -> dict[str, Any] | None:
    """Learn from cohorts that have been through it: slope, channels' means, cohorts' spread."""
    rows = rows[rows["n"] > 1]
    n = rows["n"].to_numpy(float)
    ee = (rows["ee"] - rows["e"] ** 2 / n).to_numpy()
    el = (rows["el"] - rows["e"] * rows["l"] / n).to_numpy()
    ll = (rows["ll"] - rows["l"] ** 2 / n).to_numpy()
    freedom = len(rows) - rows["channel"].nunique()
    if freedom < 1 or ll.sum() <= 0:
        return None
    beta = el.sum() / ee.sum() if ee.sum() > 0 else 0.0
    left = pd.Series(ll - 2 * beta * el + beta**2 * ee).groupby(rows["channel"].to_numpy()).sum()
    own = pd.Series(n - 1).groupby(rows["channel"].to_numpy()).sum()
    pooled = left.sum() / own.sum()
    weight = own / (own + 30)  # a variance of few customers is mostly everybody's
    spread = (weight * left / own + (1 - weight) * pooled).to_dict()
    u = (rows["l"] - beta * rows["e"]).to_numpy() / n
    channel = rows["channel"].to_numpy()
    chance = np.array([spread[name] for name in channel]) / n
    tau2 = _between(u, chance, channel, freedom)
    w = pd.Series(1 / (chance + tau2)).groupby(channel).sum()
    mean = pd.Series(u / (chance + tau2)).groupby(channel).sum() / w
    grand, grand_variance, between = float(mean.iloc[0]), float(1 / w.iloc[0]), 0.0
    if len(mean) > 1:
        with np.errstate(invalid="ignore"):
            joined = combine_effects(mean.to_numpy(), (1 / w).to_numpy(), method_re="chi2")
        between = max(float(joined.tau2), 0.0)
        if between > 0:
            grand, grand_variance = float(joined.mean_effect_re), float(joined.var_eff_w_re)
        else:  # statsmodels leaves a negative variance between channels as it is
            grand, grand_variance = float(joined.mean_effect_fe), float(joined.var_eff_w_fe)
    keep = between * w / (1 + between * w)
    channels = {
        name: (
            keep[name] * mean[name] + (1 - keep[name]) * grand,
            keep[name] / w[name] + (1 - keep[name]) ** 2 * grand_variance,
            spread[name],
        )
        for name in mean.index
    }
    everybody = (grand, grand_variance + between, pooled)
    return {"beta": beta, "tau2": tau2, "channels": channels, "all": everybody, "freedom": freedom}


def _between(u: Floats, chance: Floats, channel: Any, freedom: int) -> float:
    """Return the variance between cohorts of a channel, beyond chance (DerSimonian and Laird)."""
    frame = pd.DataFrame({"w": 1 / chance, "w2": 1 / chance**2, "wu": u / chance})
    sums = frame.groupby(channel).sum()
    mean = (sums["wu"] / sums["w"]).reindex(channel).to_numpy()
    q = float(((u - mean) ** 2 / chance).sum())
    scale = float((sums["w"] - sums["w2"] / sums["w"]).sum())
    return max(0.0, (q - freedom) / scale) if scale > 0 else 0.0


def _paybacks(table: pd.DataFrame, courses: pd.DataFrame) -> list[float]:
    """Return the first age at which a cohort's margin per customer reached what it cost."""
    each = [table.iloc[[at]] for at in range(len(table))]
    return [_payback_of(row, courses) if row["cac"].iloc[0] > 0 else np.nan for row in each]


def _payback_of(cohorts: pd.DataFrame, courses: pd.DataFrame) -> float:
    """Return the first age at which cohorts together have brought what was spent on them."""
    if cohorts.empty:
        return float("nan")
    brought = courses.merge(cohorts[["channel", "cohort"]])
    brought = brought[brought["day"] <= cohorts["age"].min()]
    grown = brought.groupby("day")["value"].sum().cumsum()
    paid = grown[grown >= cohorts["spend"].sum() - 1e-9]
    return float(paid.index[0]) if len(paid) else float("nan")


def channels_of(cohorts: pd.DataFrame, courses: pd.DataFrame) -> pd.DataFrame:
    """Sum channels over the cohorts that can be told and whose spend is known.

    A ratio over cohorts is the sum of value over the sum of spend, never a mean of ratios. How
    sure it is comes from how much its cohorts differ, so whatever makes them differ is in it.

    Parameters
    ----------
    cohorts
        See `cohorts_of`.
    courses
        See `Acquired`.

    Returns
    -------
    DataFrame
        One row a channel: ``channel``, ``state`` (``known``, or ``early``: fewer than
        `LEAST_COHORTS` cohorts count), ``cohorts``, ``customers``, ``spend``, ``cac``, ``ltv``,
        ``predicted_share``, ``ltv_cac`` with ``low`` and ``high`` (80%), ``error``, ``roi``,
        ``payback_days`` (of all its mature cohorts together; missing: not within the data),
        ``verdict``: ``pays`` or ``does_not`` where the 95% interval of LTV/CAC lies above or
        below 1, else ``undecided``; ``early``.
    """
    has_value = cohorts["ltv"].notna() | (cohorts["customers"] == 0)  # spent, and nobody came
    counted = cohorts[(cohorts["state"] != "early") & (cohorts["spend"] > 0) & has_value]
    rows = [
        _one(str(name), counted[counted["channel"] == name], courses)
        for name in sorted(cohorts["channel"].unique())
    ]
    return pd.DataFrame(rows, columns=list(_CHANNEL)).sort_values(
        "ltv_cac", ascending=False, kind="stable", ignore_index=True
    )


def _one(name: str, rows: pd.DataFrame, courses: pd.DataFrame) -> dict[str, Any]:
    value = (rows["ltv"] * rows["customers"]).fillna(0.0).to_numpy()
    spend, k = rows["spend"].to_numpy(float), len(rows)
    made: dict[str, Any] = dict.fromkeys(_CHANNEL, np.nan) | {
        "channel": name, "state": "early", "cohorts": k, "verdict": "early",
    }  # fmt: skip
    if k:  # of cohorts that do not count yet nothing is said, nor that there was nobody
        made |= {"customers": int(rows["customers"].sum()), "spend": float(spend.sum())}
    if k < LEAST_COHORTS or not made["customers"]:
        return made
    ratio = value.sum() / spend.sum()
    error = np.sqrt(((value - ratio * spend) ** 2).sum() * k / (k - 1)) / spend.sum()
    reach = (rows["ltv_high"] - rows["ltv_low"]).fillna(0.0).to_numpy() / 2
    predicted = reach * rows["customers"].to_numpy()
    shared = predicted.sum() / t.ppf(0.5 + LEVEL / 2, 30) / spend.sum()  # as if all missed together
    error = float(np.hypot(error, shared))
    half = {level: float(t.ppf(0.5 + level / 2, k - 1)) * error for level in (LEVEL, SURE)}
    verdict = "undecided"
    if ratio - half[SURE] > 1:
        verdict = "pays"
    elif ratio + half[SURE] < 1:
        verdict = "does_not"
    share = (rows["predicted_share"] * value).sum() / value.sum() if value.sum() > 0 else np.nan
    return made | {
        "state": "known",
        "cac": spend.sum() / made["customers"],
        "ltv": value.sum() / made["customers"],
        "predicted_share": share,
        "ltv_cac": ratio,
        "low": ratio - half[LEVEL],
        "high": ratio + half[LEVEL],
        "error": error,
        "roi": ratio - 1,
        "payback_days": _payback_of(rows[rows["predicted_share"] == 0], courses),
        "verdict": verdict,
    }


def orders_of(channels: pd.DataFrame) -> pd.DataFrame:
    """Say of each two channels which brings more for its money, where the data can tell.

    Returns
    -------
    DataFrame
        ``better``, ``worse``, ``difference`` of LTV/CAC with ``low`` and ``high`` (95%), of those
        pairs alone whose order the interval leaves no doubt about.
    """
    judged = channels[channels["state"] == "known"].sort_values("ltv_cac", ascending=False)
    rows = []
    for left, right in combinations(judged.to_dict("records"), 2):
        gap = left["ltv_cac"] - right["ltv_cac"]
        error = np.hypot(left["error"], right["error"])
        half = t.ppf(0.5 + SURE / 2, min(left["cohorts"], right["cohorts"]) - 1) * error
        if gap - half > 0:
            rows.append((left["channel"], right["channel"], gap, gap - half, gap + half))
    return pd.DataFrame(rows, columns=["better", "worse", "difference", "low", "high"])
