"""A search for LightGBM's parameters, forward in time, that keeps the defaults unless beaten."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from winback.errors import NotEnoughDataError, UsageError
from winback.estimators.churn.candidates import TUNABLE, BoostedTrees
from winback.estimators.churn.candidates.boosted import smallest_leaf
from winback.estimators.churn.candidates.candidate import Floats, canonical
from winback.evaluation.churn_evidence import Evidence, gather, levelled, paired_intervals
from winback.messages import Message

if TYPE_CHECKING:
    import optuna

DIGITS = 3  # of a suggested number: it will stand in somebody's YAML


@dataclass(frozen=True)
class Tuning:
    """What a search found.

    Parameters
    ----------
    params
        What to keep: the best parameters if they are `better`, else {} (the defaults).
    better
        Whether they beat the defaults on customers that the search did not look at.
    trials
        One row per trial: ``number, loss`` (levelled Brier score on the searched half), ``default``
        and a column per parameter, NaN where it is left to the default.
    message
        How it ended, with the numbers.
    """

    params: dict[str, float]
    better: bool
    trials: pd.DataFrame
    message: Message


def tune(
    X: pd.DataFrame,
    y: npt.ArrayLike,
    settings: Mapping[str, Any],
    *,
    n_trials: int,
    random_state: int = 0,
    n_bootstrap: int = 200,
    progress: Callable[[str], None] | None = None,
) -> Tuning:
    """Search parameters of the candidate ``lightgbm`` by how well it foretells past snapshots.

    Each trial predicts every snapshot from the snapshots whose windows had closed by then (see
    `winback.evaluation.churn_evidence.gather`), judged by the levelled Brier score. The
    search (tree-structured Parzen estimator, Bergstra et al. 2011; the defaults come first) looks
    at half of the customers. On the other half, which no trial was chosen on, the best is compared
    with the defaults once: with many trials, one looks better by chance alone.

    Parameters
    ----------
    X, y
        As for `ChurnModel.fit`.
    settings
        `horizon_days`, `gap_days` and `exclude`, as of `BoostedTrees`.
    n_trials
        At least 1, the defaults included.
    random_state
        Of the search, the halves and the trees: the same state gives the same result.
    n_bootstrap
        Draws for the comparison.
    progress
        Told of each trial, one line.

    Raises
    ------
    UsageError
        Optuna is not installed.
    NotEnoughDataError
        LightGBM cannot be fitted on these rows.
    """
    library = _optuna()
    X, labels = canonical(X, y)
    base = {"gap_days": 0, **settings, "random_state": random_state}
    halves: list[npt.NDArray[np.bool_]] = []
    losses: dict[int, Floats] = {}
    customers: list[npt.NDArray[np.int64]] = []
    rows: list[dict[str, Any]] = []

    def objective(trial: optuna.Trial) -> float:
        params = _suggest(trial, len(X))
        if trial.number == 0:  # exactly the defaults, the automatic leaf size included
            params = {}
        evidence = _evidence(X, labels, {**base, "lightgbm": params})
        p = evidence.predictions[BoostedTrees.name]
        loss = (levelled(evidence, p, random_state) - evidence.y) ** 2
        if not halves:
            halves.append(_half(evidence.customer, random_state))
            customers.append(evidence.customer)
        losses[trial.number] = loss
        searched = float(loss[halves[0]].mean())
        rows.append({"number": trial.number, "loss": searched, "default": not params, **params})
        if progress is not None:
            progress(f"trial {trial.number + 1} of {n_trials}: levelled Brier {searched:.5f}")
        return searched

    study = library.create_study(sampler=library.samplers.TPESampler(seed=random_state))
    study.enqueue_trial(_defaults(len(X)))
    study.optimize(objective, n_trials=n_trials)
    trials = pd.DataFrame(rows)
    best = int(trials["loss"].to_numpy().argmin())
    if best == 0:
        return Tuning({}, False, trials, Message("tuning.none_better", n=n_trials))
    unseen = ~halves[0]
    pair = pd.DataFrame({"defaults": losses[0][unseen], "tuned": losses[best][unseen]})
    draws = {"n_bootstrap": n_bootstrap, "random_state": random_state}
    intervals = paired_intervals(pair, customers[0][unseen], "defaults", **draws)
    better, ended = _compared(pair, intervals.loc["tuned"].to_dict(), n_trials)
    if not better:
        return Tuning({}, False, trials, Message.of_all([ended, Message("tuning.kept")]))
    kept = trials.iloc[best].drop(["number", "loss", "default"])
    whole = {"num_leaves", "min_child_samples", "n_estimators"}
    params = {str(k): int(v) if k in whole else float(v) for k, v in kept.items()}
    return Tuning(params, True, trials, ended)


def _compared(
    pair: pd.DataFrame, interval: Mapping[Any, Any], n_trials: int
) -> tuple[bool, Message]:
    """Say whether the best trial beats the defaults on customers whom no trial was chosen on."""
    better = bool(interval["high"] < 0.0)
    alike = Message("tuning.alike") if interval["low"] <= 0 else Message("tuning.worse")
    ended = Message(
        "tuning.best",
        n=n_trials,
        result=Message("tuning.better") if better else alike,
        brier=pair["tuned"].mean(),
        defaults=pair["defaults"].mean(),
        low=interval["low"],
        high=interval["high"],
    )
    return better, ended


def as_yaml(params: Mapping[str, float]) -> str:
    """Return the lines to put into a job to keep parameters.

    Examples
    --------
    >>> print(as_yaml({"num_leaves": 7, "reg_lambda": 3.0}))
    churn:
      lightgbm: {num_leaves: 7, reg_lambda: 3}
    """
    inner = ", ".join(f"{name}: {value:g}" for name, value in params.items())
    return f"churn:\n  lightgbm: {{{inner}}}"


def _optuna() -> Any:
    try:
        import optuna  # noqa: PLC0415  # an extra that only this needs
    except ImportError as error:
        raise UsageError(
            "a search for parameters needs Optuna",
            where="churn.tune",
            hint='pip install "winback[tune]"',
        ) from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def _evidence(X: pd.DataFrame, y: npt.NDArray[np.int64], settings: dict[str, Any]) -> Evidence:
    evidence = gather([BoostedTrees.name], X, y, settings)
    if BoostedTrees.name not in evidence.predictions:
        why = evidence.failed.get(BoostedTrees.name, Message("few.of_one_kind"))
        raise NotEnoughDataError(Message("tuning.impossible"), got=why)
    return evidence


def _half(customer: npt.NDArray[np.int64], random_state: int) -> npt.NDArray[np.bool_]:
    """Mark the rows of half of the customers, all rows of a customer alike."""
    order = np.random.default_rng([random_state, 1]).permutation(int(customer.max()) + 1)
    return np.asarray(order[customer] % 2 == 0)


def _suggest(trial: optuna.Trial, rows: int) -> dict[str, float]:
    """Suggest parameters within bounds that keep trees small."""
    largest = max(40, min(1000, rows // 20))
    drawn: dict[str, float] = {
        "num_leaves": trial.suggest_int("num_leaves", 3, 63, log=True),
        "min_child_samples": trial.suggest_int("min_child_samples", 10, largest, log=True),
        "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.2, log=True),
        "n_estimators": trial.suggest_int("n_estimators", 50, 600, log=True),
        "subsample": trial.suggest_float("subsample", 0.4, 1.0),
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.2, 1.0),
        "reg_lambda": trial.suggest_float("reg_lambda", 0.1, 100.0, log=True),
    }
    return {
        name: value if isinstance(value, int) else float(f"{value:.{DIGITS}g}")
        for name, value in drawn.items()
    }


def _defaults(rows: int) -> dict[str, float]:
    largest = max(40, min(1000, rows // 20))
    return {**TUNABLE, "min_child_samples": min(smallest_leaf(rows), largest)}
