"""Expected repeat purchases of many customers by day, with bands: what a business will see."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.polynomial import chebyshev
from scipy.special import ndtri

from winback.errors import ModelError
from winback.estimators.base.frames import FloatArray, group_rows, read_columns, read_weight, thin
from winback.estimators.base.simulation import Draws
from winback.estimators.purchase.purchase_model import Columns, PurchaseModel

NODES = 40  # of a Chebyshev interpolation in ln(1 + t): E(t) is analytic there
ROWS = 50_000  # distinct histories at once
SAMPLED = 150  # customers from whom the variance of a sum is told
DRAWS = 500
MOMENTS = 7  # days, geometric, at which it is told


def expected_tracking(
    model: PurchaseModel,
    frame: pd.DataFrame | None,
    days: int,
    *,
    joining: Any = None,
    level: float = 0.8,
    random_state: int = 0,
) -> pd.DataFrame:
    """Return the expected repeat purchases of a set of customers on each of the next days.

    Parameters
    ----------
    model
        A fitted purchase model; its unit of time is the day.
    frame
        The customers known now, with the columns that the model reads, and perhaps ``weight``;
        what is expected of them is conditional on their histories. None: there are none.
    days
        How far to look, >= 1.
    joining
        How many customers are won on day 0 (now), 1, 2, ...: shape (days + 1,) or shorter. Their
        first purchase is not counted, those after it are. With no frame, this is the tracking
        plot of the literature, in the sample that the model was fitted to.
    level
        Probability of the bands, each for its own day.
    random_state
        Seed of the simulation behind ``cumulative_low`` and ``cumulative_high``.

    Returns
    -------
    DataFrame
        Columns ``day`` (1 to ``days``); ``expected``, ``low``, ``high`` of the day alone;
        ``cumulative``, ``cumulative_low``, ``cumulative_high`` up to and with it.

    Raises
    ------
    ModelError
        An argument or a row is impossible.

    Notes
    -----
    Sums over customers who buy independently are nearly normal. Of one day, the variance is the
    Poisson one, which is an upper bound: a customer has at most one purchase day a day. Up to a
    day, customers who bought will buy again, and the variance is larger by a factor that is told
    from simulated futures of 150 customers, drawn in proportion to what is expected of them.

    **The bands know chance only.** Errors of the parameters and whatever else moves all customers
    at once (season, campaigns) are not in them, and weigh more than chance where customers are
    many.

    Time and memory depend on the number of distinct histories.

    Examples
    --------
    >>> from winback.estimators.purchase.purchase_rule import PurchaseRule
    >>> frame = pd.DataFrame({"frequency": [4, 0], "recency": [80, 0], "T": [100, 50]})
    >>> rule = PurchaseRule("rate").fit(frame)
    >>> out = expected_tracking(rule, frame.assign(weight=[1000, 10]), days=3)
    >>> out[["day", "expected", "low", "high", "cumulative"]].round(1)
       day  expected   low  high  cumulative
    0    1      40.0  31.9  48.1        40.0
    1    2      40.0  31.9  48.1        80.0
    2    3      40.0  31.9  48.1       120.0
    """
    if days != int(days) or days < 1:
        raise ModelError("not a number of days", where="days", got=days, allowed=">= 1")
    if not 0 < level < 1:
        raise ModelError("a level is not a probability", got=level, allowed="in (0, 1)")
    total, variance = np.zeros(days + 1), np.zeros(days + 1)
    if frame is not None and len(frame):
        data = read_columns(frame, model.columns, reader="expected_tracking", signed=model.signed)
        weight = read_weight(frame, reader="expected_tracking")
        weight = np.ones(len(frame)) if weight is None else weight
        total += _sum_expected(model, data, weight, days)
        variance += total * _dispersion(model, data, weight, days, random_state)
    if joining is not None:
        won = np.asarray(joining, dtype=np.float64)
        if won.ndim != 1 or len(won) > days + 1 or not (np.isfinite(won) & (won >= 0)).all():
            raise ModelError("not numbers of customers by day", where="joining")
        new, one = model.new_customer(), np.ones(1)
        each = _sum_expected(model, new, one, days)
        spread = each * _dispersion(model, new, one, days, random_state)
        total += np.convolve(won, each)[: days + 1]
        variance += np.convolve(won, spread)[: days + 1]
    daily = np.maximum(np.diff(total), 0.0)
    z = ndtri((1 + level) / 2)
    out: dict[str, Any] = {"day": np.arange(1, days + 1)}
    for name, mean, width in (
        ("", daily, z * np.sqrt(daily)),
        ("cumulative", total[1:], z * np.sqrt(variance[1:])),
    ):
        stem = f"{name}_" if name else ""
        out[name or "expected"] = mean
        out[f"{stem}low"], out[f"{stem}high"] = np.maximum(mean - width, 0.0), mean + width
    return pd.DataFrame(out)


def _sum_expected(model: PurchaseModel, data: Columns, weight: FloatArray, days: int) -> FloatArray:
    """Return the sum of expected purchases within 0, 1, ..., days.

    The sum over customers is worked out at the nodes, and interpolated: its error is below 1e-6
    of the sum (tested).
    """
    (x, exposure), position = group_rows([data["frequency"], model.exposure(data)])
    alive = np.bincount(position, weight * model.alive(data), minlength=len(x))
    length = np.log1p(days / model.bend)
    w = length * (chebyshev.chebpts1(NODES) + 1) / 2
    times = model.bend * np.expm1(w)
    at_nodes = np.zeros(NODES)
    for start in range(0, len(x), ROWS):
        rows = slice(start, start + ROWS)
        at_nodes += alive[rows] @ model.expected_alive(x[rows], exposure[rows], times)
    terms = chebyshev.chebfit(2 * w / length - 1, at_nodes, NODES - 1)
    place = 2 * np.log1p(np.arange(days + 1) / model.bend) / length - 1
    sums = chebyshev.chebval(place, terms)
    return np.maximum.accumulate(np.maximum(sums - sums[0], 0.0))


def _dispersion(
    model: PurchaseModel, data: Columns, weight: FloatArray, days: int, random_state: int
) -> FloatArray:
    """Return variance over mean of the number of purchases within 0, 1, ..., days.

    Given alive, a count has the mean m and the variance v; alive with probability a, the mean
    a m and the variance a v + a (1 - a) m^2. Customers are drawn systematically in order of
    their histories, in proportion to their part of the sum, so that few do for all.
    """
    parts = [data["frequency"], model.exposure(data), model.alive(data)]
    (x, exposure, alive), position = group_rows(parts)
    whole = alive * model.expected_alive(x, exposure, np.array([float(days)]))[:, 0]
    part = np.bincount(position, weight, minlength=len(x)) * whole
    if not part.sum() > 0:
        return np.ones(days + 1)
    rows, drawn = thin(part, SAMPLED)
    x, exposure, alive, drawn = x[rows], exposure[rows], alive[rows], drawn / whole[rows]
    moments = np.unique(np.geomspace(1, days, MOMENTS).round())
    mean, variance = np.empty((2, len(moments), len(x)))
    for level in np.unique(x):
        mine = np.flatnonzero(x == level)
        draws = Draws(random_state, float(level), DRAWS)  # what a draw has in common is made once
        for place, horizon in enumerate(moments):
            counts = model.draw(draws, exposure[mine], float(horizon))
            mean[place, mine], variance[place, mine] = counts.mean(axis=1), counts.var(axis=1)
    spread = (alive * variance + alive * (1 - alive) * mean**2) @ drawn
    middle = (alive * mean) @ drawn
    ratio = np.divide(spread, middle, out=np.ones_like(middle), where=middle > 0)
    return np.interp(np.arange(days + 1), moments, ratio)
