"""Where the lists of a job go: files by name and by date, and a database."""

from __future__ import annotations

import hashlib
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from winback.workflows.session import Session

if TYPE_CHECKING:
    import pandas as pd

    from winback.lists.columns import Columns
    from winback.lists.origin import Origin


def origin(session: Session) -> Origin:
    """Name what the lists are made for and from: other settings make another `list_id`."""
    from winback.lists.origin import Origin

    settings = session.job.lists.model_dump_json(
        exclude={"database", "bom", "decimal", "separator"}
    )
    return Origin(
        job=f"{session.job.name} {hashlib.sha256(settings.encode()).hexdigest()[:12]}",
        experiment_id=session.job.lists.win_back.experiment or f"{session.job.name}-win-back",
        defaults=session.loaded.defaults,
    )


def keep(session: Session, name: str, rows: pd.DataFrame, columns: Columns, list_id: str) -> None:
    """Stage a list, at the top of the output folder and under its date, and for the database."""
    from winback.lists.write import write_csv, write_parquet

    style = session.job.lists
    for folder in ("", f"lists/{session.job.as_of}/"):
        write_csv(
            rows,
            session.staged(f"{folder}{name}.csv"),
            columns,
            bom=style.bom,
            decimal=style.decimal,
            separator=style.separator,
        )
        write_parquet(rows, session.staged(f"{folder}{name}.parquet"), columns)
    if style.database is not None:
        session.afterwards(partial(_to_database, session, name, rows, columns, list_id))


def kept_dates(session: Session, name: str) -> list[date]:
    """Return the dates of which the output folder keeps a list."""
    days = []
    for path in session.earlier.glob(f"lists/*/{name}.parquet"):
        try:
            days.append(date.fromisoformat(path.parent.name))
        except ValueError:  # a folder of somebody's own
            continue
    return days


def _to_database(
    session: Session, name: str, rows: pd.DataFrame, columns: Columns, list_id: str
) -> None:
    """Write a list into the job's database, when its files are in their place."""
    from winback.lists.database import write_table

    settings = session.job.lists.database
    assert settings is not None  # noqa: S101 - asked before
    kind, _, path = settings.url.partition("://")
    # the file of a database stands where the YAML says, as every other file of the job
    url = f"{kind}://{session.loaded.resolve(path)}" if kind == "duckdb" else settings.url
    table = f"{settings.prefix}{name}"
    with session.reporter.step(f"Writing {table}"):
        write_table(rows, columns, url=url, table=table, list_id=list_id, schema=settings.in_schema)
