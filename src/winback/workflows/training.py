"""What the registry is told while a training goes on: a run, a nested run a model, a version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pandas as pd

from winback.plain import records
from winback.roles import ROLES
from winback.workflows.evaluate import RECORDS, Evaluation
from winback.workflows.fit_tiers import RECORD
from winback.workflows.report_models import CHOICE, CONTEST, rows_of

if TYPE_CHECKING:
    from winback.estimators.tiers.value_tiers import ValueTiers
    from winback.registry.aliases import ModelVersionRef
    from winback.registry.run_log import Run
    from winback.registry.runs import ModelRun, TrainingRun
    from winback.workflows.fitting import Fitted
    from winback.workflows.tables import JobTables
    from winback.workflows.tracking import Tracking

TARGETS = {"value": ("purchases", "revenue"), "churn": ("churn",), "tiers": ()}
"""Of each model, what it was judged on."""


@dataclass(frozen=True)
class Training:
    """A training as the registry sees it; `train` calls it back with each model that is fitted.

    Attributes
    ----------
    run
        The training's run.
    tables
        What the models learn from.
    counts
        The counts of the intake.
    """

    run: TrainingRun
    tables: JobTables
    counts: Mapping[str, Any] = field(repr=False)

    @property
    def reused(self) -> bool:
        """Whether it was finished before, and there is nothing to fit."""
        return self.run.reused

    @property
    def versions(self) -> dict[str, ModelVersionRef]:
        """The registered version of each model, as far as there is one."""
        return {role: self.run.versions[role] for role in ROLES if role in self.run.versions}

    def fitted(
        self,
        role: str,
        fitted: Fitted,
        evaluation: Evaluation,
        judged: Mapping[str, Any] | None = None,
    ) -> None:
        """Log one fitted model and register it; its version comes last, and marks it complete.

        Parameters
        ----------
        role
            `value`, `churn` or `tiers`.
        fitted
            The model, and what there is to say about it.
        evaluation
            What the held-out past says.
        judged
            Of tiers, how they were judged; see `winback.workflows.fit_tiers.judge_tiers`.
        """
        with self.run.model(role) as run:
            for file, table in fitted.tables.items():
                run.log_text(table.to_csv(index=False), file)
            if fitted.trials is not None:
                _log_trials(run, fitted.trials)
            if judged is not None:
                _log_tiers(run, fitted.estimator, judged)
            run.log_params({**fitted.estimator.get_params(deep=False), "choice": fitted.name})
            run.log_metrics(fitted.metrics)
            choice = _choice(fitted)
            run.log_dict(
                choice or {"chosen": fitted.name, "reasons": fitted.reasons.clauses}, CHOICE
            )
            self._log_data(run)
            _log_evaluation(run, evaluation, role, fitted.name)
            card = _card(fitted, choice)
            run.register(fitted.estimator, fitted.recipe, caveats=fitted.caveats, card=card)

    def describe(self) -> None:
        """Log what goes in: every setting as written, and the data's counts."""
        shown = self.tables.settings.shown
        self.run.log_params({"config": shown})
        self.run.log_dict(shown, "config.yaml")
        self._log_data(self.run)

    def _log_data(self, run: Run) -> None:
        """Log the data sets as inputs: name, digest and counts, no row."""
        sources = self.tables.settings.shown["data"]
        read = self.tables.transactions
        run.log_dataset(
            "transactions",
            fingerprint=read.fingerprint,
            source=str(sources["transactions"]["source"]),
            profile={k: self.counts[k] for k in ("accepted", "customers", "first_day", "last_day")},
            columns={name: str(kind) for name, kind in read.table.schema().items()},
        )
        events = self.tables.events
        if events is not None:
            run.log_dataset(
                "events",
                fingerprint=self.tables.events_fingerprint,
                source=str(sources["events"]["source"]),
                profile={},
                columns={name: str(kind) for name, kind in events.schema().items()},
            )


