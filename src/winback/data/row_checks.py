"""Decide on every row of a source, and keep the reason where one is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from winback.data import sql
from winback.data.expressions import Expression
from winback.data.raw import Raw, fresh
from winback.errors import DataError, Sentence
from winback.messages import Message

ACCEPTED, FILTERED, LATER, ZERO = "accepted", "filtered out", "after as_of", "zero amount"
GUEST, ERASED = "guest", "erased"
UNREADABLE = "unreadable line"
_NOT_REJECTED = (ACCEPTED, FILTERED, LATER, ZERO, GUEST, ERASED)


class TooManyRejectedError(DataError):
    """More rows break the contract than the job allows.

    Attributes
    ----------
    rejected
        The rejected rows, to be written all the same.
    counts
        How many rows were rejected, by reason.
    """

    rejected: ir.Table
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Checked:
    """A source's rows, each with its fate.

    Attributes
    ----------
    name
        A table of the cast cells and ``fate``, the rows of all fates.
    rejected
        ``source_row``, ``reason``, and some cells as they stood in the source, as text.
    fates
        How many rows met which fate.
    """

    name: str
    rejected: ir.Table
    fates: Mapping[str, int]

    @property
    def reasons(self) -> dict[str, int]:
        """How many rows were rejected, by reason."""
        return {fate: n for fate, n in self.fates.items() if fate not in _NOT_REJECTED}

    def drop(self, engine: Backend) -> None:
        """Give the space back; `rejected` stays."""
        engine.raw_sql(f"DROP TABLE {sql.name(self.name)}")


def check(
    engine: Backend,
    raw: Raw,
    cells: Mapping[str, str],
    fates: Sequence[tuple[str, str]],
    shown: Mapping[str, Expression | None],
) -> Checked:
    """Cast every row and decide on it.

    Parameters
    ----------
    engine, raw
        The source, loaded.
    cells
        Our name: SQL over the source's columns.
    fates
        A test (SQL over our names, and over ``NAME_empty`` for each name in `shown`, which is true
        where there is nothing that could be read) and what becomes of a row that meets it. The
        first one holds; a row that meets none is accepted.
    shown
        The columns whose raw cells the rejected rows keep; ``None`` for one the source lacks.
    """
    table, rejected = fresh("checked"), fresh("rejected")
    raw_cells = {f"{name}_cell": _cell(value) for name, value in shown.items()}
    bad_parts = {f"{name}_bad": _bad_parts(value) for name, value in shown.items()}
    selected = ", ".join(f"{cell} AS {sql.name(name)}" for name, cell in cells.items())
    empty = ", ".join(f"{n}_cell IS NULL AND {n}_bad IS NULL AS {n}_empty" for n in shown)
    as_is = ", ".join(f"{cell} AS {name}" for name, cell in (raw_cells | bad_parts).items())
    branches = " ".join(f"WHEN {test} THEN {sql.text(fate)}" for test, fate in fates)
    fate = f"CASE {branches} ELSE '{ACCEPTED}' END"
    not_rejected = ", ".join(sql.text(fate) for fate in _NOT_REJECTED)
    kept = ", ".join(
        f"CASE WHEN fate NOT IN ({not_rejected})"
        f" THEN coalesce(CAST({name}_cell AS VARCHAR), {name}_bad) END AS {name}_cell"
        for name in shown
    )
    own = ", ".join(f"{name}_bad, {name}_empty" for name in shown)
    try:
        engine.raw_sql(f"""
            CREATE TABLE {sql.name(table)} AS
            WITH cast_rows AS (SELECT source_row, {selected}, {as_is} FROM {sql.name(raw.name)}),
            seen AS (SELECT *, {empty} FROM cast_rows),
            judged AS (SELECT *, {fate} AS fate FROM seen)
            SELECT * EXCLUDE ({own}) REPLACE ({kept}) FROM judged""")
    except sql.EngineError as error:
        raise DataError(
            "the rows cannot be read", where=raw.label, got=sql.first_line(error)
        ) from error
    lost = ""
    if raw.unreadable:
        nulls = ", NULL" * len(raw_cells)
        lost = f"UNION ALL SELECT source_row, '{UNREADABLE}'{nulls} FROM {sql.name(raw.unreadable)}"
    renamed = ", ".join(f"{name}_cell AS {sql.name(name)}" for name in shown)
    engine.raw_sql(f"""
        CREATE TABLE {sql.name(rejected)} AS
        SELECT source_row, fate AS reason, {renamed} FROM {sql.name(table)}
        WHERE fate NOT IN ({not_rejected}) {lost} ORDER BY source_row""")
    counted = sql.rows(
        engine,
        f"""SELECT fate, count(*) FROM {sql.name(table)} WHERE fate IN ({not_rejected}) GROUP BY 1
        UNION ALL SELECT reason, count(*) FROM {sql.name(rejected)} GROUP BY 1 ORDER BY 1""",
    )
    return Checked(table, engine.table(rejected), dict(counted))


def _cell(value: Expression | None) -> str:
    """Return a cell as it stands; to write every number as text would cost more than the rest."""
    if value is None:
        return "CAST(NULL AS VARCHAR)"
    return f"nullif(trim({value.sql}), '')" if value.type == "VARCHAR" else value.sql


def _bad_parts(value: Expression | None) -> str:
    """Return the cells that an expression could not read, NULL if there are none."""
    if value is None or not value.casts:
        return "CAST(NULL AS VARCHAR)"
    parts = ", ".join(
        f"CASE WHEN {part} IS NULL THEN nullif(trim(CAST({cell} AS VARCHAR)), '') END"
        for part, cell in value.casts
    )
    return f"CASE WHEN {value.sql} IS NULL THEN nullif(concat_ws(', ', {parts}), '') END"


def refuse_if_many(
    bad: Mapping[str, int],
    good: int,
    rejected: ir.Table,
    *,
    label: str,
    max_share: float,
    hint: str | None = None,
) -> None:
    """Raise if more than a share of the rows is bad, with the counts and an example."""
    n_bad = sum(bad.values())
    if n_bad <= max_share * (n_bad + good):
        return
    row = rejected.filter(rejected.reason.isin(list(bad))).limit(1).to_pyarrow().to_pylist()[0]
    number, reason = row.pop("source_row"), row.pop("reason")
    cells = ", ".join(f"{name} {cell!r}" for name, cell in row.items())
    error = TooManyRejectedError(
        Sentence(
            "{n_bad:,} of {rows:,} {rows:form.row breaks/rows break} the contract, more than "
            "max_rejected_share allows ({max_share:g}): {reasons}",
            n_bad=n_bad,
            rows=n_bad + good,
            max_share=max_share,
            reasons=[Message("counts.rejected", n=n, reason=reason) for reason, n in bad.items()],
        ),
        where=label,
        got=Message("rejected_row", row=number, reason=reason, cells=cells),
        hint=hint
        or "mend the source, leave such rows out with filter, or raise max_rejected_share",
    )
    error.rejected, error.counts = rejected, dict(bad)
    raise error
