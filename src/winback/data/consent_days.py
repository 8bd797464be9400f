"""When somebody said yes or no: what is known at a day, and what is heeded all the same.

A yes that lies after the last known day is none yet. A no that lies after it is not known either,
so that nothing is measured by it; but a list goes out after that day, and whoever has refused by
then is left alone.
"""

from __future__ import annotations

from datetime import date

import sqlglot
from ibis.backends.duckdb import Backend
from sqlglot import exp

from winback.data import parse, sql
from winback.data.expressions import Expression
from winback.data.raw import Raw
from winback.errors import DataError

_YES, _NO = "NO_CONSENT", "OPTED_OUT"


def refusals(
    engine: Backend, raw: Raw, value: Expression, *, timezone: str, as_of: date | None
) -> tuple[str, str]:
    """Return SQL for whether somebody refuses, as known at `as_of`, and by the day of a later no.

    Parameters
    ----------
    engine, raw
        The table.
    value
        ``opt_out``: a flag, the day of a refusal, or an expression of `winback.data.consent`.
    timezone
        In which days are cut.
    as_of
        The last day that is known; ``None``: everything is.

    Returns
    -------
    tuple of str
        Whether they refuse; and whether they do not yet, but do later. Both are true, false or
        NULL. A day that may be read in two ways is taken for the later one.

    Examples
    --------
    >>> import datetime as dt
    >>> import pandas as pd
    >>> from winback.data.connect import load, open_engine
    >>> engine = open_engine(threads=1)
    >>> raw = load(engine, pd.DataFrame({"left": ["2024-01-05", "2024-03-01", ""]}))
    >>> value, known = Expression('"left"', "VARCHAR", column="left"), dt.date(2024, 2, 1)
    >>> by_then, later = refusals(engine, raw, value, timezone="UTC", as_of=known)
    >>> sql.rows(engine, f"SELECT {by_then}, {later} FROM {raw.name}")
    [(True, False), (False, True), (None, False)]
    """
    ever = parse.flag(value)
    if as_of is None:
        return ever, "false"
    tree = sqlglot.parse_one(value.sql, read="duckdb")
    calls = [
        node
        for node in tree.find_all(exp.Anonymous)
        if str(node.this).upper() in {_YES, _NO} and len(node.expressions) == 1
    ]
    if not calls:
        late = _late(engine, raw, value, timezone, as_of)
        return f"({ever} AND NOT {late})", f"coalesce({ever} AND {late}, false)"
    by_then = tree.copy()
    for of, only_yes in ((tree, True), (by_then, False)):
        for call in list(of.find_all(exp.Anonymous)):
            name = str(call.this).upper()
            if name not in {_YES, _NO} or len(call.expressions) != 1:
                continue
            cell = call.expressions[0].sql("duckdb")
            late = _late(engine, raw, _typed(engine, raw, cell), timezone, as_of)
            if name == _YES:
                call.replace(sqlglot.parse_one(f"no_consent({cell}, {late})", read="duckdb"))
            elif not only_yes:
                call.replace(
                    sqlglot.parse_one(f"(opted_out({cell}) AND NOT {late})", read="duckdb")
                )
    ever, known = (
        parse.flag(Expression(f"({of.sql('duckdb')})", value.type)) for of in (tree, by_then)
    )
    return known, f"coalesce({ever} AND NOT {known}, false)"


def _typed(engine: Backend, raw: Raw, cell: str) -> Expression:
    described = sql.rows(engine, f"DESCRIBE SELECT {cell} AS cell FROM {sql.name(raw.name)}")
    return Expression(cell, str(described[0][1]))


def _late(engine: Backend, raw: Raw, value: Expression, timezone: str, as_of: date) -> str:
    """Return SQL for whether cells are days after `as_of`; what is no day is not."""
    if value.type != "VARCHAR" and not value.type.startswith(("DATE", "TIMESTAMP")):
        return "false"
    try:
        moment = parse.instant(engine, raw, value, timezone=timezone, where="opt_out", as_of=as_of)
    except DataError:  # nothing shows whether the day or the month comes first
        zone = sql.text(timezone)
        both = (
            parse.text_instant(value, zone, form) for form in (parse.MONTH_FIRST, parse.DAY_FIRST)
        )
        moment = f"greatest({', '.join(both)})"
    return f"coalesce(CAST({moment} AS DATE) > DATE '{as_of}', false)"