@contextmanager
def training(
    tracking: Tracking, tables: JobTables, counts: Any, *, force: bool
) -> Iterator[Training]:
    """Open the run of a training; the aliases `challenger` move at its end."""
    from winback.registry.runs import training_run

    settings = tables.settings
    tags = {
        "winback.as_of": settings.job.as_of.isoformat(),
        "winback.config_hash": settings.config_hash,
        "winback.data_fingerprint": tables.transactions.fingerprint,
        "winback.package_version": version("winback"),
    }
    name, key = settings.job.name, tables.training_key
    with training_run(tracking.store, name, key, tags=tags, force=force) as run:
        opened = Training(run, tables, counts)
        if not run.reused:
            opened.describe()
        yield opened


def _log_trials(run: ModelRun, trials: pd.DataFrame) -> None:
    """Keep each trial of a search beside the model."""
    run.log_text(trials.to_csv(index=False), "trials.csv")
    for trial in records(trials):
        number, loss = trial.pop("number"), trial.pop("loss")
        tried = {name: value for name, value in trial.items() if value is not None}
        run.log_trial(f"trial-{number:03}", tried, {"levelled_brier": loss})


def _log_tiers(run: Run, tiers: ValueTiers, judged: Mapping[str, Any]) -> None:
    """Log the profile, the choice of their number, and what the held-out past says."""
    run.log_text(tiers.profile_.to_csv(), "profile.csv")
    if tiers.selection_ is not None:
        run.log_text(tiers.selection_.to_csv(), "selection.csv")
    run.log_dict(judged, RECORD)
    held_out = judged["held_out"]
    if held_out is None:
        return
    test = held_out["differentiation"]
    figures = {name: test[name] for name in ("epsilon_squared", "p")}
    for row in held_out["tiers"]:
        figures |= {f"{row['tier']}/{k}": v for k, v in row.items() if k != "tier"}
    run.log_metrics(figures, split="held_out")


def _log_evaluation(run: Run, evaluation: Evaluation, role: str, name: str) -> None:
    """Log the metrics of every model of a role, and the figures.

    Those of the registered model, called `name`, stand under the target alone.
    """
    from winback.reports.gallery import quality_figures
    from winback.reports.quality import quality

    targets = TARGETS[role]
    judged = [record for record in evaluation.records if record["target"] in targets]
    figures: dict[str, float | None] = {}  # in one go: each call waits for the store
    for record in judged:
        numbers = {k: v for k, v in record.items() if type(v) in {float, int}}
        target = record["target"]
        figures |= {f"{target}/{record['model']}/{k}": v for k, v in numbers.items()}
        if record["model"] == name:
            figures |= {f"{target}/{k}": v for k, v in numbers.items()}
    run.log_metrics(figures)
    content: dict[str, Any] = {"records": judged, "notes": evaluation.notes}
    churn: dict[str, Any] = {}
    if role == "churn":
        churn = {"groups": evaluation.groups, "profit": evaluation.profit}
        content |= churn
        for file, rows in (("churn_groups.csv", "groups"), ("profit.csv", "profit")):
            if churn[rows]:
                run.log_text(pd.DataFrame(churn[rows]).to_csv(index=False), file)
    run.log_dict(content, RECORDS)
    if judged and evaluation.predictions is not None:
        mine = evaluation.predictions[evaluation.predictions["target"].isin(targets)]
        for chart, figure in quality_figures(quality(judged, mine, **churn)).items():
            run.log_figure(figure, f"figures/{chart}.html")


def _choice(fitted: Fitted) -> dict[str, Any] | None:
    """Return what a contest of value models chose, if there was one."""
    from winback.reports.value_choice import choice

    contest = fitted.tables.get(CONTEST)
    if contest is None or "target" not in contest:
        return None
    return choice(fitted.name, fitted.reasons, rows_of(contest))


def _card(fitted: Fitted, choice: Mapping[str, Any] | None) -> str:
    """Write what whoever looks the version up should know: choice, runners-up, reasons."""
    from winback.messages import Words
    from winback.reports.value_choice import card_text

    caveats = [caveat for caveat in fitted.caveats if caveat != fitted.reasons]
    return card_text(choice, fitted.reasons, caveats, Words())
