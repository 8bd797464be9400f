"""Several sources under names of their own, joined by one query that the engine runs over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ibis.backends.duckdb import Backend

from winback.data import sql
from winback.data.raw import Raw, fresh, view_of
from winback.errors import ConfigError, DataError, Sentence


def load(
    engine: Backend,
    sources: Mapping[str, Any],
    query: str | None,
    load_one: Callable[[Backend, Any], Raw],
) -> Raw:
    """Make a query over named sources a relation in the engine.

    Parameters
    ----------
    engine
        Where the query runs.
    sources
        What the query calls a table: a path, a folder, a glob, or a frame.
    query
        SQL (DuckDB's). Columns of CSV files are text.
    load_one
        Loads one source.

    Returns
    -------
    Raw
        The query's rows, numbered as they come. Lines of the files that cannot be read are in
        `unreadable`, numbered after them.

    Raises
    ------
    ConfigError
        There is no query.
    DataError
        A source cannot be read, or the query cannot be run.

    Examples
    --------
    >>> import pandas as pd
    >>> from winback.data.connect import open_engine, read_source
    >>> orders = pd.DataFrame({"id": [1], "customer": ["a"]})
    >>> lines = pd.DataFrame({"order_id": [1, 1], "price": [2.0, 3.0]})
    >>> joined = read_source(
    ...     open_engine(threads=1),
    ...     {"orders": orders, "lines": lines},
    ...     query="SELECT customer, price FROM lines JOIN orders ON orders.id = lines.order_id",
    ... )
    >>> sorted(joined.to_pyarrow()["price"].to_pylist())
    [2.0, 3.0]
    """
    if query is None:
        raise ConfigError(
            "several sources need a query that joins them",
            where="source",
            got=", ".join(sources),
            hint="write one with winback init FILE FILE",
        )
    loaded: dict[str, Raw] = {}
    table = fresh("joined")
    label = " + ".join(sources)
    try:
        for name, source in sources.items():
            loaded[name] = raw = load_one(engine, source)
            engine.raw_sql(
                f"CREATE OR REPLACE TEMP VIEW {sql.name(name)} AS"
                f" SELECT * EXCLUDE (source_row) FROM {sql.name(raw.name)}"
            )
        try:  # on lines of its own: the query may end in a comment
            engine.raw_sql(
                f"CREATE TABLE {sql.name(table)} AS\n{query.strip().rstrip(';')}\n".rstrip()
            )
        except sql.EngineError as error:
            raise DataError(
                "the query cannot be run over the files",
                where=label,
                got=sql.first_line(error),
                hint=Sentence(
                    "it may name {sources} and their columns", sources=", ".join(sources)
                ),
            ) from error
        unreadable = _unreadable(engine, loaded, table)
    finally:
        for name, raw in loaded.items():
            engine.raw_sql(f"DROP VIEW IF EXISTS temp.{sql.name(name)}")
            raw.drop(engine)
    return Raw(view_of(engine, table), label=label, unreadable=unreadable, behind=(table,))


def _unreadable(engine: Backend, loaded: Mapping[str, Raw], table: str) -> str | None:
    """Keep the lines that no query saw, so that they are counted all the same."""
    lost = {name: raw.unreadable for name, raw in loaded.items() if raw.unreadable}
    if not lost:
        return None
    unreadable = fresh("unreadable")
    parts = " UNION ALL ".join(
        f"SELECT problem || {sql.text(f' in {name}')} AS problem FROM {sql.name(lines)}"
        for name, lines in lost.items()
    )
    engine.raw_sql(
        f"CREATE TABLE {sql.name(unreadable)} AS SELECT row_number() OVER ()"
        f" + (SELECT count(*) FROM {sql.name(table)}) AS source_row, problem FROM ({parts})"
    )
    return unreadable
