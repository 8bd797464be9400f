"""Who is who: the file by which pseudonyms lead back to customers, for whoever may have it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from winback.errors import UsageError
from winback.messages import Message

if TYPE_CHECKING:
    from winback.lists.columns import Columns
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables

COLUMNS: Columns = {"pseudonym": "text", "customer_id": "text"}


def pseudonymise(
    tables: JobTables, results: Results, reporter: Reporter, *, to: Path
) -> dict[str, Any]:
    """Write which pseudonym stands for which ids of those who bought.

    Parameters
    ----------
    tables, results, reporter
        See `winback.workflows.work.Work`.
    to
        The file, `.csv` (for people: an id that would be a formula is disarmed) or `.parquet`
        (exact); it is for its owner only, whatever the job's `access`.

    Returns
    -------
    dict
        `file`; how many `pseudonyms` and `ids` it has: a person has one pseudonym and may have
        several ids.

    Raises
    ------
    UsageError
        The job gives no pseudonyms, or the file would lie among its results.
    """
    from winback.lists.write import write_csv, write_parquet

    if not tables.personal.pseudonyms:
        raise UsageError(
            "the job gives no pseudonyms",
            where="data.pseudonyms",
            hint="set data.pseudonyms: true; results to come then bear them",
        )
    if to.resolve().is_relative_to(results.out.resolve()) or to.suffix not in {".csv", ".parquet"}:
        raise UsageError(
            "who is who cannot be written there",
            where="--map",
            got=str(to),
            allowed="a .csv or .parquet file outside of the results",
        )
    with reporter.step(Message("doing.write_map")):
        frame = tables.engine.con.execute(_who_is_who(tables)).df()
        write = write_csv if to.suffix == ".csv" else write_parquet
        with _for_owner_only():
            write(frame, to, COLUMNS)
        to.chmod(0o600)  # where a file stood there that others could read
    counts = {"pseudonyms": int(frame["pseudonym"].nunique()), "ids": len(frame)}
    reporter.say(
        Message("personal.map", file=str(to), pseudonyms=counts["pseudonyms"], ids=counts["ids"])
    )
    results.keep_only(None)
    return {"file": str(to), **counts}


def _who_is_who(tables: JobTables) -> str:
    """Return SQL for the pseudonyms of who bought, each with the ids of its person."""
    from winback.data.expressions import Expression
    from winback.data.identity import OWN_ID, PERSON_ID
    from winback.data.sql import name

    ids, persons = tables.customer_ids, tables.persons
    own = name(tables.purchases_as_given().get_name())
    person = ids.person(Expression("customer_id", "VARCHAR"))
    bought = f"SELECT DISTINCT customer_id, {person} AS person FROM {own}"
    if persons is not None:
        bought += (
            f" UNION SELECT {OWN_ID}, {PERSON_ID} FROM {persons.relation}"
            f" WHERE {PERSON_ID} IN (SELECT person FROM ({bought}))"
        )
    gone = ids.is_erased(Expression("customer_id", "VARCHAR"))
    return (
        f"SELECT {ids.shown('person')} AS pseudonym, customer_id FROM ({bought})"
        f" WHERE NOT {gone} ORDER BY ALL"
    )


@contextmanager
def _for_owner_only() -> Iterator[None]:
    """Make files for their owner only while a block lasts: none is open to others for a moment."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)
