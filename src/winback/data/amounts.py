"""Amounts as people write them: with a currency, with thousands apart, with a decimal comma."""

from __future__ import annotations

from ibis.backends.duckdb import Backend

from winback.data import sql

_ENOUGH = 0.8
_MONEY = r"(?:[$€£¥￥₹₽₩元]|[A-Za-z]{2,3}|zł|kr)?"
_APART = "[{0}'\u2019 \u00a0\u202f]"  # a thin space that does not break is what French writes
_WRITTEN = r"-?\s*{money}\s*-?(?:\d+|\d{{1,3}}(?:{apart}\d{{3}})+)(?:[{point}]\d+)?\s*{money}"


def reading_of(engine: Backend, relation: str, column: str) -> str | None:
    """Return an expression that reads a text column's amounts, if they need one and it is clear.

    Parameters
    ----------
    engine, relation, column
        Where the cells are.

    Returns
    -------
    str or None
        SQL over the column that takes away what its cells have besides a number, and makes a
        decimal comma a point. ``None`` where it would read no more cells than there are plain
        numbers, or fewer than 80%. Three digits after a comma are thousands, unless other cells
        show that the comma is the decimal one.

    Examples
    --------
    >>> import pandas as pd
    >>> from winback.data.connect import load, open_engine
    >>> engine = open_engine(threads=1)
    >>> def reading(*cells):
    ...     raw = load(engine, pd.DataFrame({"Total": cells}))
    ...     return reading_of(engine, raw.name, "Total")
    >>> reading("$1,234.50", "$3.00")
    "regexp_replace(Total, '[$,]', '', 'g')"
    >>> reading("12,50", "3,00")
    "replace(Total, ',', '.')"
    >>> reading("1 234,50 €")
    "replace(regexp_replace(Total, '[ €]', '', 'g'), ',', '.')"
    >>> reading("12.50") is None
    True
    """
    cell = f"trim({sql.name(column)})"
    shapes = [
        sql.text(_WRITTEN.format(money=_MONEY, apart=_APART.format(apart), point=point))
        for apart, point in ((",", "."), (".", ","))
    ]
    counts = ", ".join(f"count(*) FILTER (regexp_full_match({cell}, {s}))" for s in shapes)
    given, numbers, *written = sql.rows(
        engine,
        f"SELECT count(*), count(TRY_CAST({cell} AS DOUBLE)), {counts}"
        f" FROM {sql.name(relation)} WHERE {cell} <> ''",
    )[0]
    best = max(written)
    if best <= numbers or best < _ENOUGH * given:
        return None
    which = written.index(best)
    point = ".,"[which]
    signs = sql.rows(
        engine,
        f"""SELECT string_agg(DISTINCT sign, '' ORDER BY sign) FROM (
            SELECT unnest(regexp_extract_all({cell}, '[^0-9{point}-]')) AS sign
            FROM {sql.name(relation)} WHERE regexp_full_match({cell}, {shapes[which]}))""",
    )[0][0]
    expression = sql.bare(engine, column)
    if signs:
        expression = f"regexp_replace({expression}, {sql.text(f'[{signs}]')}, '', 'g')"
    return f"replace({expression}, ',', '.')" if point == "," else expression
