"""Customers' intervals, calibrated on past windows: which chance of a model is a chance in fact.

A model's predictive distribution may be too wide or too narrow, and more so for some customers than
for others. In windows of the past one sees where in it the outcome came to lie (the probability
integral transform, which for a count is a stretch and not a point); the chance at which as many lay
below as an interval promises becomes the end of the interval, by segment of frequency. This is the
split-conformal method of Romano, Patterson & Candès (2019), "Conformalized Quantile Regression",
NeurIPS, on the scale of chances (Chernozhukov, Wüthrich & Zhu 2021, "Distributional conformal
prediction", PNAS 118(48)): on that of amounts an end at 0 could not be moved.

What the total of those windows was off by is taken out first, and what the days ahead may be off by
put in: an interval is to hold at the level that is expected, as unsure as that is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from winback.errors import ModelError, NotEnoughDataError
from winback.estimators.base.frames import FloatArray
from winback.estimators.value.level_range import End, LevelRange, segment_of
from winback.evaluation.forward import LEVELS, ForwardTest, Recipe, fitted_value
from winback.evaluation.past import Past

GRID = np.r_[
    0.005, np.arange(1, 100) / 100, 0.995
]  # chances at which the distribution is asked for
MAX_CUSTOMERS = 3000  # of a window, by lot
DRAWS = 1000
MIN_CUSTOMERS = 200  # of a segment; fewer are calibrated with everybody
NODES = {-(3**0.5): 1 / 6, 0.0: 2 / 3, 3**0.5: 1 / 6}  # of a normal distribution, exact to degree 5


def calibrated_ends(
    past: Past,
    recipe: Recipe,
    windows: Sequence[Mapping[str, ForwardTest]],
    spreads: Mapping[str, float],
    random_state: int = 0,
) -> tuple[End, ...]:
    """Return which chances the ends of intervals are to lie at, by target, segment and promise.

    Parameters
    ----------
    past : Past
        Of a day by which all windows were over.
    recipe : recipe
        Of the value model.
    windows : sequence of mapping of str to ForwardTest
        By target; each is refitted as it was then.
    spreads : mapping of str to float
        By target: the standard deviation of the logarithm of the level that is to come.
    random_state : int

    Returns
    -------
    tuple of End
        None without windows, and of none in which the model cannot be fitted.
    """
    stretches: dict[str, list[FloatArray]] = {target: [] for target in spreads}
    for tests in windows:
        try:
            lying = _stretches(past, recipe, tests, spreads, random_state)
        except (ModelError, NotEnoughDataError):
            continue  # the model cannot be fitted then: that window says nothing of its ends
        for target, rows in lying.items():
            stretches[target].append(rows)
    return tuple(
        end
        for target, parts in stretches.items()
        if parts
        for end in ends_of(target, np.concatenate(parts))
    )


def ends_of(target: str, stretches: FloatArray) -> list[End]:
    """Return the ends for each segment, from where outcomes came to lie.

    Parameters
    ----------
    stretches : ndarray of shape (n, 4)
        Segment, the chance below the outcome, that up to and with it, and a weight.

    Examples
    --------
    Outcomes that lie in the middle half of what a model expects ask for ends there:

    >>> middle = np.linspace(0.25, 0.75, 1001)
    >>> rows = np.column_stack([np.zeros(1001), middle, middle, np.ones(1001)])
    >>> end = ends_of("revenue", rows)[0]
    >>> end.promise, round(end.low, 2), round(end.high, 2)
    (0.8, 0.3, 0.7)
    """
    ends = []
    for segment in np.unique(stretches[:, 0]):
        own = stretches[stretches[:, 0] == segment]
        rows = own if len(own) >= MIN_CUSTOMERS else stretches
        for promise in LEVELS:
            low, high = (quantile(rows, share) for share in ((1 - promise) / 2, (1 + promise) / 2))
            ends.append(End(target, int(segment), promise, low, high))
    return ends


def quantile(stretches: FloatArray, share: float) -> float:
    """Return the chance below which a share of the outcomes lie, each spread over its stretch."""
    chances = np.r_[0.0, GRID, 1.0]
    return float(np.interp(share, shares_below(stretches, chances), chances))


def shares_below(stretches: FloatArray, chances: FloatArray) -> FloatArray:
    """Return the share of outcomes below each chance, each spread evenly over its stretch."""
    _, below, upto, weight = stretches.T
    length = np.maximum(upto - below, 1e-9)
    shares = [weight @ np.clip((chance - below) / length, 0.0, 1.0) for chance in chances]
    return np.asarray(np.array(shares) / weight.sum())


def randomised_coverage(stretches: FloatArray, ends: Sequence[End], promise: float) -> float:
    """Return the share of outcomes within their ends; who lies at an end counts in part."""
    inside = 0.0
    for segment in np.unique(stretches[:, 0]):
        rows = stretches[stretches[:, 0] == segment]
        (end,) = [e for e in ends if e.segment == segment and e.promise == promise]
        low, high = shares_below(rows, np.array([end.low, end.high]))
        inside += float(high - low) * rows[:, 3].sum()
    return inside / float(stretches[:, 3].sum())


def covered_at_random(
    past: Past,
    recipe: Recipe,
    tests: Mapping[str, ForwardTest],
    target: str,
    shifts: Mapping[str, float],
    ends: Sequence[End],
    promise: float,
) -> float:
    """Return `randomised_coverage` of a window at the level that was predicted for it.

    Parameters
    ----------
    past, recipe
        As of `calibrated_ends`.
    tests : mapping of str to ForwardTest
        Of the window, by target.
    target : str
    shifts : mapping of str to float
        By target: logarithm of what predictions were multiplied by.
    ends, promise
        As of `randomised_coverage`.
    """
    return randomised_coverage(
        _lying(past, recipe, tests, [(1.0, shifts)], 0)[target], ends, promise
    )


def _stretches(
    past: Past,
    recipe: Recipe,
    tests: Mapping[str, ForwardTest],
    spreads: Mapping[str, float],
    random_state: int,
) -> dict[str, FloatArray]:
    """Return where the outcomes of a window lie, with its total as it came, at each node."""
    frame, model = _refitted(past, recipe, tests, random_state)
    expected, off = model.expected(frame), {}
    for target, test in tests.items():
        name = "expected_purchases" if target == "purchases" else target
        total, happened = float(expected[name].sum()), float(test.actual.sum())
        off[target] = float(np.log(happened / total)) if min(happened, total) > 0 else 0.0
    # both move together: what everybody buys is most of what everybody brings
    nodes = [
        (weight, {target: off[target] - node * spreads[target] for target in tests})
        for node, weight in NODES.items()
    ]
    return _lying(past, recipe, tests, nodes, random_state)


def _lying(
    past: Past,
    recipe: Recipe,
    tests: Mapping[str, ForwardTest],
    nodes: Sequence[tuple[float, Mapping[str, float]]],
    random_state: int,
) -> dict[str, FloatArray]:
    """Return where the outcomes of a window lie at each of several levels, with its weight."""
    frame, model = _refitted(past, recipe, tests, random_state)
    fewer = frame.sample(min(len(frame), MAX_CUSTOMERS), random_state=random_state)
    segments, ladder = segment_of(fewer["frequency"].to_numpy()), np.r_[0.0, GRID, 1.0]
    stretches: dict[str, list[FloatArray]] = {target: [] for target in tests}
    for weight, shifts in nodes:
        main = shifts.get("revenue", shifts["purchases"])
        level = LevelRange(shift=main, purchase_shift=shifts["purchases"])
        for target, values in model.set_params(level=level).quantiles(fewer, GRID).items():
            if target in tests:
                actual = tests[target].actual[fewer.index.to_numpy()][:, None]
                below, upto = (values < actual).sum(axis=1), (values <= actual).sum(axis=1)
                chances = ladder[below], ladder[upto + (upto > below)]
                rows = [segments, *chances, np.full(len(fewer), weight)]
                stretches[target].append(np.column_stack(rows))
    return {target: np.concatenate(parts) for target, parts in stretches.items()}


def _refitted(
    past: Past, recipe: Recipe, tests: Mapping[str, ForwardTest], random_state: int
) -> tuple[pd.DataFrame, Any]:
    """Return the customers of a window and the model as they were at its cut-off."""
    window = next(iter(tests.values())).window
    then = past.at(window.as_of)
    frame = then.frame(window.horizon_days)
    model = fitted_value(then, recipe, window, random_state, frame)
    return frame, model.set_params(n_draws=DRAWS, level=LevelRange())
