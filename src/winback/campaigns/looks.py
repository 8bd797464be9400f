"""When a campaign is looked at, and what it takes at each look to be told apart from nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr
from scipy.stats import norm, t

from winback.campaigns.effect import LEAST, Effect
from winback.sequential import LOOKS, Plan

Floats = npt.NDArray[np.float64]
MIN_ARM: Final = 30
"""With fewer customers in an arm, how much is known of the difference cannot be told."""
MIN_BUYERS: Final = 20
"""Nor with so few who bought: the spread of what is spent is not known."""


@dataclass(frozen=True)
class LookTerms:
    """How the looks at campaigns are planned.

    Parameters
    ----------
    as_of
        The last day that is known.
    horizon_days
        After so many days a contact's outcome is known.
    effect
        What a look is to show: margin, net of cost, per treated customer. None: `uplift` times the
        mean margin of a purchase day, of those contacted on the first day.
    uplift
        The gain in P(return) that is assumed beforehand, above 0.
    looks
        How many a campaign has that goes on while outcomes become known.
    power
        The chance to show the effect, if it is there.
    treated_share
        Campaign to P(treated) as it was drawn, of those of which it is known.
    """

    as_of: date
    horizon_days: int
    effect: float | None = None
    uplift: float = 0.02
    looks: int = LOOKS
    power: float = 0.80
    treated_share: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class LooksSoFar:
    """What the looks planned have shown so far.

    Attributes
    ----------
    effect
        What they are to show, in money per treated customer; missing where nothing says it.
    planned, done
        Looks.
    information
        What is known as a part of what was planned, in [0, 1].
    z, boundary
        Of the last look, or of the one that crossed; missing before the first.
    side
        1 or -1 where a look crossed, else 0.
    over
        Whether no look will come: one crossed, or all were made.
    reach
        How many standard errors the interval stretches, so that looking has not made it too short;
        missing where too little is known to say.
    next_day
        When the next look falls, if whom it needs have been contacted; else None.
    next_customers
        Of how many, both arms together, an outcome must be known at the next look; where all looks
        were made, how many would show the effect. Missing where too little is known to say.
    """

    effect: float
    planned: int
    done: int
    information: float
    z: float
    boundary: float
    side: int
    over: bool
    reach: float
    next_day: date | None
    next_customers: float


def information_of(n: Floats, total: Floats, squares: Floats, buyers: Floats) -> Floats:
    """Say how much is known of a difference of means, day by day.

    One over its variance, if both arms have the same spread, by all outcomes known so far; 0 below
    `MIN_ARM` and `MIN_BUYERS`. It never falls: a look that was made is not taken back.

    Parameters
    ----------
    n, total, squares
        Customers, sum and sum of squares of the outcome, by day and arm; shape (..., days, 2).
    buyers
        Customers whose outcome is not 0, by day; shape (..., days).

    Examples
    --------
    >>> n = np.full((3, 2), 50.0)
    >>> information_of(n, 10 * n, 200 * n, n.sum(axis=1)).round(3).tolist()
    [0.245, 0.495, 0.745]
    """
    n, total, squares = (np.cumsum(sums, axis=-2) for sums in (n, total, squares))
    everybody = n.sum(axis=-1)
    within = (squares - total**2 / np.maximum(n, 1)).sum(axis=-1) / np.maximum(everybody - 2, 1)
    enough = (n.min(axis=-1) >= MIN_ARM) & (np.cumsum(buyers, axis=-1) >= MIN_BUYERS)
    enough &= within > 0
    per_variance = n.prod(axis=-1) / np.maximum(everybody, 1)
    known = np.where(enough, per_variance / np.where(enough, within, 1.0), 0.0)
    rising: Floats = np.maximum.accumulate(known, axis=-1)
    return rising


def look(
    rows: pd.DataFrame,
    waiting: pd.DataFrame,
    estimate: Callable[[pd.DataFrame], Effect],
    terms: LookTerms,
) -> LooksSoFar:
    """Judge a campaign at its planned looks, and nowhere else.

    All who were contacted before the first outcome was known are one sample, whose size no outcome
    has touched: it is looked at once, when its last window closes, by the fixed interval. Where
    contacts go on by then, the campaign has `LookTerms.looks` looks at equal steps of the
    information that shows the effect (`winback.sequential.Plan`). Contacts after a single look has
    fallen due are no part of it: another campaign is to tell of them.

    Parameters
    ----------
    rows
        Customers whose outcome is known: `day`, `treated`, `brought` (margin), `cost`, and, for
        the effect to plan for, `order_margin`.
    waiting
        `day` and `customers`: of how many contacted then the outcome is not known yet.
    estimate
        The effect on `brought` of some of the rows.
    terms
        How looks are planned.
    """
    days = pd.to_datetime(rows["day"])
    open_days = pd.to_datetime(waiting["day"])
    window = pd.Timedelta(days=terms.horizon_days)
    contacted = pd.concat([days, open_days])
    together = contacted < contacted.min() + window
    single = contacted[together].max() + window
    effect = _effect_to_show(rows[days == contacted.min()], terms)
    plan = Plan(effect if effect > 0 else 1.0, looks=terms.looks, power=terms.power)
    by_day, known = _by_day(rows.assign(day=days))
    part = float(min(known[-1] / plan.information, 1.0)) if len(known) and effect > 0 else 0.0
    if together.all() or contacted[~together].min() >= single:
        ends = [contacted[together].max()] if single <= pd.Timestamp(terms.as_of) else []
        plan, fractions = Plan(plan.effect, looks=1, power=terms.power), [plan.information]
        fractions = fractions[: len(ends)]
    else:
        due = plan.due(known) if effect > 0 else []
        ends, fractions = [by_day[place] for place in due], [float(known[place]) for place in due]
    z = [_score(rows[days <= end], estimate) for end in ends]
    place, side = plan.judge(fractions, z)
    judged = plan.judged(fractions, z)
    last = judged[place] if judged else {"z": np.nan, "boundary": np.nan}
    over = side != 0 or (bool(judged) and judged[-1]["fraction"] >= 1)
    next_day, customers = None, np.nan
    if plan.looks == 1 and not over:
        next_day, customers = single.date(), float(together.sum())
    elif len(known) and known[-1] > 0 and effect > 0:
        step = 1.0 if over else (np.floor(part * plan.looks + 1e-9) + 1) / plan.looks
        customers = float(np.ceil(len(rows) * step * plan.information / known[-1]))
        next_day = None if over else _when(customers - len(rows), waiting, terms)
    return LooksSoFar(
        effect=effect,
        planned=plan.looks,
        done=len(judged),
        information=part,
        z=last["z"],
        boundary=last["boundary"],
        side=side,
        over=over,
        reach=_reach(plan, fractions, known) if plan.looks == 1 or effect > 0 else np.nan,
        next_day=next_day,
        next_customers=customers,
    )


def stretched(estimate: Effect, reach: float) -> tuple[float, float]:
    """Return the interval of so many standard errors, by the t of the smaller arm.

    Examples
    --------
    >>> from winback.campaigns.effect import effect
    >>> found = effect([1, 0, 1, 1, 0, 0] * 9, [1, 1, 1, 0, 0, 0] * 9)
    >>> low, high = stretched(found, 1.959964)
    >>> abs(low - found.low) < 1e-6, high < stretched(found, 3.0)[1]
    (True, True)
    """
    freedom = min(estimate.n_treated, estimate.n_control) - 1
    half = float(t.isf(ndtr(-reach), freedom)) * estimate.standard_error
    return estimate.difference - half, estimate.difference + half


def _score(rows: pd.DataFrame, estimate: Callable[[pd.DataFrame], Effect]) -> float:
    """Return how far the effect lies from 0, net of cost, as far as a normal z would be."""
    arm = rows["treated"]
    if min((arm == 1).sum(), (arm == 0).sum()) < LEAST:
        return 0.0
    found = estimate(rows)
    if not found.standard_error > 0:
        return 0.0
    spent = float(rows.loc[rows["treated"] == 1, "cost"].fillna(0.0).mean())
    far = (found.difference - spent) / found.standard_error
    tail = t.sf(abs(far), min(found.n_treated, found.n_control) - 1)
    return float(np.copysign(norm.isf(max(tail, 1e-300)), far))


def _effect_to_show(first: pd.DataFrame, terms: LookTerms) -> float:
    if terms.effect is not None:
        return terms.effect
    if "order_margin" not in first.columns:
        return float("nan")
    return terms.uplift * float(first["order_margin"].mean())


def _by_day(rows: pd.DataFrame) -> tuple[list[pd.Timestamp], Floats]:
    """Return the days of contact, and how much is known by the outcomes of those up to each."""
    ordered, code = np.unique(rows["day"].to_numpy(), return_inverse=True)
    place = 2 * code + rows["treated"].to_numpy(int)
    brought, n = rows["brought"].to_numpy(float), len(ordered)

    def sums(values: Floats) -> Floats:
        return np.bincount(place, values, minlength=2 * n).reshape(n, 2).astype("float64")

    buyers = sums((brought != 0).astype("float64")).sum(axis=1)
    known = information_of(sums(np.ones(len(rows))), sums(brought), sums(brought**2), buyers)
    return [pd.Timestamp(day) for day in ordered], known


def _reach(plan: Plan, fractions: list[float], known: Floats) -> float:
    """Return the boundary that a look would have now, after those that were made."""
    if plan.looks == 1:
        return float(norm.isf(plan.alpha / 2))
    made = [part for part in fractions if part < plan.information]
    now = float(known[-1]) if len(known) else 0.0
    if now >= plan.information or len(made) < len(fractions):
        now = plan.information
    if made and now <= made[-1]:
        made = made[:-1]
    if now <= 0:
        return float("nan")
    return float(plan.judged([*made, now], [0.0] * (len(made) + 1))[-1]["boundary"])


def _when(more: float, waiting: pd.DataFrame, terms: LookTerms) -> date | None:
    """Return the day on which the outcomes of so many more customers are known."""
    by_day = waiting.groupby("day")["customers"].sum().sort_index().cumsum()
    reached = by_day[by_day >= more]
    if reached.empty:
        return None
    day: date = pd.Timestamp(reached.index[0]).date() + timedelta(days=terms.horizon_days)
    return day
