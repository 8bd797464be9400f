"""The champion rule: which value candidate to trust, decided inside the known past.

Each candidate is fitted at several inner cut-offs and judged on the window after each. A
candidate's *loss* is the geometric mean of MAE, RMSE and 1 - Gini over the cut-offs: scale-free,
and no single metric decides. MAE alone would crown "nobody buys again"; ranking alone would ignore
the level. The rule, for each target:

1. Candidates whose total is off by more than a factor of two (pooled over the cut-offs) are out.
2. So are candidates that predict exactly 0 for customers who brought `MAX_WRITTEN_OFF` or more of
   the actual total: nobody who may come back is worth nothing. If all that are left do, they stay.
3. The lowest loss leads.
4. A simpler candidate takes its place if the paired customer bootstrap cannot tell the two apart
   (95% interval of the difference holds 0) *and* its loss is at most 2% higher. The second half
   matters for small shops, where nothing can be told apart from anything.

Without history for one inner cut-off the choice is `DEFAULT`, and says so. Candidates are fitted on
everybody, and judged on a random `MAX_CUSTOMERS` where there are more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from winback.data.tables import Transactions
from winback.evaluation.bootstrap import (
    MAX_CUSTOMERS,
    Bootstrap,
    statistics,
    weight_blocks,
)
from winback.evaluation.calibration import Floats
from winback.evaluation.forward import ForwardTest, Recipe, value_forward, value_targets
from winback.evaluation.metrics import value_metrics
from winback.evaluation.windows import (
    MIN_CUSTOMERS,
    first_day,
    inner_windows,
    known_past,
)

SCORED = ("mae", "rmse", "gini")
TOLERANCE = 0.02  # a simpler candidate may lose so much, as a share of the loss
BIAS_BOUNDS = (0.5, 2.0)
MAX_WRITTEN_OFF = 0.05  # share of the total; what auditors by custom call material
DEFAULT = "beta_geo+gamma_gamma"


def _recipe(purchase_model: str, spend_model: str) -> Recipe:
    params = {"purchase_model": purchase_model, "spend_model": spend_model}
    return {"estimator": "CustomerValueModel", "params": params}


VALUE_CANDIDATES: dict[str, Recipe] = {
    "zero": _recipe("zero", "own_mean"),
    "last_period+own_mean": _recipe("last_period", "own_mean"),
    "rate+own_mean": _recipe("rate", "own_mean"),
    "beta_geo+own_mean": _recipe("beta_geo", "own_mean"),
    "beta_geo+gamma_gamma": _recipe("beta_geo", "gamma_gamma"),
}
"""The contestants, simplest first: that nobody buys again, that the last period repeats itself,
the heuristic frequency x monetary value / T, BG/NBD with the customer's own mean amount
(everybody's for one-time buyers), and BG/NBD with Gamma-Gamma."""


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
    reasons : str
        One sentence with the numbers that decided.
    table : DataFrame
        The evidence: ``as_of``, ``until`` of each inner window (or ``pooled``), ``candidate``,
        ``n``, ``mae``, ``rmse``, ``gini``, ``bias`` and, on pooled rows, ``loss_ratio`` to the
        lowest loss with ``low`` and ``high``, and ``note`` (why a candidate was left out).
    """

    target: str
    name: str
    recipe: Recipe
    reasons: str
    table: pd.DataFrame


def pooled_loss(
    tests: Sequence[ForwardTest], *, n_replicates: int = 200, random_state: int = 0
) -> Bootstrap:
    """Pool forward tests of one target into one loss per model, with paired replicates.

    The metric ``loss`` is the mean over tests, and over MAE, RMSE and 1 - Gini, of the log. A
    difference of 0.02 between two models is 2% more loss. Customers are resampled once for all
    tests, because the same ones stand in several.

    Parameters
    ----------
    tests : sequence of ForwardTest
        The same models in each; a test in which nothing can be ranked is left out.

    Returns
    -------
    Bootstrap
        Keys (model, ``"loss"``); NaN where no test says anything.
    """
    models = [name for name in tests[0].predictions if all(name in t.predictions for t in tests)]
    ids = np.unique(np.concatenate([test.customers.to_numpy(dtype=str) for test in tests]))
    columns = [np.searchsorted(ids, test.customers.to_numpy(dtype=str)) for test in tests]
    metrics = [statistics(test.actual, test.predicted(), SCORED) for test in tests]

    def losses(weights: Floats) -> dict[str, Floats]:
        logs: dict[str, list[Floats]] = {model: [] for model in models}
        for cells, of in zip(columns, metrics, strict=True):
            drawn = weights[:, cells]
            for model in models:
                mae, rmse, gini = (of[model, metric](drawn) for metric in SCORED)
                three = np.stack([mae, rmse, 1 - gini])
                logs[model].append(np.log(np.maximum(three, 1e-9)).mean(0))
        return {model: _mean_of_known(np.stack(parts)) for model, parts in logs.items()}

    blocks = weight_blocks(ids.size, n_replicates=n_replicates, random_state=random_state)
    draws = [losses(block) for block in blocks]
    point = losses(np.ones((1, ids.size)))
    return Bootstrap(
        point={(model, "loss"): float(point[model][0]) for model in models},
        draws={(model, "loss"): np.concatenate([d[model] for d in draws]) for model in models},
    )


def _mean_of_known(logs: Floats) -> Floats:
    """Average over tests, leaving out those in which nothing could be ranked; NaN if all."""
    seen = ~np.isnan(logs)
    total = np.where(seen, logs, 0.0).sum(0)
    return np.asarray(np.where(seen.any(0), total / np.maximum(seen.sum(0), 1), np.nan))


def choose_value(
    transactions: Transactions,
    *,
    as_of: date,
    horizon_days: int,
    candidates: Mapping[str, Recipe] = VALUE_CANDIDATES,
    n_cutoffs: int = 3,
    n_replicates: int = 200,
    random_state: int = 0,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Choice]:
    """Choose a candidate for purchases and one for revenue, from data up to `as_of` alone.

    Parameters
    ----------
    transactions : Transactions
        Rows after `as_of` are cut off first, and never seen.
    as_of : date
    horizon_days : int
        The horizon that the chosen model will predict; inner windows are shorter where history
        is (`winback.evaluation.windows.inner_windows`).
    candidates : mapping of str to recipe
        Simplest first.
    n_cutoffs, n_replicates, random_state : int
    progress : callable, optional
        Told what is being done, one line each.

    Returns
    -------
    dict of str to Choice
        By target.
    """
    past = known_past(transactions, as_of)
    windows = inner_windows(first_day(past), as_of, horizon_days=horizon_days, count=n_cutoffs)
    tests: list[dict[str, ForwardTest]] = []
    for window in windows:
        if progress is not None:
            progress(f"contest: {len(candidates)} candidates at {window.as_of}")
        test = value_forward(past, candidates, window, random_state=random_state)
        if len(test["purchases"].actual) >= MIN_CUSTOMERS and test["purchases"].predictions:
            tests.append(test)
    judged = _sample(tests, random_state)
    return {
        target: _choose(
            target, [test[target] for test in judged], candidates, n_replicates, random_state
        )
        for target in value_targets(transactions)
    }


def _sample(tests: list[dict[str, ForwardTest]], random_state: int) -> list[dict[str, ForwardTest]]:
    """Keep `MAX_CUSTOMERS` of the newest cut-off's customers, the same ones in every test."""
    everybody = tests[0]["purchases"].customers if tests else pd.Series(dtype=str)
    if len(everybody) <= MAX_CUSTOMERS:
        return tests
    some = pd.Index(everybody.sample(MAX_CUSTOMERS, random_state=random_state))
    return [{target: test.among(some) for target, test in pair.items()} for pair in tests]


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
        return _default(target, candidates, fallback, "history is too short for one", evidence)
    pooled = pooled_loss(tests, n_replicates=n_replicates, random_state=random_state)
    losses = {model: value for (model, _), value in pooled.point.items()}
    bias = {model: _pooled_bias(tests, model) for model in losses}
    low, high = BIAS_BOUNDS
    fit = [m for m in candidates if m in losses and low <= bias[m] <= high and losses[m] < np.inf]
    if not fit:
        return _default(
            target, candidates, fallback, "no candidate holds its level on any", evidence
        )
    share_off = {model: written_off(tests, model) for model in losses}
    blind = [m for m in fit if share_off[m] >= MAX_WRITTEN_OFF]
    if len(blind) < len(fit):
        fit = [m for m in fit if m not in blind]
    best = min(fit, key=losses.__getitem__)
    chosen = next(m for m in fit if _good_enough(pooled, m, best))
    pooled_rows = []
    for model in candidates:
        row = {"as_of": "pooled", "until": "", "candidate": model, "bias": bias.get(model, np.nan)}
        if model in losses:
            d = pooled.difference(model, best, "loss")
            ratios = np.exp([d.estimate, d.low, d.high])
            row |= dict(zip(("loss_ratio", "low", "high"), ratios.tolist(), strict=True))
        row["note"] = tests[0].failed.get(model) or ""
        if model in blind:
            row["note"] = f"predicts 0 for customers who brought {share_off[model]:.0%}"
        elif model not in fit and not row["note"]:
            row["note"] = f"predicts {bias.get(model, np.nan):.2f} of the actual total"
        pooled_rows.append(row)
    table = pd.concat([evidence, pd.DataFrame(pooled_rows)], ignore_index=True)
    others = [model for model in fit if losses[model] != losses[chosen]]  # not its twin
    windows = f"{len(tests)} inner cut-off{'s' if len(tests) > 1 else ''}"
    reasons = (
        f"{chosen}, judged on {windows} of {tests[0].window.horizon_days} days: total "
        f"{bias[chosen]:.2f} of the actual{_explain(pooled, chosen, best, others)}"
    )
    if blind:
        shares = ", ".join(f"{m} ({share_off[m]:.0%} of the total)" for m in blind)
        verb = "they predict" if set(blind) == set(fit) else "left out, as they predict"
        reasons += f"; {verb} 0 for customers who came back: {shares}"
    return Choice(target, chosen, dict(candidates[chosen]), reasons, table)


def _good_enough(pooled: Bootstrap, model: str, best: str) -> bool:
    if model == best:
        return True
    difference = pooled.difference(model, best, "loss")
    return not difference.worse and difference.known and difference.estimate <= np.log1p(TOLERANCE)


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


def _pooled_bias(tests: Sequence[ForwardTest], model: str) -> float:
    actual = sum(float(test.actual.sum()) for test in tests)
    predicted = sum(float(test.predicted()[model].sum()) for test in tests)
    return predicted / actual if actual > 0 else float("nan")


def written_off(tests: Sequence[ForwardTest], model: str) -> float:
    """Return the share of the actual total brought by those whom the model predicts 0 for."""
    actual = sum(float(test.actual.sum()) for test in tests)
    missed = sum(float(test.actual[test.predicted()[model] == 0].sum()) for test in tests)
    return missed / actual if actual > 0 else float("nan")


def _explain(pooled: Bootstrap, chosen: str, best: str, others: list[str]) -> str:
    """Say by how much the choice leads the runner-up, or that it cannot be told from the best."""
    if not others:
        return "; no other candidate is left"
    rival = best if chosen != best else min(others, key=lambda m: pooled.point[m, "loss"])
    d = pooled.difference(chosen, rival, "loss")
    text = (
        f"; loss {_percent(d.estimate)} against {rival} ({_percent(d.low)} to {_percent(d.high)})"
    )
    return text if chosen == best else f"{text}, not told apart, and simpler"


def _percent(log_ratio: float) -> str:
    return f"{100 * np.expm1(log_ratio):+.1f}%"


def _default(
    target: str, candidates: Mapping[str, Recipe], name: str, why: str, table: pd.DataFrame
) -> Choice:
    reasons = f"{name} by default: {why} inner cut-off"
    return Choice(target, name, dict(candidates[name]), reasons, table)
