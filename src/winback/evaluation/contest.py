"""The champion rule: which value candidate to trust, decided inside the known past.

Each candidate is fitted at several inner cut-offs and judged on the window after each, at the level
that it would be used at: by how much its totals missed there (`winback.evaluation.level`) shifts
its predictions. Its *loss* (`winback.evaluation.value_losses`) is made of scores that are
consistent for the mean, deviance and squared error, and of the ranking. MAE is shown and decides
nothing: its best answer is the median, which is 0 for most customers. Nobody is thrown out by a
single metric: who writes customers off, or misses the total, loses by it in deviance. The rule,
for each target:

1. The lowest loss leads. (Who predicts nothing at all is shown and cannot be chosen.)
2. A simpler candidate takes its place if the paired customer bootstrap cannot tell the two apart
   (95% interval of the difference holds 0) *and* its loss is at most `TOLERANCE` higher. The second
   half matters for small shops, where nothing can be told apart from anything.

What tenths of customers brought, against what was predicted (`decile_error`), is shown: it is part
of the deviance already, and by itself too much left to chance to choose by.

Without history for one inner cut-off the choice is `DEFAULT`, and says so. Where there are more
than `MAX_CONTEST` customers, about so many are taken by a digest of their names, and the contest is
theirs alone: its time is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np
import pandas as pd

from winback.evaluation.bootstrap import Bootstrap
from winback.evaluation.forward import ForwardTest, Recipe, value_forward, value_targets
from winback.evaluation.level import Level, level_of
from winback.evaluation.metrics import value_metrics
from winback.evaluation.past import Past
from winback.evaluation.value_candidates import VALUE_CANDIDATES
from winback.evaluation.value_level import value_level
from winback.evaluation.value_losses import DEVIANCE, at_level, pooled_bias, pooled_loss
from winback.evaluation.windows import MIN_CUSTOMERS, Window, inner_windows
from winback.messages import Message

TOLERANCE = 0.01  # a simpler candidate may lose so much, as a share of the loss
SHOWN = ("mae", "rmse", "gini", "bias", "decile_error")
MAX_CONTEST = 50_000
DEFAULT = "modified_beta_geo+gamma_gamma_all"
NOBODY_BACK = {
    "purchases": Message("contest.nobody_back"),
    "revenue": Message("contest.nothing_brought"),
}
NO_LEVEL = level_of([], DEFAULT)


@dataclass(frozen=True)
class Choice:
    """Which candidate is trusted with a target, and why.

    Parameters
    ----------
    target : str
        ``purchases`` or ``revenue``.
    name : str
        The candidate.
    recipe : dict
        Its recipe.
    reasons : Message
        The numbers that decided, a clause each.
    table : DataFrame
        The evidence, each candidate at its level: ``as_of``, ``until`` of each inner window (or
        ``pooled``), ``candidate``, ``n``, ``deviance`` and `SHOWN`; on pooled rows ``loss_ratio``
        to the lowest loss with ``low`` and ``high``, and ``note`` (why it could not be judged).
    level : Level
        What past totals of the model for revenue say of the level ahead.
    shifts : dict of str to float
        Logarithm of what each candidate's predictions were multiplied by in the contest.
    """

    target: str
    name: str
    recipe: Recipe
    reasons: Message
    table: pd.DataFrame
    level: Level = NO_LEVEL
    shifts: dict[str, float] = field(default_factory=dict)


def choose_value(
    past: Past,
    *,
    horizon_days: int,
    candidates: Mapping[str, Recipe] = VALUE_CANDIDATES,
    n_cutoffs: int = 3,
    n_replicates: int = 200,
    random_state: int = 0,
    busy_days: Sequence[str] = (),
    progress: Callable[[str], None] | None = None,
) -> dict[str, Choice]:
    """Choose a candidate for purchases and one for revenue, from what is known alone.

    Parameters
    ----------
    past : Past
    horizon_days : int
        The horizon that the chosen model will predict; inner windows are shorter where history
        is (`winback.evaluation.windows.inner_windows`).
    candidates : mapping of str to recipe
        Simplest first.
    n_cutoffs, n_replicates, random_state : int
    busy_days : sequence of str
        Periods in which more is bought, or less: see `winback.evaluation.busy`.
    progress : callable, optional
        Told what is being done, one line each.

    Returns
    -------
    dict of str to Choice
        By target.
    """
    sample, as_of = past.sample(MAX_CONTEST), past.as_of
    first = sample.first_day
    windows = inner_windows(first, sample.settled, horizon_days=horizon_days, count=n_cutoffs)
    tests: list[dict[str, ForwardTest]] = []
    for window in windows:
        if progress is not None:
            progress(f"contest: {len(candidates)} candidates at {window.as_of}")
        test = value_forward(sample, candidates, window, random_state=random_state)
        if len(test["purchases"].actual) >= MIN_CUSTOMERS and test["purchases"].predictions:
            tests.append(test)
    tests = _complete(tests)
    days_ahead = Window(as_of, as_of + timedelta(days=horizon_days))

    def shift(of: list[ForwardTest], model: str) -> float:
        return level_of(of, model, first=first, ahead=days_ahead, busy_days=busy_days).shift

    choices: dict[str, Choice] = {}
    for target in value_targets(past):
        judged_on = [test[target] for test in tests]
        shifts = _shifts(judged_on, candidates, shift)
        levelled = [at_level(test, shifts) for test in judged_on]
        choice = _choose(target, levelled, candidates, n_replicates, random_state)
        choices[target] = replace(choice, shifts=shifts)
    # a job has one value model, at one level: that of revenue, where there is any
    main = choices[value_targets(past)[-1]]
    level = value_level(
        sample,
        main.name,
        main.recipe,
        tests,
        ahead=days_ahead,
        random_state=random_state,
        busy_days=busy_days,
    )
    return {target: replace(choice, level=level) for target, choice in choices.items()}


def _complete(tests: list[dict[str, ForwardTest]]) -> list[dict[str, ForwardTest]]:
    """Leave out cut-offs at which history was too short for a candidate that is fitted now.

    Two stay at least, if there are two: then the candidate is out instead.
    """
    able = set(tests[0]["purchases"].predictions) if tests else set()
    whole = [test for test in tests if able <= set(test["purchases"].predictions)]
    return whole if len(whole) > 1 else tests


def _shifts(
    tests: list[ForwardTest],
    candidates: Mapping[str, Recipe],
    shift: Callable[[list[ForwardTest], str], float],
) -> dict[str, float]:
    """Return the level that the tests show for each candidate."""
    shifts: dict[str, float] = {}
    seen: dict[bytes, float] = {}  # twins have one
    for model in candidates:
        predicted = [test.predicted().get(model, np.empty(0)).tobytes() for test in tests]
        key = b"/".join(predicted)
        if key not in seen:
            seen[key] = shift(tests, model)
        shifts[model] = seen[key]
    return shifts


def _choose(
    target: str,
    tests: list[ForwardTest],
    candidates: Mapping[str, Recipe],
    n_replicates: int,
    random_state: int,
) -> Choice:
    evidence = _evidence(target, tests, candidates)
    fallback = DEFAULT if DEFAULT in candidates else list(candidates)[-1]
    if not tests:
        return _default(target, candidates, fallback, Message("contest.short"), evidence)
    pooled = pooled_loss(tests, n_replicates=n_replicates, random_state=random_state)
    losses = {model: pooled.point[model, "loss"] for model, key in pooled.point if key == "loss"}
    failed = {model: why for test in tests for model, why in test.failed.items()}
    bias = {model: pooled_bias(tests, model) for model in losses}
    # who predicts nothing at all has no level to be used at
    nothing = [m for m in losses if not bias[m] > 0]
    able = [m for m in candidates if m in losses and losses[m] < np.inf and m not in nothing]
    notes = failed | dict.fromkeys(nothing, Message("contest.predicts_nothing"))
    if not able:
        actual = sum(float(test.actual.sum()) for test in tests)
        why = Message("contest.unjudged") if actual > 0 else NOBODY_BACK[target]
        return _default(target, candidates, fallback, why, evidence)
    best = min(able, key=losses.__getitem__)
    chosen = next(m for m in able if _good_enough(pooled, m, best))
    pooled_rows = _pooled_rows(pooled, candidates, best, bias, notes)
    others = [model for model in able if losses[model] != losses[chosen]]  # not its twin
    judged = Message(
        "contest.judged",
        model=chosen,
        n=len(tests),
        days=tests[0].window.horizon_days,
        bias=bias[chosen],
    )
    reasons = [judged, _explain(pooled, chosen, best, others)]
    unable = [
        Message("contest.because", model=m, why=why) for m, why in failed.items() if m not in losses
    ]
    if unable:
        reasons.append(Message("contest.unable", models=_such_as(unable)))
    table = pd.concat([evidence, pooled_rows], ignore_index=True)
    return Choice(target, chosen, dict(candidates[chosen]), Message.of_all(reasons), table)


def _such_as(candidates: Sequence[Message]) -> Message:
    """Say of the first candidate why, and how many more it is: of all would be a page."""
    first, *more = candidates
    return Message("contest.and_more", said=first, n=len(more)) if more else first


def _good_enough(pooled: Bootstrap, model: str, best: str) -> bool:
    if model == best:
        return True
    difference = pooled.difference(model, best, "loss")
    return (
        not difference.worse and difference.defined and difference.estimate <= np.log1p(TOLERANCE)
    )


def _pooled_rows(
    pooled: Bootstrap,
    candidates: Mapping[str, Recipe],
    best: str,
    bias: Mapping[str, float],
    notes: Mapping[str, Message],
) -> pd.DataFrame:
    rows = []
    for model in candidates:
        row = {"as_of": "pooled", "until": "", "candidate": model, "bias": bias.get(model, np.nan)}
        if model in bias:
            d = pooled.difference(model, best, "loss")
            ratios = np.exp([d.estimate, d.low, d.high])
            row |= dict(zip(("loss_ratio", "low", "high"), ratios.tolist(), strict=True))
        row["note"] = notes.get(model)
        rows.append(row)
    return pd.DataFrame(rows)


def _evidence(
    target: str, tests: Sequence[ForwardTest], candidates: Mapping[str, Recipe]
) -> pd.DataFrame:
    rows = []
    for test in tests:
        predicted = test.predicted()
        for model in candidates:
            if model in predicted:
                metrics = value_metrics(test.actual, predicted[model])
                rows.append(
                    {"as_of": str(test.window.as_of), "until": str(test.window.until)}
                    | {"candidate": model, "n": len(test.actual)}
                    | {"deviance": metrics[DEVIANCE[target]]}
                    | {name: metrics[name] for name in SHOWN}
                )
    columns = ["as_of", "until", "candidate", "n", "deviance", *SHOWN]
    return pd.DataFrame(rows, columns=columns)


def _explain(pooled: Bootstrap, chosen: str, best: str, others: list[str]) -> Message:
    """Say by how much the choice leads the runner-up, or that it cannot be told from the best."""
    if not others:
        return Message("contest.alone")
    rival = best if chosen != best else min(others, key=lambda m: pooled.point[m, "loss"])
    d = pooled.difference(chosen, rival, "loss")
    change, low, high = np.expm1([d.estimate, d.low, d.high])
    ahead = Message("contest.ahead", model=rival, change=change, low=low, high=high)
    return ahead if chosen == best else Message("contest.simpler", said=ahead)


def _default(
    target: str, candidates: Mapping[str, Recipe], name: str, why: Message, table: pd.DataFrame
) -> Choice:
    reasons = Message("contest.default", model=name, why=why)
    return Choice(target, name, dict(candidates[name]), reasons, table)
