"""Where the lists of a job go: files by name and by date, and a database."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from winback.messages import Message

if TYPE_CHECKING:
    import pandas as pd

    from winback.config import LoadedJob
    from winback.lists.columns import Columns
    from winback.lists.for_people import ListName
    from winback.lists.origin import Origin
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables


def origin(settings: LoadedJob) -> Origin:
    """Name what the lists are made for and from: other settings make another `list_id`."""
    from winback.lists.origin import Origin

    lists = settings.job.lists.model_dump_json(exclude={"database", "bom", "decimal", "separator"})
    return Origin(
        job=f"{settings.job.name} {hashlib.sha256(lists.encode()).hexdigest()[:12]}",
        experiment_id=settings.job.lists.win_back.experiment or f"{settings.job.name}-win-back",
        defaults=settings.defaults,
    )


def keep(
    settings: LoadedJob,
    results: Results,
    name: str,
    rows: pd.DataFrame,
    columns: Columns,
    list_id: str,
) -> None:
    """Stage a list, at the top of the output folder and under its date, and for the database.

    `NAME.csv` is for people; `NAME.machine.csv` and `NAME.parquet` have all columns.
    """
    from winback.lists.database import Edition, ListRows
    from winback.lists.for_people import FOR_PEOPLE, for_people, headings
    from winback.lists.write import write_csv, write_parquet
    from winback.messages import Words
    from winback.workflows.tracking import Tracking

    job, style = settings.job, settings.job.lists
    signs = partial(write_csv, bom=style.bom, decimal=style.decimal, separator=style.separator)
    kind, words = kind_of(name), Words(job.language, job.currency, job.amounts)
    said, kinds = for_people(rows, kind, words), FOR_PEOPLE[kind]
    above = headings(kinds, words)
    for folder in ("", f"lists/{job.as_of}/"):
        signs(
            said.rename(columns=above),
            results.staged(f"{folder}{name}.csv"),
            {above[column]: of for column, of in kinds.items()},
        )
        signs(rows, results.staged(f"{folder}{name}.machine.csv"), columns)
        write_parquet(rows, results.staged(f"{folder}{name}.parquet"), columns)
    if style.database is not None:
        trainings = Tracking(settings).trainings
        edition = Edition(job.name, job.as_of, list_id, trainings)
        table = f"{style.database.prefix}{name}"
        results.for_database.append(ListRows(rows, columns, edition, table))


def kind_of(name: str) -> ListName:
    """Return which columns a list has: the comparison group has those of the win-back list.

    Examples
    --------
    >>> kind_of("win_back_control")
    'win_back'
    """
    return "churn_warning" if name == "churn_warning" else "win_back"


def one_row_a_person(
    rows: pd.DataFrame, tables: JobTables, by: Sequence[str] = (), *, first: str | None = None
) -> pd.DataFrame:
    """Read a kept list by the persons of today: ids that are one person's are one row.

    Parameters
    ----------
    by
        Columns besides the customer that tell rows apart.
    first
        The column whose smallest value counts. None: the upper row.
    """
    persons = tables.own_ids_of_persons
    if persons is None or persons.empty:
        return rows
    person = rows["customer_id"].map(persons.set_index("own_id")["person_id"])
    rows = rows.assign(customer_id=person.fillna(rows["customer_id"]))
    ordered = rows if first is None else rows.sort_values(first, kind="stable")
    return rows.loc[~ordered.duplicated([*by, "customer_id"]).reindex(rows.index)]


def kept_dates(results: Results, name: str) -> list[date]:
    """Return the dates of which the output folder keeps a list."""
    days = []
    for path in results.earlier.glob(f"lists/*/{name}.parquet"):
        try:
            days.append(date.fromisoformat(path.parent.name))
        except ValueError:  # a folder of somebody's own
            continue
    return days


def to_database(settings: LoadedJob, results: Results, reporter: Reporter) -> None:
    """Write the lists into the job's database, together, when their files are in their place."""
    from winback.lists.database import write_tables

    database = settings.job.lists.database
    if database is None:
        return
    url = database_url(settings, database.url)
    tables = ", ".join(rows.table for rows in results.for_database)

    def write() -> None:
        with reporter.step(Message("doing.write_table", table=tables)):
            write_tables(results.for_database, url=url, schema=database.in_schema)
        results.for_database.clear()

    results.afterwards(write)


def database_url(settings: LoadedJob, url: str) -> str:
    """Return the address of the database: its file stands where the YAML says, as every other."""
    kind, _, path = url.partition("://")
    return f"{kind}://{settings.resolve(path)}" if kind == "duckdb" else url
