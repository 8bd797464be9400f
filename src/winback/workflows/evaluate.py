"""How good the models are: recipes refitted on a held-out past, beside their baselines."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from winback.files import read_record
from winback.messages import Message, as_records

if TYPE_CHECKING:
    from winback.config import Job
    from winback.evaluation.backtest import BacktestResult, BacktestSettings
    from winback.evaluation.baseline_instead import Instead
    from winback.evaluation.churn_forward import ChurnSettings
    from winback.evaluation.contest import Choice
    from winback.evaluation.forward import Recipe
    from winback.evaluation.past import Past
    from winback.evaluation.windows import Window
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables

# what `value.purchase_model` stands for, purchases and spend together
CANDIDATES = {
    "beta_geo": "beta_geo+gamma_gamma",
    "modified_beta_geo": "modified_beta_geo+gamma_gamma",
    "pareto_nbd": "pareto_nbd+gamma_gamma",
    "regular_beta_geo": "regular_beta_geo+gamma_gamma_all",
    "rate": "rate+own_mean",
}
NAMED = 3  # more models than these are counted, not named
RECORDS, PREDICTIONS = "evaluation.json", "evaluation.parquet"


@dataclass(frozen=True)
class Evaluation:
    """What the held-out past says.

    Attributes
    ----------
    records
        One flat record per target and model; see `winback.evaluation.backtest`.
    predictions
        One row per target, model and customer; it stays in the output folder.
    notes
        What was judged on which days, a message a kind of model.
    groups
        Churn by kinds of customers; see `winback.evaluation.churn_groups.group_records`.
    profit
        What contacting by churn score would have earned; see `profit_records` there.
    """

    records: list[dict[str, Any]] = field(default_factory=list)
    predictions: pd.DataFrame | None = None
    notes: list[Message] = field(default_factory=list)
    groups: list[dict[str, Any]] = field(default_factory=list)
    profit: list[dict[str, Any]] = field(default_factory=list)

    @property
    def caveats(self) -> list[Message]:
        """What is degenerate in a fit on the past, and about whom the churn score knows little."""
        about: dict[Message, dict[str, None]] = {}  # one fit may stand behind many candidates
        for record in self.records:
            if record.get("caveat"):
                about.setdefault(record["caveat"], {})[record["model"]] = None
        said = [
            Message("about", models=list(models), said=why)
            if len(models) <= NAMED
            else Message("about.many", n=len(models), said=why)
            for why, models in about.items()
        ]
        return sorted(said, key=str) + [
            group["note"]
            for group in self.groups
            if group["grouping"] == "repeat" and group["note"]
        ]

    @classmethod
    def of(cls, content: Mapping[str, Any], predictions: pd.DataFrame | None = None) -> Evaluation:
        """Return what `evaluation.json` holds; English of earlier versions stays as it is."""
        records = [_read_back(row, "reason", "caveat") for row in content.get("records") or []]
        groups = [_read_back(row, "note") for row in content.get("groups") or []]
        notes = [Message.of(note) for note in content.get("notes") or []]
        return cls(records, predictions, notes, groups, content.get("profit") or [])


def _read_back(row: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return a row with the messages under these names read back."""
    return {**row, **{name: Message.of(row[name]) for name in names if row.get(name)}}


def evaluate(
    job: Job,
    tables: JobTables,
    results: Results,
    reporter: Reporter,
    instead: Callable[[str], Instead | None] = lambda _: None,
) -> Evaluation:
    """Judge every candidate on the last days that are known, and stage what was found.

    The horizon is the model's own, or half of the history where that is shorter. `instead` is
    asked, by role, which baseline takes the place of the contest's choice; it is the chosen then.
    """
    from winback.evaluation.backtest import judge

    past = tables.past
    if read_record(results.find(RECORDS)).get("training_key") == tables.training_key:
        return read(job, results)
    kinds = {
        ("purchases", "revenue"): (job.value.horizon_days, 0),
        ("churn",): (tables.churn_horizon_days, job.churn.gap_days),
    }
    judged: list[BacktestResult] = []
    notes: list[Message] = []
    for targets, (horizon_days, gap_days) in kinds.items():
        window, note = past.last_window(horizon_days, gap_days)
        notes.append(Message("window.of", targets=targets, said=note))
        if window is None:
            reporter.warn(Message("log.not_evaluated", target=targets[-1], said=note))
            continue
        role, settings = "churn" if "churn" in targets else "value", backtest_settings(job)
        tiers = _tiers_then(job, tables, window) if role == "churn" else None
        with reporter.step(Message("doing.judge_on", targets=targets, window=str(window))):
            result = judge(past, window, settings, targets=targets, tiers=tiers)
            if baseline := instead(role):  # all is fitted by now, and marked anew
                settings = replace(settings, instead={role: baseline})
                result = judge(past, window, settings, targets=targets, tiers=tiers)
            judged.append(result)
    records = [record for result in judged for record in result.records]
    frames = [result.predictions for result in judged]
    predictions = pd.concat(frames, ignore_index=True) if frames else None
    groups = [group for result in judged for group in result.groups]
    profit = [point for result in judged for point in result.profit]
    evaluation = Evaluation(records, predictions, notes, groups, profit)
    for caveat in evaluation.caveats:
        reporter.warn(caveat)
    _stage(job, tables, results, evaluation)
    return evaluation


