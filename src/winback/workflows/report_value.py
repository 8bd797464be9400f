"""What the report needs of histories: at the split, over a grid, by cohort, and the last lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from winback.workflows.score import champions
from winback.workflows.session import Session

LISTS = ("churn_warning", "win_back", "win_back_control")


def past_frequencies(session: Session, records: Sequence[dict[str, Any]]) -> pd.DataFrame | None:
    """Count how often customers had bought again by the latest split of purchases."""
    from winback.features.purchases import purchase_days
    from winback.features.rfm import rfm_table

    splits = [record["split"] for record in records if record["target"] == "purchases"]
    if not splits:
        return None
    known, as_of = session.transactions, date.fromisoformat(max(splits).partition("/")[0])
    days = purchase_days(known.table, as_of, count_zero=known.count_zero)
    table = rfm_table(days, as_of).select("customer_id", "frequency")
    frame: pd.DataFrame = table.to_pyarrow().to_pandas()
    return frame


def trained_then(session: Session) -> tuple[str, pd.DataFrame] | None:
    """Return the day and the customers that the champion learned from; None if that is today."""
    from winback.features.purchases import purchase_days
    from winback.features.rfm import rfm_table
    from winback.registry.artifacts import trained_on

    day = trained_on(session.store, champions(session)["value"].run_id)
    if day is None or day >= session.job.as_of.isoformat():
        return None
    known, as_of = session.transactions, date.fromisoformat(day)
    days = purchase_days(known.table, as_of, count_zero=known.count_zero)
    frame: pd.DataFrame = rfm_table(days, as_of).to_pyarrow().to_pandas()
    return (day, frame) if len(frame) else None


def draw_matrices(session: Session, scores: Path) -> dict[str, Any] | None:
    """Ask the value champion about a grid of histories; None where it needs more than those."""
    from winback.reports.value import grid

    model = champions(session)["value"]
    laid = grid(scores)
    if laid is None or not {"frequency", "recency", "T", "monetary_value"} >= set(
        model.input_columns
    ):
        return None
    histories = pd.DataFrame(
        [
            {"frequency": float(x), "recency": float(r if x else 0), "T": float(laid["T"])}
            for r in laid["recencies"]
            for x in laid["frequencies"]
        ]
    )
    said = model.estimator.predict(
        histories.assign(monetary_value=(histories["frequency"] > 0) * 1.0)
    )
    width = len(laid["frequencies"])
    matrices = {}
    for name in ("p_alive", "expected_purchases"):
        # so many repeat purchase days do not fit into so few days
        possible = histories["recency"] >= histories["frequency"]
        values = said[name].where(possible, None).tolist()
        matrices[name] = [values[at : at + width] for at in range(0, len(values), width)]
    return {**laid, **matrices}


def retention(session: Session) -> dict[str, Any] | None:
    """Count by cohort who came back when."""
    from winback.features.purchases import purchase_days
    from winback.reports.cohorts import cohort_rows, cohorts, unit_of

    known, as_of = session.transactions, session.job.as_of
    first = known.counts.first_day
    if first is None:
        return None
    days, unit = (
        purchase_days(known.table, as_of, count_zero=known.count_zero),
        unit_of(first, as_of),
    )
    return cohorts(cohort_rows(days, unit), unit, as_of)


def read_earlier_lists(session: Session) -> dict[str, Any] | None:
    """Find the lists of the last earlier date."""
    folders = {
        path.name: path
        for path in (session.out / "lists").glob("????-??-??")
        if path.name < session.job.as_of.isoformat()
    }
    if not folders:
        return None
    newest = max(folders)
    found = {name: folders[newest] / f"{name}.parquet" for name in LISTS}
    return {"as_of": newest} | {name: path for name, path in found.items() if path.exists()}
