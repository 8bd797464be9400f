"""What customers do and will do together: purchases by day, and the value of cohorts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd

from winback.files import read_record
from winback.messages import Message, as_records
from winback.plain import DIGITS, records

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from winback.config import Job
    from winback.estimators.value.customer_value import CustomerValueModel
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables

TRACKING = "tracking.json"
LEVEL = 0.8


def aggregates(
    job: Job,
    tables: JobTables,
    results: Results,
    reporter: Reporter,
    value: CustomerValueModel,
    features: ir.Table,
) -> None:
    """Stage `tracking.json`, once `scores.parquet` is there.

    Parameters
    ----------
    value
        The value champion.
    features
        What the scores were made of, in the engine.
    """
    from winback.evaluation.cohorts import cohort_values

    scores = tables.engine.read_parquet(results.staged("scores.parquet"))
    with reporter.step(Message("doing.add_up")):
        note, past = _past(job, tables, value)
        content = {
            "as_of": job.as_of.isoformat(),
            "level": LEVEL,
            "note": note,
            "past": records(past, DIGITS),
            "forecast": records(_forecast(job, value, scores, features), DIGITS),
            "cohorts": records(cohort_values(scores), DIGITS),
        }
    kept = as_records(content)
    text = json.dumps(kept, indent=None, ensure_ascii=False, default=str, allow_nan=False)
    results.staged(TRACKING).write_text(text + "\n", encoding="utf-8")


def read_tracking(job: Job, results: Results) -> pd.DataFrame | None:
    """Return purchases by day, actual and expected, as `aggregates` left them; None without."""
    content = read_record(results.find(TRACKING))
    if content.get("as_of") != job.as_of.isoformat() or not content.get("past"):
        return None
    return pd.DataFrame(content["past"])


def _past(job: Job, tables: JobTables, value: CustomerValueModel) -> tuple[Message, pd.DataFrame]:
    """Compare the past with what a model of the champion's kind, fitted earlier, expected."""
    from winback.errors import ModelError, NotEnoughDataError
    from winback.evaluation.purchase_tracking import track

    horizon_days = job.value.horizon_days
    window, note = tables.past.last_window(horizon_days)
    if window is None:
        return note, pd.DataFrame()
    try:
        return note, track(tables.past, window, value.purchase_model, level=LEVEL)
    except (ModelError, NotEnoughDataError) as error:
        return Message.of_error(error), pd.DataFrame()


def _forecast(
    job: Job, value: CustomerValueModel, scores: ir.Table, features: ir.Table
) -> pd.DataFrame:
    """Add up what is expected of today's customers, by day, within the value horizon."""
    from winback.estimators.purchase.expected_tracking import expected_tracking
    from winback.estimators.value.level_range import LevelRange, with_level_error

    model = value.purchase_model_
    table = scores if set(model.columns) <= set(scores.columns) else features
    histories = table.group_by(list(model.columns)).aggregate(weight=table.count())
    ordered = histories.order_by(list(model.columns))  # sums to the last bit
    days = job.value.horizon_days
    out = expected_tracking(model, ordered.to_pyarrow().to_pandas(), days, level=LEVEL)
    counted = out.columns.drop("day")
    level = LevelRange(*value.level)
    out[counted] *= level.purchase_factor
    out = with_level_error(out, level.of_purchases, LEVEL)
    dates = pd.Timestamp(job.as_of) + pd.to_timedelta(out["day"], unit="D")
    return out.assign(day=dates.dt.date)
