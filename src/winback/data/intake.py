"""Transactions come in: every row is accepted, or counted with the reason why not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from ibis.backends.duckdb import Backend

from winback.data import parse, sql
from winback.data.amounts import settle
from winback.data.connect import loaded, open_engine
from winback.data.contracts import TRANSACTIONS, IntakeCounts, Transactions
from winback.data.expressions import Expression, resolve
from winback.data.guests import refuse_if_implausible, without_guests
from winback.data.identity import identifier, is_guest
from winback.data.no_values import no_time
from winback.data.policy import IntakePolicy
from winback.data.raw import Raw, columns_of, fresh, lines_around
from winback.data.refunds import net_by_order
from winback.data.row_checks import (
    ACCEPTED,
    ERASED,
    FILTERED,
    GUEST,
    LATER,
    UNREADABLE,
    ZERO,
    Checked,
    check,
    refuse_if_many,
)
from winback.errors import ConfigError, DataError, Sentence
from winback.messages import Message

_OPTIONAL = ("order_id", "channel", "product_id", "category")
_FUTURE = "future time"
_HUGE, _TINY = 1e15, 1e-6  # nobody pays more, or less than coins of any currency by far


def read_transactions(
    source: Any,
    *,
    columns: Mapping[str, str] | None = None,
    filter: str | None = None,  # noqa: A002 - the word of the job file
    table: str | None = None,
    query: str | None = None,
    as_of: date | None = None,
    policy: IntakePolicy = IntakePolicy(),  # noqa: B008 - frozen
    engine: Backend | None = None,
) -> Transactions:
    """Read transactions, check every row, and keep those that keep the contract.

    Parameters
    ----------
    source
        A path, a folder or a glob (CSV, Parquet); ``"sample:cdnow"`` or ``"sample:cdnow-tenth"``;
        a database URL with `table` or `query`; a pandas, Polars or Arrow frame; an Ibis table.
    columns
        Our column: the source's column, or a SQL expression over the source's columns. Columns
        not named here are found by our own names. See `winback.data.contracts.TRANSACTIONS`.
    filter
        A SQL condition over the source's columns. Rows for which it is not true are left out.
    table, query
        What to read, where `source` is a database URL.
    as_of
        The last day that is known. Rows after its end are counted, and have no other effect.
        ``None``: everything is known.
    policy
        Time zone, currency, refunds, amounts of 0 and so on.
    engine
        From `winback.data.connect.open_engine`. ``None``: one in memory.

    Returns
    -------
    Transactions
        The accepted rows in the engine, the rejected ones with their reasons, and counts.

    Raises
    ------
    DataError
        The source cannot be read, lacks a column, mixes currencies, or leaves no row.
    TooManyRejectedError
        A `DataError` that carries the rejected rows.
    ConfigError
        An argument does not fit the source.

    Examples
    --------
    >>> import datetime as dt
    >>> import pandas as pd
    >>> orders = pd.DataFrame(
    ...     {
    ...         "client": [7, 7, 8, None],
    ...         "when": ["2024-03-01 09:30", "2024-03-09", "2024-03-10", "2024-03-11"],
    ...         "pieces": [2, 1, 1, 1],
    ...         "price": [10.0, 10.0, 5.0, 5.0],
    ...     }
    ... )
    >>> bought = read_transactions(
    ...     orders,
    ...     columns={"customer_id": "client", "timestamp": "when", "amount": "pieces * price"},
    ...     as_of=dt.date(2024, 3, 31),
    ...     policy=IntakePolicy(max_rejected_share=0.5),
    ... )
    >>> bought.counts.accepted, bought.counts.customers, dict(bought.counts.rejected)
    (3, 2, {'no customer': 1})
    """
    engine = engine or open_engine()
    with loaded(engine, source, table=table, query=query, policy=policy) as raw:
        expressions, condition = resolve(engine, raw, TRANSACTIONS, columns, condition=filter)
        if policy.refunds == "by_order" and "order_id" not in expressions:
            raise ConfigError(
                "refunds by order need an order_id",
                where="refunds",
                got="by_order",
                allowed="by_day, or a column for order_id",
            )
        has_amounts = "amount" in expressions
        keep_zero = policy.zero_amounts == "keep" or (policy.zero_amounts is None and raw.sample)
        count_zero = keep_zero or not has_amounts
        notes: list[Message] = []
        cells = _cells(engine, raw, expressions, as_of, policy, notes)
        # the first fate that applies is the row's; what is after as_of is not even counted as bad
        fates: list[tuple[str, str]] = []
        if condition is not None:
            cells["passed"] = f"coalesce(CAST({condition.sql} AS BOOLEAN), false)"
            fates.append(("NOT passed", FILTERED))
        if policy.ids.erased is not None:
            cells["erased"] = policy.ids.is_erased(expressions["customer_id"])
        fates += _not_now(policy, as_of)
        if policy.deduplicate:
            cells["repeat"] = _repeat(engine, raw)
        fates.append(("guest", GUEST))
        fates += _faults(cells, policy.currency)
        if not count_zero:
            fates.append(("amount = 0", ZERO))
        shown = {name: expressions.get(name) for name in ("customer_id", "timestamp", "amount")}
        checked = check(engine, raw, cells, fates, shown)
        policy.ids.hide(engine, checked.rejected.get_name())
        checked = without_guests(engine, checked)
        if not policy.ids.any_share:
            notes += refuse_if_implausible(engine, checked, raw.label, policy.ids)
        counts = _count(engine, checked)
        # a row in the future is after as_of too, and what is after as_of has no effect
        bad = {r: n for r, n in counts.rejected.items() if as_of is None or r != _FUTURE}
        if around := lines_around(engine, raw):  # a bill's sums are no rows that went wrong
            bad[UNREADABLE] -= around
        refuse_if_many(
            bad,
            counts.zero_amounts + counts.accepted,
            checked.rejected,
            label=raw.label,
            max_share=policy.max_rejected_share,
        )
        _refuse_if_none_left(counts, raw.label, as_of)
        if policy.currency is None and "currency" in expressions:
            _one_currency(engine, raw, checked)
        accepted = _accepted(
            engine, checked, [c for c in (*_OPTIONAL, "discounted") if c in cells], policy
        )
        checked.drop(engine)
    return Transactions(
        table=engine.table(accepted),
        rejected=checked.rejected,
        counts=counts,
        has_amounts=has_amounts,
        count_zero=count_zero,
        fingerprint=fingerprint(engine, accepted),
        notes=tuple(notes),
    )


def _cells(
    engine: Backend,
    raw: Raw,
    expressions: Mapping[str, Expression],
    as_of: date | None,
    policy: IntakePolicy,
    notes: list[Message],
) -> dict[str, str]:
    """Return SQL that casts the columns that the source has, and cuts days."""

    def when(column: str) -> str:
        where = f"{raw.label}, {column}"
        others = {"timestamp", "available_at"} - {column}
        return parse.instant(
            engine,
            raw,
            expressions[column],
            timezone=policy.timezone,
            where=where,
            as_of=as_of,
            beside=[expressions[other] for other in others if other in expressions],
        )

    cells = {
        "customer_id": policy.ids.person(expressions["customer_id"]),
        "guest": is_guest(expressions["customer_id"], policy.ids.guests),
        "timestamp": when("timestamp"),
        "amount": "0.0",
    }
    if "amount" in expressions:
        # no negative zero: it would print as another amount
        amount = expressions["amount"]
        if amount.column is not None and amount.type == "VARCHAR":
            when_known = "true" if as_of is None else f"{cells['timestamp']} < DATE '{as_of}' + 1"
            reading = settle(engine, raw.name, amount.column, when_known)
            notes += [reading.note] if reading.note else []
            if reading.point is not None:
                amount = Expression(f"money({amount.sql}, {sql.text(reading.point)})", "DOUBLE")
        cells["amount"] = parse.number(amount, f"{raw.label}, amount") + " + 0.0"
    if {"discount", "voucher"} & set(expressions):
        cells["discounted"] = parse.discounted(
            expressions.get("discount"), expressions.get("voucher")
        )
    for column in _OPTIONAL:
        if column in expressions:
            kind = parse.text if column in {"channel", "category"} else identifier
            cells[column] = kind(expressions[column])
    cells["booked_on"] = cells["known_on"] = f"CAST({cells['timestamp']} AS DATE)"
    if "available_at" in expressions:
        available, given = when("available_at"), parse.text(expressions["available_at"])
        cells["known_on"] = f"greatest({cells['booked_on']}, CAST({available} AS DATE))"
        cells["unknown_when"] = f"{available} IS NULL AND NOT {no_time(given)}"
    if "currency" in expressions:
        cells["currency"] = f"upper({parse.text(expressions['currency'])})"
    return cells


def _not_now(policy: IntakePolicy, as_of: date | None) -> list[tuple[str, str]]:
    """Return what leaves a row out whatever it holds: who was erased, and what came too late."""
    later = [] if as_of is None else [(f"known_on > DATE '{as_of}'", LATER)]
    fates: list[tuple[str, str]] = []
    if policy.ids.erased is not None:  # before any reason for which a row is kept
        fates += [(f"erased AND {test}", fate) for test, fate in later] + [("erased", ERASED)]
    if policy.not_after is not None:
        fates.append((f"booked_on > DATE '{policy.not_after}'", _FUTURE))
    return fates + later


def _faults(cells: Mapping[str, str], currency: str | None) -> list[tuple[str, str]]:
    """Return what breaks the contract, and how it is called."""
    shown = "coalesce(CAST(timestamp_cell AS VARCHAR), timestamp_bad)"
    faults = [
        ("customer_id IS NULL", "no customer"),
        (f"timestamp IS NULL AND (timestamp_empty OR {no_time(shown)})", "no time"),
        ("timestamp IS NULL OR NOT isfinite(timestamp)", "unparsable time"),
        ("year(timestamp) < 1900", "time before 1900"),
        ("amount IS NULL AND amount_empty", "no amount"),
        ("amount IS NULL", "unparsable amount"),
        ("NOT isfinite(amount)", "amount not finite"),
        (f"abs(amount) >= {_HUGE} OR (amount <> 0 AND abs(amount) < {_TINY})", "impossible amount"),
    ]
    if "unknown_when" in cells:
        faults.append(("unknown_when", "unparsable available_at"))
    if "currency" in cells and currency is not None:
        other = f"currency IS DISTINCT FROM {sql.text(currency.upper())}"
        faults.append((other, "wrong currency"))
    if "repeat" in cells:
        faults.append(("repeat > 1", "duplicate line"))
    return faults


def _repeat(engine: Backend, raw: Raw) -> str:
    own = [name for name in columns_of(engine, raw.name) if name.lower() != "source_row"]
    every = ", ".join(sql.name(name) for name in own)
    return f"row_number() OVER (PARTITION BY {every} ORDER BY source_row)"


def _count(engine: Backend, checked: Checked) -> IntakeCounts:
    fates = checked.fates
    customers, first_day, last_day = sql.rows(
        engine,
        f"""SELECT count(DISTINCT customer_id), min(booked_on), max(booked_on)
        FROM {sql.name(checked.name)} WHERE fate = '{ACCEPTED}'""",
    )[0]
    return IntakeCounts(
        rows_in=sum(fates.values()),
        filtered_out=fates.get(FILTERED, 0),
        zero_amounts=fates.get(ZERO, 0),
        after_as_of=fates.get(LATER, 0),
        guests=fates.get(GUEST, 0),
        erased=fates.get(ERASED, 0),
        rejected=checked.reasons,
        accepted=fates.get(ACCEPTED, 0),
        customers=customers,
        first_day=first_day,
        last_day=last_day,
    )


def _refuse_if_none_left(counts: IntakeCounts, label: str, as_of: date | None) -> None:
    if counts.rows_in == 0:
        raise DataError("the source has no rows", where=label)
    if counts.accepted == 0:
        raise DataError(
            "no rows are left",
            where=label,
            got=Sentence(
                "{rows_in:,} {rows_in:form.row/rows}: {filtered_out:,} left out by filter, "
                "{after_as_of:,} after {as_of}, {guests:,} of guests, {erased:,} of the erased, "
                "{zero_amounts:,} of amount zero, {rejected:,} rejected",
                rows_in=counts.rows_in,
                filtered_out=counts.filtered_out,
                after_as_of=counts.after_as_of,
                as_of=as_of,
                guests=counts.guests,
                erased=counts.erased,
                zero_amounts=counts.zero_amounts,
                rejected=sum(counts.rejected.values()),
            ),
        )


def _one_currency(engine: Backend, raw: Raw, checked: Checked) -> None:
    currencies = sql.rows(
        engine,
        f"""SELECT currency, count(*) FROM {sql.name(checked.name)}
        WHERE fate IN ('{ACCEPTED}', '{ZERO}') AND currency IS NOT NULL
        GROUP BY currency ORDER BY count(*) DESC, currency LIMIT 5""",
    )
    if len(currencies) > 1:
        raise DataError(
            "the amounts are in several currencies",
            where=raw.label,
            got=Sentence(
                "{seen}",
                seen=[
                    Sentence("{code} in {n:,} {n:form.row/rows}", code=code, n=n)
                    for code, n in currencies
                ],
            ),
            hint=Sentence(
                "set currency: {currency} (the others are then rejected), or convert them",
                currency=currencies[0][0],
            ),
        )


def _accepted(engine: Backend, checked: Checked, optional: list[str], policy: IntakePolicy) -> str:
    if policy.ids.pseudonyms:  # only now: what an id looks like has had its say
        engine.raw_sql(
            f"UPDATE {sql.name(checked.name)} SET customer_id = {policy.ids.shown('customer_id')}"
            f" WHERE fate = '{ACCEPTED}'"
        )
    rows = engine.table(checked.name)
    rows = rows.filter(rows.fate == ACCEPTED).mutate(day=rows.booked_on)
    order = ["customer_id", "timestamp", "day", "booked_on", "known_on", "amount", *optional]
    rows = rows.select(order)
    name = fresh("transactions")
    engine.create_table(name, obj=net_by_order(rows) if policy.refunds == "by_order" else rows)
    return name


def fingerprint(engine: Backend, relation: str) -> str:
    """Return a digest of a relation's rows, whatever their order (16 hexadecimal digits).

    A sum over row digests does not depend on their order, and, unlike with an exclusive or, two
    equal rows do not cancel out. The digest of a row is the engine's own hash of its typed cells,
    which another version of DuckDB may compute differently: the version is part of what is told,
    so that what is equal is equal for certain.
    """
    cells = ", ".join(
        sql.name(column)
        for column in columns_of(engine, relation)
        if column != "booked_on"  # the timestamp's own day
    )
    told = f"version(), count(*), sum(hash({cells})::HUGEINT)"
    query = f"SELECT md5(concat_ws(':', {told})) FROM {sql.name(relation)}"
    return str(sql.rows(engine, query)[0][0])[:16]
