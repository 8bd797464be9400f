"""A second row that describes the first: what each column means, in words, above the rows."""

from __future__ import annotations

from dataclasses import replace

from ibis.backends.duckdb import Backend

from winback.data import sql
from winback.data.raw import DESCRIBES, Raw, columns_of, fresh
from winback.data.words import words_of

_LOOKED_AT = 50  # rows below it
_TOLD = 2  # columns of figures that it must tell of


def _names_again(engine: Backend, raw: Raw) -> Raw:
    """Put rows that say the columns' names again, as pages of a report do, among them."""
    texts = [name for name, kind in columns_of(engine, raw.name).items() if kind == "VARCHAR"]
    if len(texts) < _TOLD:
        return raw
    said = (f"trim({sql.name(name)}) = {sql.text(name)}" for name in texts[:_LOOKED_AT])
    same = f"coalesce({' AND '.join(said)}, false)"
    if not sql.rows(engine, f"SELECT 1 FROM {sql.name(raw.name)} WHERE {same} LIMIT 1"):
        return raw
    return _without(engine, raw, same)


def set_apart(engine: Backend, raw: Raw) -> Raw:
    """Put the row that describes the columns, in each file of a table, among the unreadable ones.

    It has words where every row below it has figures, in two columns or more.

    Parameters
    ----------
    engine, raw
        A table whose cells are text.

    Examples
    --------
    >>> import pandas as pd
    >>> from winback.data.connect import load, open_engine
    >>> engine = open_engine(threads=1)
    >>> cells = {"Order ID": ["Unique number.", "7", "8"], "Paid": ["What was paid.", "9.5", "3"]}
    >>> raw = set_apart(engine, load(engine, pd.DataFrame(cells)))
    >>> sql.rows(engine, f"SELECT * FROM {raw.name}")
    [(2, '7', '9.5'), (3, '8', '3')]
    """
    raw = _names_again(engine, raw)
    texts = [name for name, kind in columns_of(engine, raw.name).items() if kind == "VARCHAR"]
    relation = sql.name(raw.name)
    if len(texts) < _TOLD:
        return raw
    cells = ", ".join(f"trim({sql.name(name)})" for name in texts)
    # a bound, where the engine would sort all rows for the upper ones
    upper = f"source_row < (SELECT min(source_row) FROM {relation}) + {_LOOKED_AT}"
    top = sql.rows(engine, f"SELECT {cells} FROM {relation} WHERE {upper} ORDER BY source_row")
    if len(top) < _TOLD:
        return raw
    first, below = top[0], top[1:]
    told: list[str] = []
    nothing = words_of("cells")["missing"]
    for n, name in enumerate(texts):
        figures = [any(map(str.isdigit, row[n])) for row in below if row[n]]
        if not first[n] or not figures or not all(figures):
            continue
        cell = first[n].lower()
        if any(map(str.isdigit, cell)) or "@" in cell or cell in nothing:
            return raw
        told.append(f"trim({sql.name(name)}) = {sql.text(first[n])}")
    if len(told) < _TOLD:
        return raw
    return _without(engine, raw, f"coalesce({' AND '.join(told)}, false)")


def _without(engine: Backend, raw: Raw, same: str) -> Raw:
    """Return a table without the rows of a condition, which are noted as unreadable."""
    relation = sql.name(raw.name)
    view, unreadable = fresh("raw"), raw.unreadable or fresh("unreadable")
    engine.raw_sql(
        f"CREATE TABLE IF NOT EXISTS {sql.name(unreadable)} (source_row BIGINT, problem VARCHAR)"
    )
    engine.raw_sql(
        f"INSERT INTO {sql.name(unreadable)}"
        f" SELECT source_row, {sql.text(DESCRIBES)} FROM {relation} WHERE {same}"
    )
    engine.raw_sql(f"CREATE VIEW {sql.name(view)} AS FROM {relation} WHERE NOT {same}")
    return replace(raw, name=view, unreadable=unreadable, below=(*raw.below, raw.name))
