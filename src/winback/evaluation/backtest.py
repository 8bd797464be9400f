"""Backtests: every model at past dates, beside its baselines and what then happened.

Each split trains on what was known at its `as_of` and predicts up to `until`. Which model would
have been `chosen` is decided before the outcome is looked at, and from data up to `as_of` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from winback.errors import DataError, NotEnoughDataError, Sentence
from winback.evaluation.baseline_instead import Instead
from winback.evaluation.bootstrap import (
    CHURN_BOOTSTRAPPED,
    MAX_CUSTOMERS,
    VALUE_BOOTSTRAPPED,
    bootstrap,
)
from winback.evaluation.churn_forward import ChurnSettings
from winback.evaluation.churn_judged import CHURN_RECIPE, apart, churn_test
from winback.evaluation.forward import (
    INTERVAL_COLUMNS,
    ForwardTest,
    Recipe,
    value_forward,
)
from winback.evaluation.metrics import POWERS, churn_metrics, value_metrics
from winback.evaluation.past import Past
from winback.evaluation.value_candidates import SIMPLE, VALUE_CANDIDATES
from winback.evaluation.value_judged import (
    interval_record,
    levelled,
    total_record,
    value_choices,
)
from winback.evaluation.windows import Window
from winback.messages import Message
from winback.plain import plain

RELATIVE = frozenset({"mae", "rmse", "wape", "brier", "log_loss", "ece", *POWERS, "decile_error"})
TARGETS = ("purchases", "revenue", "churn")
PREDICTION_COLUMNS = (
    "split",
    "target",
    "model",
    "customer_id",
    "predicted",
    *INTERVAL_COLUMNS,
    "actual",
)


@dataclass(frozen=True)
class BacktestResult:
    """What a backtest found.

    Parameters
    ----------
    records : list of dict
        One flat record per split, target and model, plain but for messages: ``split``
        (AS_OF/UNTIL), ``target`` (purchases, revenue, churn), ``model``, ``chosen`` (exactly one
        true per split and target), ``n``, ``horizon_days``, every metric of
        `winback.evaluation.metrics`, the main ones with ``METRIC_low`` and ``METRIC_high`` (95%
        customer bootstrap, of a sample of `MAX_CUSTOMERS` where there are more, scaled to
        everybody), and with ``METRIC_worse`` and its ``_low`` and ``_high``: by how much the model
        loses more than the chosen one (errors as a share of the chosen one's, paired bootstrap;
        above 0 the chosen is better), for intervals ``coverage_80`` and the like, ``reason`` (a
        message why it was chosen, or None) and ``caveat`` (one of what is degenerate in its fit, or
        None). What is undefined is None. `run_backtest` also says of the chosen value model
        ``actual_total``, ``predicted_total``, ``total_low_80`` and the like, and
        ``unlevelled_coverage_80`` and the like: of intervals if the level were known.
    predictions : DataFrame
        One row per split, target, model and customer: ``split, target, model, customer_id,
        predicted, low_80, high_80, low_90, high_90, actual``; bounds are NaN where a model has
        none. Intervals are simulated for the chosen model and the simple rules, with the level
        that the known past shows.
    groups : list of dict
        Churn by kinds of customers (one order and repeat, numbers of orders, tiers where given),
        of every model: see `winback.evaluation.churn_groups.group_records`.
    profit : list of dict
        What contacting the riskiest would have earned, by depth and model: see
        `winback.evaluation.churn_groups.profit_records`.
    """

    records: list[dict[str, Any]]
    predictions: pd.DataFrame
    groups: list[dict[str, Any]] = field(default_factory=list)
    profit: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class BacktestSettings:
    """How a split is judged.

    Parameters
    ----------
    churn : ChurnSettings
        Churn is about customers who bought at most ``active_within_days`` before `as_of`; None:
        everybody. Purchases and revenue are about every customer with a purchase day by `as_of`.
    churn_recipe : recipe
        Of the `ChurnModel` to judge, its economics included.
    purchase_model : str, optional
        The name in `VALUE_CANDIDATES` that a job chooses for purchases and revenue; None: the
        contest chooses.
    busy_days : sequence of str
        Periods in which more is bought, or less: see `winback.evaluation.busy`.
    instead : mapping of str to Instead
        Of ``value`` and ``churn``, the baseline that is used instead of the contest's choice.
    n_replicates : int
        Of the bootstrap.
    random_state : int
    """

    churn: ChurnSettings = field(default_factory=ChurnSettings)
    churn_recipe: Recipe = field(default_factory=lambda: CHURN_RECIPE)
    purchase_model: str | None = None
    busy_days: Sequence[str] = ()
    instead: Mapping[str, Instead] = field(default_factory=dict)
    n_replicates: int = 200
    random_state: int = 0


def run_backtest(
    past: Past,
    splits: Sequence[tuple[date, date]],
    settings: BacktestSettings | None = None,
    *,
    known_until: date | None = None,
    progress: Callable[[str], None] | None = None,
) -> BacktestResult:
    """Train at each split's `as_of`, and compare with what happened until its `until`.

    Parameters
    ----------
    past : Past
        All of the history, the windows included.
    splits : sequence of (as_of, until)
        The horizon is ``until - as_of`` days for purchases and revenue; churn is judged on
        ``(as_of + gap_days, until]``.
    settings : BacktestSettings, optional
    known_until : date, optional
        The last day that the data cover; on the days before it without a purchase, nothing was
        bought. None: the day of the last purchase, since nothing shows that the data go on.
    progress : callable, optional
        Told what is being done, one line each.

    Returns
    -------
    BacktestResult

    Raises
    ------
    ModelError
        If no candidate is called as the purchase model of the settings.
    DataError
        If a split is empty, given twice, or ends after the data do; the message names the last
        day.
    NotEnoughDataError
        If nobody has bought by a split's `as_of`.
    """
    windows = [Window(as_of, until) for as_of, until in splits]
    _check_splits(past, windows, known_until)
    results = [
        judge(past, window, settings, with_totals=True, progress=progress) for window in windows
    ]
    return BacktestResult(
        [record for result in results for record in result.records],
        pd.concat([result.predictions for result in results], ignore_index=True),
        [record for result in results for record in result.groups],
        [record for result in results for record in result.profit],
    )


def judge(
    past: Past,
    window: Window,
    settings: BacktestSettings | None = None,
    *,
    targets: Sequence[str] = TARGETS,
    tiers: pd.Series[str] | None = None,
    with_totals: bool = False,
    progress: Callable[[str], None] | None = None,
) -> BacktestResult:
    """Do one split of `run_backtest`; the other parameters are as there.

    Parameters
    ----------
    past : Past
        All of the history; a window may end after the last purchase (nobody bought since).
    window : Window
    targets : sequence of str
        Some of `TARGETS`; without amounts there is no revenue.
    tiers : Series of str, optional
        Each customer's tier as known at the window's `as_of`, indexed by customer, for `groups`.
    with_totals : bool
        Also judge the chosen model's total, and its intervals without the level.

    Raises
    ------
    NotEnoughDataError
        If nobody has bought by the window's `as_of`.
    """
    settings, tell = settings or BacktestSettings(), progress or (lambda _: None)
    draws = {"n_replicates": settings.n_replicates, "random_state": settings.random_state}
    tests: dict[str, ForwardTest] = {}
    chosen: dict[str, tuple[str, Message]] = {}
    if set(targets) - {"churn"}:
        value_tests, chosen = _value_tests(
            past, window, settings, with_totals=with_totals, tell=tell
        )
        tests |= {target: test for target, test in value_tests.items() if target in targets}
    population = pd.DataFrame()
    if "churn" in targets:
        tell(f"{window}: fitting churn models")
        tests["churn"], chosen["churn"], population = churn_test(
            past,
            Window(window.as_of, window.until, settings.churn.gap_days),
            settings.churn_recipe,
            settings.churn,
            settings.random_state,
        )
        if used := settings.instead.get("churn"):
            chosen["churn"] = (used.name, used.message)
    tell(f"{window}: measuring")
    records: list[dict[str, Any]] = []
    for target, test in tests.items():
        name, reason = _surviving(test, *chosen[target])
        records += _records(test, window, chosen=name, reason=reason, **draws)
    frames = [_frame(test, window) for test in tests.values()]
    groups: list[dict[str, Any]] = []
    profit: list[dict[str, Any]] = []
    if len(population):
        name = _surviving(tests["churn"], *chosen["churn"])[0]
        groups, profit = apart(
            tests["churn"],
            window,
            population,
            settings.churn_recipe,
            chosen=name,
            tiers=tiers,
            **draws,
        )
    return BacktestResult(records, pd.concat(frames, ignore_index=True), groups, profit)


def _value_tests(
    past: Past,
    window: Window,
    settings: BacktestSettings,
    *,
    with_totals: bool,
    tell: Callable[[str], None],
) -> tuple[dict[str, ForwardTest], dict[str, tuple[str, Message]]]:
    """Foretell purchases and revenue; return what is chosen of each as well, and why."""
    used = settings.instead.get("value")
    choices = value_choices(
        past.at(window.as_of),
        window.horizon_days,
        settings.purchase_model if used is None else used.name,
        random_state=settings.random_state,
        busy_days=settings.busy_days,
        progress=tell,
    )
    tell(f"{window}: fitting value models, simulating intervals")
    main = choices["revenue" if "revenue" in choices else "purchases"]
    names = [choice.name for choice in choices.values()]
    tests = value_forward(
        past,
        levelled(VALUE_CANDIDATES, main.level, set(names)),
        window,
        random_state=settings.random_state,
        with_intervals={*SIMPLE, *names},
        with_totals=names if with_totals else (),
    )
    if not len(tests["purchases"].actual):
        raise NotEnoughDataError("nobody has bought by the split's as_of", got=str(window))
    chosen = {}
    for target, choice in choices.items():
        # a job has one value model, at one level: that of the choice for revenue
        level = main.level.message
        if choice is not main:
            level = Message("level.of_revenue", said=level)
        reason = choice.reasons if used is None else used.message
        chosen[target] = (choice.name, Message.of_all([reason, level]))
    return tests, chosen


def _check_splits(past: Past, windows: Sequence[Window], known_until: date | None) -> None:
    if not windows:
        raise DataError("a backtest needs at least one split", allowed="{as_of: …, until: …}")
    if len(set(windows)) < len(windows):
        raise DataError("a split is given twice", got=", ".join(map(str, windows)))
    bought: date | None = past.transactions.table.booked_on.max().to_pyarrow().as_py()
    last = max(filter(None, [bought, known_until]), default=None)
    for window in windows:
        if last is None or window.until > last:
            raise DataError(
                "a split ends after the data",
                where=Sentence("split {window}", window=window),
                got=window.until,
                allowed="nothing" if last is None else Sentence("at most {last}", last=last),
                hint="give a split that ends by the last day of the data",
            )


def _surviving(test: ForwardTest, name: str, reason: Message) -> tuple[str, Message]:
    """Return the choice, or the last model that could be fitted if the chosen could not."""
    if name in test.predictions:
        return name, reason
    usable = [m for m in test.predictions if m != "zero"] or list(test.predictions)
    why = test.failed.get(name)
    return usable[-1], Message("contest.instead", model=usable[-1], failed=name, why=why)


def _records(
    test: ForwardTest,
    window: Window,
    *,
    chosen: str,
    reason: Message,
    n_replicates: int,
    random_state: int,
) -> list[dict[str, Any]]:
    churn = test.target == "churn"
    main = CHURN_BOOTSTRAPPED if churn else VALUE_BOOTSTRAPPED
    resampled = test.at_most(MAX_CUSTOMERS, random_state)
    sampled = bootstrap(
        resampled.actual,
        resampled.predicted(),
        main,
        n_replicates=n_replicates,
        random_state=random_state,
    )
    shrink = np.sqrt(len(resampled.actual) / max(len(test.actual), 1))
    records = []
    for model, values in test.predicted().items():
        record: dict[str, Any] = {
            "split": str(window),
            "target": test.target,
            "model": model,
            "chosen": model == chosen,
            "n": len(values),
            "horizon_days": test.window.horizon_days,
        }
        record |= (churn_metrics if churn else value_metrics)(test.actual, values)
        for metric in main:
            # errors of a metric shrink with the root of the number of customers
            low, high = np.array(sampled.interval(model, metric)) - sampled.point[model, metric]
            record[f"{metric}_low"] = record[metric] + shrink * low
            record[f"{metric}_high"] = record[metric] + shrink * high
            # against the chosen model: the shares of its loss by which this one is worse
            d = sampled.difference(model, chosen, metric)
            unit = abs(d.other_value) if metric in RELATIVE and d.other_value else 1.0
            record[f"{metric}_worse"] = d.estimate / unit
            for end, value in (("low", d.low), ("high", d.high)):
                record[f"{metric}_worse_{end}"] = (
                    d.estimate + shrink * (value - d.estimate)
                ) / unit
        record |= interval_record(test, test.predictions[model], values)
        if model == chosen and model in test.totals:
            record |= total_record(test, model)
        record["reason"] = reason if model == chosen else None
        record["caveat"] = test.caveats.get(model)
        records.append(plain(record))
    return records


def _frame(test: ForwardTest, window: Window) -> pd.DataFrame:
    parts = []
    for model, frame in test.predictions.items():
        part = frame.reindex(columns=["predicted", *INTERVAL_COLUMNS]).astype(float)
        part.insert(0, "split", str(window))
        part.insert(1, "target", test.target)
        part.insert(2, "model", model)
        part.insert(3, "customer_id", test.customers.to_numpy())
        part["actual"] = test.actual
        parts.append(part)
    return pd.concat(parts, ignore_index=True)[list(PREDICTION_COLUMNS)]
