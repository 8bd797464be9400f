"""The value models that a backtest judges: what is chosen, at which level, and its intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from winback.data.tables import Transactions
from winback.errors import ModelError
from winback.evaluation.calibration import Floats
from winback.evaluation.contest import Choice, choose_value
from winback.evaluation.forward import LEVELS, ForwardTest, Recipe
from winback.evaluation.level import Level
from winback.evaluation.metrics import interval_metrics
from winback.evaluation.value_candidates import VALUE_CANDIDATES
from winback.evaluation.value_snapshots import KnownFits
from winback.evaluation.windows import Window, known_past


def value_choices(
    transactions: Transactions,
    window: Window,
    purchase_model: str | None,
    random_state: int,
    *,
    progress: Callable[[str], None] | None = None,
    known: KnownFits | None = None,
    busy_days: Sequence[str] = (),
) -> dict[str, Choice]:
    """Return what the contest chooses by target, or what a job names."""
    candidates = VALUE_CANDIDATES
    if purchase_model is not None:
        if purchase_model not in VALUE_CANDIDATES:
            raise ModelError(
                "there is no such value model",
                where="purchase_model",
                got=purchase_model,
                allowed=", ".join(VALUE_CANDIDATES),
            )
        candidates = {purchase_model: VALUE_CANDIDATES[purchase_model]}
    if progress is not None:
        progress(f"{window}: choosing value models inside the known past")
    choices = choose_value(
        known_past(transactions, window.as_of),  # outcomes are only added by the tests
        as_of=window.as_of,
        horizon_days=window.horizon_days,
        candidates=candidates,
        random_state=random_state,
        progress=progress,
        known=known,
        busy_days=busy_days,
    )
    if purchase_model is None:
        return choices
    told = f"{purchase_model}, as the job names it"
    return {target: replace(choice, reasons=told) for target, choice in choices.items()}


def levelled(recipes: Mapping[str, Recipe], level: Level) -> dict[str, Recipe]:
    """Return the recipes with the level, which is the shop's and not a model's."""
    return {
        name: {**recipe, "params": {**recipe["params"], **level.settings}}
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
