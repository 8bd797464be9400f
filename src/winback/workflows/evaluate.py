"""How good the models are: recipes refitted on a held-out past, beside their baselines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from winback.workflows.session import Session, read_record

if TYPE_CHECKING:
    from winback.evaluation.backtest import BacktestResult
    from winback.evaluation.churn_forward import SnapshotSettings
    from winback.registry.run_log import Run

# what `value.purchase_model` stands for, purchases and spend together
CANDIDATES = {"beta_geo": "beta_geo+gamma_gamma", "rate": "rate+own_mean"}
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
        What was judged on which days, one sentence a kind of model.
    """

    records: list[dict[str, Any]] = field(default_factory=list)
    predictions: pd.DataFrame | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def caveats(self) -> list[str]:
        """What is degenerate in a fit on the past, one sentence a model."""
        said = {f"{r['model']}: {r['caveat']}" for r in self.records if r.get("caveat")}
        return sorted(said)

    def log(self, run: Run, targets: Sequence[str], name: str) -> None:
        """Log the metrics of every model of these targets, and the figures, to a run.

        Those of the registered model, called `name`, stand under the target alone.
        """
        from winback.reports.figures import quality_figures
        from winback.reports.quality import quality

        records = [record for record in self.records if record["target"] in targets]
        for record in records:
            numbers = {k: v for k, v in record.items() if type(v) in {float, int}}
            run.log_metrics(numbers, split=f"{record['target']}/{record['model']}")
            if record["model"] == name:
                run.log_metrics(numbers, split=record["target"])
        run.log_dict({"records": records, "notes": self.notes}, RECORDS)
        if records and self.predictions is not None:
            mine = self.predictions[self.predictions["target"].isin(targets)]
            for chart, figure in quality_figures(quality(records, mine)).items():
                run.log_figure(figure, f"figures/{chart}.html")


def evaluate(session: Session) -> Evaluation:
    """Judge every candidate on the last days that are known, and stage what was found.

    The horizon is the model's own, or half of the history where that is shorter.
    """
    from winback.evaluation.backtest import judge
    from winback.evaluation.gate import gate_window
    from winback.evaluation.windows import first_day

    job, transactions = session.job, session.transactions
    if read_record(session.find(RECORDS)).get("training_key") == session.training_key:
        return read(session)
    first = first_day(transactions)
    kinds = {
        ("purchases", "revenue"): (job.value.horizon_days, 0),
        ("churn",): (session.churn_horizon_days, job.churn.gap_days),
    }
    results: list[BacktestResult] = []
    notes: list[str] = []
    for targets, (horizon_days, gap_days) in kinds.items():
        window, note = gate_window(first, job.as_of, horizon_days=horizon_days, gap_days=gap_days)
        notes.append(f"{' and '.join(targets)}: {note}")
        if window is None:
            session.reporter.warn(f"{targets[-1]} is not evaluated: {note}")
            continue
        with session.reporter.step(f"Judging {' and '.join(targets)} on {window}"):
            result = judge(
                transactions,
                window,
                targets=targets,
                purchase_model=named_candidate(session),
                active_within_days=job.churn.active_within_days,
                gap_days=gap_days,
                snapshots=snapshot_settings(session),
                events=session.events,
                random_state=job.random_state,
            )
            results.append(result)
    records = [record for result in results for record in result.records]
    frames = [result.predictions for result in results]
    predictions = pd.concat(frames, ignore_index=True) if frames else None
    evaluation = Evaluation(records, predictions, notes)
    for caveat in evaluation.caveats:
        session.reporter.warn(caveat)
    _stage(session, evaluation)
    return evaluation


def read(session: Session) -> Evaluation:
    """Return the evaluation that an earlier command left, or an empty one."""
    content = read_record(session.find(RECORDS))
    if content.get("as_of") != session.job.as_of.isoformat():
        return Evaluation()
    # predictions stand apart; those of another evaluation are not read
    predictions = session.find(PREDICTIONS) if content["records"] else None
    frame = None if predictions is None else pd.read_parquet(predictions)
    return Evaluation(content["records"], frame, content["notes"])


def named_candidate(session: Session) -> str | None:
    """Return the value candidate that the job names; None: a contest chooses."""
    return CANDIDATES.get(session.job.value.purchase_model)


def snapshot_settings(session: Session) -> SnapshotSettings:
    """Return the churn model's snapshots, as the job wants them."""
    from winback.evaluation.churn_forward import SnapshotSettings

    wanted = session.job.churn.snapshots
    return SnapshotSettings(wanted.count, wanted.every_days, wanted.min_history_days)


def _stage(session: Session, evaluation: Evaluation) -> None:
    content = {
        "as_of": session.job.as_of.isoformat(),
        "training_key": session.training_key,
        "notes": evaluation.notes,
        "records": evaluation.records,
    }
    text = json.dumps(content, indent=1, ensure_ascii=False)
    session.staged(RECORDS).write_text(text + "\n", encoding="utf-8")
    if evaluation.predictions is not None:
        evaluation.predictions.to_parquet(session.staged(PREDICTIONS), index=False)