def read(job: Job, results: Results) -> Evaluation:
    """Return the evaluation that an earlier command left, or an empty one."""
    content = read_record(results.find(RECORDS))
    if content.get("as_of") != job.as_of.isoformat():
        return Evaluation()
    # predictions stand apart; those of another evaluation are not read
    predictions = results.find(PREDICTIONS) if content["records"] else None
    frame = None if predictions is None else pd.read_parquet(predictions)
    return Evaluation.of(content, frame)


def named_candidate(job: Job) -> str | None:
    """Return the value candidate that the job names; None: a contest chooses."""
    return CANDIDATES.get(job.value.purchase_model)


def churn_recipe(job: Job) -> Recipe:
    """Return how the job wants its churn model made, the economics of a warning included."""
    warning = job.lists.churn_warning
    economics = {
        "margin": job.margin,
        "save_rate": warning.save_rate,
        "contact_cost": warning.contact_cost or 0.0,
        "offer_cost": warning.offer_cost or 0.0,
    }
    params: dict[str, Any] = {
        "contest": {"calibration": job.churn.calibration, "economics": economics}
    }
    if job.churn.lightgbm.given:
        params["lightgbm"] = job.churn.lightgbm.given
    return {"estimator": "ChurnModel", "params": params}


def _tiers_then(job: Job, tables: JobTables, window: Window) -> pd.Series[str] | None:
    """Return each customer's value tier as it would have been cut at the window's `as_of`.

    By the rule of thumb for value (rate so far, own mean), which needs no contest.
    """
    from winback.errors import ModelError, NotEnoughDataError
    from winback.estimators.base.artifact import make
    from winback.estimators.tiers.value_tiers import ValueTiers
    from winback.evaluation.forward import without_spend
    from winback.evaluation.value_candidates import VALUE_CANDIDATES

    past = tables.past.at(window.as_of)
    recipe = VALUE_CANDIDATES[CANDIDATES["rate"]]
    frame = past.frame(window.horizon_days)
    try:
        value = make(recipe if past.has_amounts else without_spend(recipe)).fit(frame)
        predicted = value.predict(frame, with_interval=False)
        worth = predicted["clv" if past.has_amounts else "expected_purchases"]
        tiers = ValueTiers(**job.tiers.model_dump(), random_state=job.random_state)
        names = tiers.fit(frame.assign(clv=worth)).predict(frame.assign(clv=worth))
    except (ModelError, NotEnoughDataError):
        return None
    return pd.Series(names.to_numpy(), index=frame["customer_id"].to_numpy())


def churn_settings(job: Job) -> ChurnSettings:
    """Return whom the job asks churn of, and the snapshots it is learned from."""
    from winback.evaluation.churn_forward import ChurnSettings, SnapshotSettings

    churn = job.churn
    wanted = churn.snapshots
    snapshots = SnapshotSettings(wanted.count, wanted.every_days, wanted.min_history_days)
    return ChurnSettings(churn.active_within_days, churn.gap_days, snapshots)


def backtest_settings(job: Job) -> BacktestSettings:
    """Return how the job wants its models judged."""
    from winback.evaluation.backtest import BacktestSettings

    return BacktestSettings(
        churn=churn_settings(job),
        churn_recipe=churn_recipe(job),
        purchase_model=named_candidate(job),
        busy_days=tuple(job.value.busy_days),
        random_state=job.random_state,
    )


def chosen_value(job: Job, past: Past, horizon_days: int) -> Choice:
    """Return the value model that the contest, or the job, chooses: one for all targets."""
    choices = value_choices_of(job, past, horizon_days)
    return choices["revenue" if past.has_amounts else "purchases"]


def value_choices_of(
    job: Job, past: Past, horizon_days: int, instead: Instead | None = None
) -> dict[str, Choice]:
    """Return the same by target; or the baseline that is used instead, at its own level."""
    from winback.evaluation.value_judged import value_choices

    return value_choices(
        past,
        horizon_days,
        named_candidate(job) if instead is None else instead.name,
        random_state=job.random_state,
        busy_days=tuple(job.value.busy_days),
    )


def _stage(job: Job, tables: JobTables, results: Results, evaluation: Evaluation) -> None:
    content = {
        "as_of": job.as_of.isoformat(),
        "training_key": tables.training_key,
        "notes": evaluation.notes,
        "records": evaluation.records,
        "groups": evaluation.groups,
        "profit": evaluation.profit,
    }
    text = json.dumps(as_records(content), indent=1, ensure_ascii=False)
    results.staged(RECORDS).write_text(text + "\n", encoding="utf-8")
    if evaluation.predictions is not None:
        evaluation.predictions.to_parquet(results.staged(PREDICTIONS), index=False)
    else:
        results.drop(PREDICTIONS)  # those of an earlier evaluation
