"""The level of a chosen value model, and where its customers' intervals end, from forward tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from winback.evaluation.forward import ForwardTest, Recipe, value_forward, value_targets
from winback.evaluation.interval_calibration import calibrated_ends
from winback.evaluation.level import Level, level_of, level_windows
from winback.evaluation.past import Past
from winback.evaluation.windows import MIN_CUSTOMERS, Window

Tests = Mapping[str, ForwardTest]  # by target


def value_level(
    past: Past,
    name: str,
    recipe: Recipe,
    tests: Sequence[Tests],
    *,
    ahead: Window,
    random_state: int = 0,
    busy_days: Sequence[str] = (),
) -> Level:
    """Return what the past says of the level of the days ahead, purchases apart from revenue.

    Parameters
    ----------
    past : Past
    name, recipe
        Of the model.
    tests : sequence of mapping of str to ForwardTest
        Those of the contest, by target; further windows of `level_windows` are tested here. None:
        there is too little history for any.
    ahead : Window
        The days to be predicted.
    random_state : int
    busy_days : sequence of str
        See `winback.evaluation.busy`.
    """
    first = past.first_day
    targets = value_targets(past)
    judged = {next(iter(test.values())).window: test for test in tests}
    windows = level_windows(first, past.as_of, ahead.horizon_days, settled=past.settled)
    for window in windows if tests else ():
        if window not in judged:
            then = value_forward(past, {name: recipe}, window, random_state=random_state)
            if len(then["purchases"].actual) >= MIN_CUSTOMERS:
                judged[window] = then
    levels = {
        target: level_of(
            [test[target] for test in judged.values()],
            name,
            first=first,
            ahead=ahead,
            busy_days=busy_days,
        )
        for target in targets
    }
    spreads = {target: level.spread for target, level in levels.items()}
    fitted = [test for test in tests if name in test["purchases"].predictions]
    bought = levels["purchases"]
    return replace(
        levels[targets[-1]],
        purchase_shift=bought.shift,
        purchase_spread=bought.spread,
        ends=calibrated_ends(past, recipe, fitted, spreads, random_state),
    )
