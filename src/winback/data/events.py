"""The other tables: events, customers, contacts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from winback.data import parse, sql
from winback.data.arms import CONTROL, unknown_arms
from winback.data.connect import loaded, open_engine
from winback.data.consent_days import refusals
from winback.data.contracts import CONTRACTS, CUSTOMERS, Column
from winback.data.expressions import Expression, resolve
from winback.data.identity import identifier
from winback.data.policy import IntakePolicy
from winback.data.raw import Raw, fresh
from winback.data.row_checks import ACCEPTED, ERASED, LATER, check, refuse_if_many

_PERSONS = ("customer_id", "referred_by")
LATER_NO = "opted_out_later"


@dataclass(frozen=True)
class CheckedTable:
    """A table that keeps its contract, in the engine.

    Attributes
    ----------
    table
        The accepted rows: ``source_row``, and those columns of the contract that the source has;
        ``timestamp`` is followed by its calendar ``day``. Of ``customers``, one row a customer:
        where a customer stands on several rows, the first that says something counts; but who
        opted out on any of them has opted out. An ``opt_out`` that cannot be read is true: in
        doubt, nobody is contacted. ``opted_out_later`` follows it: whoever has not, but does after
        `as_of`, by the day of it; nothing is measured by that, and lists heed it.
    rejected
        ``source_row``, ``reason``, and the cells of the required columns as text.
    rows_in, after_as_of, erased
        How many rows the source has, how many of them were not known at the end of `as_of`, and how
        many are of persons who were erased.
    reasons
        How many rows were rejected, by reason.
    """

    table: ir.Table
    rejected: ir.Table
    rows_in: int
    after_as_of: int
    erased: int
    reasons: Mapping[str, int]


def read_table(
    contract: str,
    source: Any,
    *,
    columns: Mapping[str, str] | None = None,
    table: str | None = None,
    query: str | None = None,
    as_of: date | None = None,
    policy: IntakePolicy = IntakePolicy(),  # noqa: B008 - frozen
    engine: Backend | None = None,
) -> CheckedTable:
    """Read a table by its contract, and keep the rows that keep it.

    Parameters
    ----------
    contract
        ``"customers"``, ``"events"``, ``"contacts"``, ``"spend"`` or ``"identities"``; see
        `winback.data.contracts.CONTRACTS`.
    source, columns, table, query, policy, engine
        As for `winback.data.intake.read_transactions`.
    as_of
        Rows with a ``timestamp`` after the end of this day are counted, and have no other effect.

    Returns
    -------
    CheckedTable
        The accepted rows, and the others with their reasons. A table may be empty.

    Raises
    ------
    DataError
        The source cannot be read, lacks a column, or too many of its rows break the contract.

    Examples
    --------
    >>> import pandas as pd
    >>> visits = pd.DataFrame(
    ...     {"customer_id": ["a", ""], "timestamp": ["2024-03-01", "2024-03-02"], "event": "visit"}
    ... )
    >>> read = read_table("events", visits, policy=IntakePolicy(max_rejected_share=0.5))
    >>> read.table.to_pyarrow().num_rows, dict(read.reasons)
    (1, {'no customer_id': 1})
    >>> people = pd.DataFrame({"customer_id": ["a", "a", "b"], "opt_out": ["no", "yes", None]})
    >>> merged = read_table("customers", people).table.order_by("customer_id").to_pyarrow()
    >>> dict(zip(merged["customer_id"].to_pylist(), merged["opt_out"].to_pylist(), strict=True))
    {'a': True, 'b': False}
    """
    engine = engine or open_engine()
    wanted = CONTRACTS[contract]
    with loaded(engine, source, table=table, query=query, policy=policy) as raw:
        expressions, _ = resolve(engine, raw, wanted, columns)
        kept = [column for column in wanted.columns if column.name in expressions]
        cells: dict[str, str] = {}
        fates: list[tuple[str, str]] = []
        for column in kept:
            value = expressions[column.name]
            if column.name == "opt_out":
                cells["opt_out"], cells[LATER_NO] = refusals(
                    engine, raw, value, timezone=policy.timezone, as_of=as_of
                )
            else:
                cells[column.name] = _cell(engine, raw, column, value, policy, as_of)
            fates += _faults(column)
        if "timestamp" in expressions:
            cells["day"] = f"CAST({cells['timestamp']} AS DATE)"
            if as_of is not None:
                fates.insert(0, (f"day > DATE '{as_of}'", LATER))
        if "customer_id" in expressions and policy.ids.erased is not None:
            cells["erased"] = policy.ids.is_erased(expressions["customer_id"])
            fates.insert(0, ("erased", ERASED))
        shown = {column.name: expressions[column.name] for column in kept if column.kind != "flag"}
        checked = check(engine, raw, cells, fates, shown)
        good = checked.fates.get(ACCEPTED, 0)
        refuse_if_many(
            checked.reasons,
            good,
            checked.rejected,
            label=raw.label,
            max_share=policy.max_rejected_share,
        )
        name, beside = fresh(contract), {"timestamp": ["day"], "opt_out": [LATER_NO]}
        names = ["source_row"]
        for column in kept:
            names += [column.name, *beside.get(column.name, [])]
        rows = engine.table(checked.name)
        rows = rows.filter(rows.fate == ACCEPTED).select(names)
        if wanted is CUSTOMERS:
            rows = _one_row_each(rows)
        elif policy.ids.persons is not None and {"arm", "experiment_id"} <= set(names):
            rows = _stricter_arm(rows)
        engine.create_table(name, obj=rows)
        checked.drop(engine)
    return CheckedTable(
        table=engine.table(name),
        rejected=checked.rejected,
        rows_in=sum(checked.fates.values()),
        after_as_of=checked.fates.get(LATER, 0),
        erased=checked.fates.get(ERASED, 0),
        reasons=checked.reasons,
    )


def _stricter_arm(rows: ir.Table) -> ir.Table:
    """Make a person who is a control by any of their ids a control of that experiment."""
    alike = ibis.window(group_by=["customer_id", "experiment_id"])
    control = (rows.arm == CONTROL).fill_null(False).any().over(alike)
    known = rows.experiment_id.notnull() & rows.arm.notnull()
    return rows.mutate(arm=ibis.ifelse(known & control, CONTROL, rows.arm))


def _one_row_each(rows: ir.Table) -> ir.Table:
    merged = {
        name: rows[name].fill_null(False).any()
        if name in {"opt_out", LATER_NO}
        else rows[name].first(order_by="source_row")
        for name in rows.columns
        if name != "customer_id"
    }
    people = rows.group_by("customer_id").agg(**merged).select(rows.columns)
    if LATER_NO in people.columns:
        people = people.mutate(**{LATER_NO: people[LATER_NO] & ~people.opt_out})
    return people


def _cell(
    engine: Backend,
    raw: Raw,
    column: Column,
    value: Expression,
    policy: IntakePolicy,
    as_of: date | None,
) -> str:
    where = f"{raw.label}, {column.name}"
    match column.kind:
        case "id":
            if column.name in _PERSONS:
                return _person(column, value, policy)
            return identifier(value, normalise=policy.ids.normalise)
        case "text":
            return _arm(engine, raw, value) if column.name == "arm" else parse.text(value)
        case "number":
            return _finite(parse.number(value, where))
        case "flag":
            return parse.flag(value)
        case "timestamp":
            read = parse.instant(
                engine, raw, value, timezone=policy.timezone, where=where, as_of=as_of
            )
            return f"CASE WHEN year({read}) > 1 THEN {read} END"  # infinity has no year


def _person(column: Column, value: Expression, policy: IntakePolicy) -> str:
    """Return a person by the name that results use; of the erased none who brought others."""
    person = policy.ids.shown(policy.ids.person(value))
    if column.required:  # the row is left out
        return person
    return f"CASE WHEN NOT {policy.ids.is_erased(value)} THEN {person} END"


def _arm(engine: Backend, raw: Raw, value: Expression) -> str:
    """Return an arm in our words; refuse words that nobody knows: a control must stay alone."""
    cell = parse.arm(value)
    unknown = sql.rows(
        engine,
        f"SELECT CAST({value.sql} AS VARCHAR) AS arm, count(*) AS n FROM {sql.name(raw.name)}"
        f" WHERE {cell} IS NULL AND {parse.text(value)} IS NOT NULL"
        " GROUP BY ALL ORDER BY n DESC, arm LIMIT 5",
    )
    if unknown:
        raise unknown_arms(unknown, f"{raw.label}, arm")
    return cell


def _finite(cell: str) -> str:
    return f"CASE WHEN isfinite({cell}) THEN {cell} END"


def _faults(column: Column) -> list[tuple[str, str]]:
    """Return what breaks the contract: a required cell that is empty or cannot be read.

    An optional cell that cannot be read is left empty: a customer must not lose an opt-out because
    of a date.
    """
    if not column.required:
        return []
    name = column.name
    missing = (f"{name} IS NULL AND {name}_empty", f"no {name}")
    other = "unparsable" if column.kind == "timestamp" else "no"
    return [missing, (f"{name} IS NULL", f"{other} {name}")]
