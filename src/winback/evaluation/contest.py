"""The champion rule: which value candidate to trust, decided inside the known past.

Each candidate is fitted at several inner cut-offs and judged on the window after each. A
candidate's *loss* is the geometric mean of MAE, RMSE and 1 - Gini over the cut-offs: scale-free,
and no single metric decides. MAE alone would crown "nobody buys again"; ranking alone would ignore
the level. The rule, for each target:

1. Who predicts exactly 0 for customers who brought `MAX_WRITTEN_OFF` or more of the actual total
   is out: nobody who may come back is worth nothing. If all that are left do, they stay.
2. Who does not hold the level is out: a total (pooled over the cut-offs) outside `BIAS_BOUNDS`, by
   more than `SLACK` beyond the candidate that comes nearest. (Where demand itself has moved, nobody
   holds it, and the least wrong stay.)
3. Who loses to a simple rule (`SIMPLE`: the naive ones, and BG/NBD with Gamma-Gamma) in MAE, RMSE
   or ranking, alone, is out: 95% paired customer bootstrap, and by more than `MIN_LOSS`. If all do,
   those stay that lose in the fewest comparisons.
4. The lowest loss leads.
5. A simpler candidate takes its place if the paired customer bootstrap cannot tell the two apart
   (95% interval of the difference holds 0) *and* its loss is at most `TOLERANCE` higher. The second
   half matters for small shops, where nothing can be told apart from anything.

Without history for one inner cut-off the choice is `DEFAULT`, and says so. Where there are more
than `MAX_CONTEST` customers, about so many are taken by a digest of their names, and the contest is
theirs alone: its time is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pandas as pd

from winback.evaluation.bootstrap import Bootstrap
from winback.evaluation.forward import ForwardTest, Recipe, value_forward, value_targets
from winback.evaluation.level import Level, level_of, level_windows
from winback.evaluation.metrics import value_metrics
from winback.evaluation.past import Past
from winback.evaluation.value_candidates import SIMPLE, VALUE_CANDIDATES
from winback.evaluation.value_losses import SCORED, pooled_bias, pooled_loss, written_off
from winback.evaluation.windows import MIN_CUSTOMERS, Window, inner_windows
from winback.messages import Message

TOLERANCE = 0.02  # a simpler candidate may lose so much, as a share of the loss
BIAS_BOUNDS = (0.8, 1.25)
SLACK = 1.1
MIN_LOSS = 0.01  # a difference of no consequence is none, however many customers show it
MAX_WRITTEN_OFF = 0.05  # share of the total; what auditors by custom call material
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
        The evidence: ``as_of``, ``until`` of each inner window (or ``pooled``), ``candidate``,
        ``n``, ``mae``, ``rmse``, ``gini``, ``bias`` and, on pooled rows, ``loss_ratio`` to the
        lowest loss with ``low`` and ``high``, and ``note`` (why a candidate was left out).
    level : Level
        What past totals of the model for revenue say of the level ahead.
    """

    target: str
    name: str
    recipe: Recipe
    reasons: Message
    table: pd.DataFrame
    level: Level = NO_LEVEL


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
    windows = inner_windows(first, as_of, horizon_days=horizon_days, count=n_cutoffs)
    tests: list[dict[str, ForwardTest]] = []
    for window in windows:
        if progress is not None:
            progress(f"contest: {len(candidates)} candidates at {window.as_of}")
        test = value_forward(sample, candidates, window, random_state=random_state)
        if len(test["purchases"].actual) >= MIN_CUSTOMERS and test["purchases"].predictions:
            tests.append(test)
    tests = _complete(tests)
    choices = {
        target: _choose(
            target, [test[target] for test in tests], candidates, n_replicates, random_state
        )
        for target in value_targets(past)
    }
    # a job has one value model, at one level: that of revenue, where there is any
    main = choices[value_targets(past)[-1]]
    judged = {test[main.target].window: test[main.target] for test in tests}
    for window in level_windows(first, as_of, horizon_days) if tests else ():
        if window not in judged:
            one = {main.name: main.recipe}
            then = value_forward(sample, one, window, random_state=random_state)[main.target]
            judged |= {window: then} if len(then.actual) >= MIN_CUSTOMERS else {}
    level = level_of(
        list(judged.values()),
        main.name,
        first=first,
        ahead=Window(as_of, as_of + timedelta(days=horizon_days)),
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


def _choose(
    target: str,
    tests: list[ForwardTest],
    candidates: Mapping[str, Recipe],
    n_replicates: int,
    random_state: int,
) -> Choice:
    evidence = _evidence(tests, candidates)
    fallback = DEFAULT if DEFAULT in candidates else list(candidates)[-1]
    if not tests:
        return _default(target, candidates, fallback, Message("contest.short"), evidence)
    pooled = pooled_loss(tests, n_replicates=n_replicates, random_state=random_state)
    losses = {model: pooled.point[model, "loss"] for model, key in pooled.point if key == "loss"}
    able = [m for m in candidates if m in losses and losses[m] < np.inf]
    bias = {model: pooled_bias(tests, model) for model in losses}
    share_off = {model: written_off(tests, model) for model in losses}
    failed = {model: why for test in tests for model, why in test.failed.items()}
    notes: dict[str, Message] = dict(failed)
    blind = [m for m in able if share_off[m] >= MAX_WRITTEN_OFF]
    fit = [m for m in able if m not in blind] or able
    if fit != able:
        notes |= {m: Message("contest.predicts_none", share=share_off[m]) for m in blind}
    level = {m: _off_level(bias[m]) for m in fit}
    if not fit or not np.isfinite(min(level.values())):
        actual = sum(float(test.actual.sum()) for test in tests)
        why = Message("contest.unjudged") if actual > 0 else NOBODY_BACK[target]
        return _default(target, candidates, fallback, why, evidence)
    off = [m for m in fit if level[m] > min(level.values()) + np.log(SLACK)]
    notes |= {m: Message("contest.predicts", bias=bias[m]) for m in off}
    fit = [m for m in fit if m not in off]
    lost = {m: _losses_to_simple(pooled, m) for m in fit}
    fewest = min(map(len, lost.values()))
    notes |= {m: Message("contest.loses", lost=of) for m, of in lost.items() if of}
    fit = [m for m in fit if len(lost[m]) == fewest]
    best = min(fit, key=losses.__getitem__)
    chosen = next(m for m in fit if _good_enough(pooled, m, best))
    pooled_rows = _pooled_rows(pooled, candidates, best, bias, notes)
    table = pd.concat([evidence, pooled_rows], ignore_index=True)
    others = [model for model in fit if losses[model] != losses[chosen]]  # not its twin
    judged = Message(
        "contest.judged",
        model=chosen,
        n=len(tests),
        days=tests[0].window.horizon_days,
        bias=bias[chosen],
    )
    reasons = [judged, _explain(pooled, chosen, best, others)]
    if blind:
        reasons.append(_writing_off(share_off, blind, fit))
    if off:
        missed = [Message("contest.total_of", model=m, bias=bias[m]) for m in off]
        reasons.append(Message("contest.off_level", models=missed))
    if lost[chosen]:
        reasons.append(Message("contest.all_lose", lost=lost[chosen][0]))
    beaten = [
        Message("contest.lost_in", model=m, lost=of[0])
        for m, of in lost.items()
        if len(of) > fewest
    ]
    if beaten and lost[chosen]:
        reasons.append(Message("contest.lose_in_more", models=_such_as(beaten)))
    elif beaten:
        reasons.append(Message("contest.lose_to_simple", models=_such_as(beaten)))
    unable = [
        Message("contest.because", model=m, why=why) for m, why in failed.items() if m not in losses
    ]
    if unable:
        reasons.append(Message("contest.unable", models=_such_as(unable)))
    return Choice(target, chosen, dict(candidates[chosen]), Message.of_all(reasons), table)


def _writing_off(
    share_off: Mapping[str, float], blind: Sequence[str], fit: Sequence[str]
) -> Message:
    shares = [Message("contest.share_of", model=m, share=share_off[m]) for m in blind]
    if set(blind).isdisjoint(fit):
        return Message("contest.blind_out", models=shares)
    return Message("contest.blind", models=shares)


def _such_as(candidates: Sequence[Message]) -> Message:
    """Say of the first candidate why, and how many more it is: of all would be a page."""
    first, *more = candidates
    return Message("contest.and_more", said=first, n=len(more)) if more else first


def _off_level(bias: float) -> float:
    """Return the logarithm by which a total lies outside `BIAS_BOUNDS`; infinite if unknown."""
    if not bias > 0:
        return float("inf")
    low, high = np.log(BIAS_BOUNDS)
    return float(max(low - np.log(bias), np.log(bias) - high, 0.0))


def _losses_to_simple(pooled: Bootstrap, model: str) -> list[Message]:
    """Name the metrics in which a simple rule is clearly better, with the rule."""
    rivals = [rival for rival in SIMPLE if (rival, "loss") in pooled.point and rival != model]
    lost = []
    for rival in rivals:
        for metric in SCORED:
            d = pooled.difference(model, rival, f"log_{metric}")
            if d.worse and d.estimate > MIN_LOSS:
                change = np.expm1(d.estimate)
                lost.append(Message("contest.lost", metric=metric, model=rival, change=change))
    return lost


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


def _evidence(tests: Sequence[ForwardTest], candidates: Mapping[str, Recipe]) -> pd.DataFrame:
    rows = []
    for test in tests:
        predicted = test.predicted()
        for model in candidates:
            if model in predicted:
                metrics = value_metrics(test.actual, predicted[model])
                rows.append(
                    {"as_of": str(test.window.as_of), "until": str(test.window.until)}
                    | {"candidate": model, "n": len(test.actual)}
                    | {name: metrics[name] for name in (*SCORED, "bias")}
                )
    columns = ["as_of", "until", "candidate", "n", *SCORED, "bias"]
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
