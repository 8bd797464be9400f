"""What the report needs of histories: at the split, over a grid, by cohort, and the last lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from winback.config import Job
    from winback.registry.load import LoadedModel
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables
    from winback.workflows.tracking import Tracking

HISTORY = ("frequency", "recency", "T")
LISTS = ("churn_warning", "win_back", "win_back_control")


def past_frequencies(
    tables: JobTables, results: Results, records: Sequence[dict[str, Any]]
) -> Path | None:
    """Count how often customers had bought again by the latest split of purchases."""
    splits = [record["split"] for record in records if record["target"] == "purchases"]
    if not splits:
        return None
    then = tables.past.at(date.fromisoformat(max(splits).partition("/")[0]))
    path = results.stage / "frequencies.parquet"
    then.rfm().select("customer_id", "frequency").to_parquet(path)
    return path


def trained_then(
    job: Job, tables: JobTables, results: Results, tracking: Tracking, champion: LoadedModel
) -> tuple[str, Path] | None:
    """Return the day and the customers that the champion learned from; None if that is today."""
    from winback.registry.artifacts import trained_on

    day = trained_on(tracking.store, champion.run_id)
    if day is None or day >= job.as_of.isoformat():
        return None
    table = tables.past.at(date.fromisoformat(day)).rfm()
    if not table.count().to_pyarrow().as_py():
        return None
    path = results.stage / "trained.parquet"
    table.to_parquet(path)
    return day, path


def draw_matrices(job: Job, scores: Path, champion: LoadedModel) -> dict[str, Any] | None:
    """Ask the champion's purchase model about a grid of histories.

    None where it needs more of a customer than a history.
    """
    from winback.reports.charts.value_matrices import grid, over_grid

    model, days = champion.estimator.purchase_model_, job.value.horizon_days
    laid = grid(scores)
    if laid is None or not {*HISTORY} >= set(model.columns):
        return None
    return {
        **laid,
        "p_alive": over_grid(laid, model.p_alive),
        "expected_purchases": over_grid(laid, lambda rows: model.expected_purchases(rows, days)),
    }


def forecast_revenue(
    job: Job, tables: JobTables, scores: Path, champion: LoadedModel
) -> list[dict[str, Any]]:
    """Add up the revenue to come of today's customers, by day; empty without amounts.

    Customers with the same history are expected to buy alike, so that the sums over them of what
    they spend are enough: nothing here grows with the number of customers but their histories.
    Of a sum S of N amounts with mean s, Var S = E[N] Var Z + Var[N] s^2, which is at most
    Var[N] s^2 (1 + cv^2) as Var[N] >= E[N] here; within a customer Gamma-Gamma has cv^2 = 1 / p.
    """
    from winback.estimators.purchase.expected_tracking import expected_tracking
    from winback.estimators.value.level_range import LevelRange, with_level_error
    from winback.workflows.aggregates import LEVEL

    model, spend = champion.estimator.purchase_model_, champion.estimator.spend_model_
    if spend is None or not tables.transactions.has_amounts or not {*HISTORY} >= {*model.columns}:
        return []
    table = tables.engine.read_parquet(scores)
    keys = list(model.columns)
    sums = table.group_by(keys).aggregate(
        mean=table.expected_spend.cast("decimal(38, 6)").sum().cast("float64"),
        square=(table.expected_spend**2).cast("decimal(38, 6)").sum().cast("float64"),
    )
    histories = sums.order_by(keys).to_pyarrow().to_pandas()
    total = table.aggregate(
        all=(table.expected_purchases * table.expected_spend).cast("decimal(38, 6)").sum()
    )
    due = float(total.to_pyarrow().to_pylist()[0]["all"] or 0)
    days = job.value.horizon_days
    level = expected_tracking(model, histories.assign(weight=histories["mean"]), days)
    path = level["cumulative"].to_numpy()
    if not due or not path[-1]:
        return []
    scale = due / path[-1]  # where the champion is learned, it sets the level
    beyond = 1 + 1 / float(getattr(spend, "p_", 1.0))
    squares = expected_tracking(model, histories.assign(weight=histories["square"] * beyond), days)
    half = (squares["cumulative_high"] - squares["cumulative"]).to_numpy() * scale
    dates = pd.Timestamp(job.as_of) + pd.to_timedelta(level["day"], unit="D")
    out = pd.DataFrame({"day": dates.dt.date.astype("str"), "cumulative": path * scale})
    out["cumulative_low"] = (out["cumulative"] - half).clip(lower=0.0)
    out["cumulative_high"] = out["cumulative"] + half
    out = with_level_error(out, LevelRange(*champion.estimator.level), LEVEL)
    return [{str(name): value for name, value in row.items()} for row in out.to_dict("records")]


def cover(job: Job, tables: JobTables) -> dict[str, Any] | None:
    """Tell what the data cover, the job's further tables beside the purchases."""
    from winback.reports.charts.data_coverage import coverage_of

    return coverage_of(
        tables.transactions.table,
        job.as_of,
        customers=tables.customers,
        events=tables.events,
    )


def retention(job: Job, tables: JobTables) -> dict[str, Any] | None:
    """Count by cohort who came back when."""
    from winback.reports.charts.cohort_returns import cohort_rows, cohorts
    from winback.reports.history_unit import unit_of

    first = tables.transactions.counts.first_day
    if first is None:
        return None
    unit = unit_of(first, job.as_of)
    return cohorts(cohort_rows(tables.past.purchase_days, unit), unit, job.as_of)


def read_earlier_lists(job: Job, results: Results) -> dict[str, Any] | None:
    """Find the lists of the last earlier date."""
    folders = {
        path.name: path
        for path in (results.earlier / "lists").glob("????-??-??")
        if path.name < job.as_of.isoformat()
    }
    if not folders:
        return None
    newest = max(folders)
    paths = {name: folders[newest] / f"{name}.parquet" for name in LISTS}
    return {"as_of": newest} | {name: path for name, path in paths.items() if path.exists()}
