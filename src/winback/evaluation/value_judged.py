"""The value models that a backtest judges: what is chosen, at which level, and its intervals."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from winback.errors import ModelError
from winback.evaluation.calibration import Floats
from winback.evaluation.contest import Choice, choose_value
from winback.evaluation.forward import LEVELS, ForwardTest, Recipe
from winback.evaluation.level import Level
from winback.evaluation.metrics import interval_metrics
from winback.evaluation.past import Past
from winback.evaluation.value_candidates import VALUE_CANDIDATES
from winback.messages import Message


def value_choices(
    past: Past,
    horizon_days: int,
    named: str | None = None,
    *,
    random_state: int = 0,
    busy_days: Sequence[str] = (),
    progress: Callable[[str], None] | None = None,
) -> dict[str, Choice]:
    """Return what the contest chooses by target, or what a job names; chosen once a past."""
    if named is not None and named not in VALUE_CANDIDATES:
        raise ModelError(
            "there is no such value model",
            where="purchase_model",
            got=named,
            allowed=", ".join(VALUE_CANDIDATES),
        )

    def choose() -> dict[str, Choice]:
        if progress is not None:
            progress(f"{past.as_of}: choosing value models inside the known past")
        choices = choose_value(
            past,
            horizon_days=horizon_days,
            candidates=VALUE_CANDIDATES if named is None else {named: VALUE_CANDIDATES[named]},
            random_state=random_state,
            busy_days=busy_days,
            progress=progress,
        )
        if named is None:
            return choices
        reasons = Message("contest.named", model=named)
        return {target: replace(choice, reasons=reasons) for target, choice in choices.items()}

    asked = (horizon_days, named, random_state, tuple(busy_days))
    return past.once(("value choices", *asked), choose)


def levelled(
    recipes: Mapping[str, Recipe],
    level: Level,
    shifted: Collection[str],
    beside: Mapping[str, float] | None = None,
) -> dict[str, Recipe]:
    """Return the recipes with the level.

    Intervals of all are widened by it; predictions of those named are shifted by it, and no others:
    a baseline is shown as it is. `beside` says by how much more a recipe is shifted than the level
    says, as a logarithm, where the level is another model's.
    """
    own, more = level.settings["level"], beside or {}
    of = {
        name: own.moved(more.get(name, 0.0)) if name in shifted else level.unshifted
        for name in recipes
    }
    return {
        name: {**recipe, "params": {**recipe["params"], "level": of[name]}}
        for name, recipe in recipes.items()
    }


def interval_record(test: ForwardTest, frame: pd.DataFrame, predicted: Floats) -> dict[str, float]:
    """Return how a frame's intervals did, by level: ``coverage_80`` and the like; {} without."""
    record: dict[str, float] = {}
    for level in LEVELS:
        percent = f"{100 * level:g}"
        if f"low_{percent}" in frame:
            ends = frame[f"low_{percent}"], frame[f"high_{percent}"]
            metrics = interval_metrics(test.actual, *ends, predicted, level=level)
            record |= {f"{name}_{percent}": value for name, value in metrics.items()}
    return record


def total_record(test: ForwardTest, model: str) -> dict[str, float]:
    """Return what was said of everybody together, and how intervals without the level did."""
    predicted = test.predicted()[model]
    alone = interval_record(test, test.unlevelled[model], predicted)
    return {
        "actual_total": float(test.actual.sum()),
        "predicted_total": float(predicted.sum()),
        **{f"total_{end}": value for end, value in test.totals[model].items()},
        **{f"unlevelled_{name}": value for name, value in alone.items()},
    }
