"""DuckDB behind Ibis, where Ibis 12 still speaks to DuckDB 1.

Ibis 12 calls methods of a DuckDB connection that DuckDB 2 deprecated or removed. The methods
below are the ones that winback meets; each can go once Ibis is released for DuckDB 2.
"""

from __future__ import annotations

from typing import Any

import duckdb
import ibis
import ibis.common.exceptions
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend
from ibis.util import gen_name

from winback.data.sql import quiet

_TEMPORARY = ("temp", "main")


class Engine(Backend):  # type: ignore[misc]  # Ibis has no types
    """An Ibis backend for DuckDB 2; open one with `winback.data.connect.open_engine`."""

    def do_connect(self, *arguments: Any, **options: Any) -> None:
        """Connect, and leave standard output to the job."""
        super().do_connect(*arguments, **options)
        quiet(self.con)

    def get_schema(
        self, table_name: str, *, catalog: str | None = None, database: str | None = None
    ) -> Any:
        """Return a table's columns and types."""
        parts = [part for part in (catalog, database, table_name) if part is not None]
        path = ".".join('"' + part.replace('"', '""') + '"' for part in parts)
        try:
            return self._get_schema_using_query(f"SELECT * FROM {path}")
        except duckdb.CatalogException as error:
            raise ibis.common.exceptions.TableNotFound(table_name) from error

    def _get_schema_using_query(self, query: str) -> Any:
        described = self.con.execute(f"DESCRIBE {query}").fetchall()
        to_type = self.compiler.type_mapper.from_string
        return ibis.schema(
            {name: to_type(kind, nullable=null == "YES") for name, kind, null, *_ in described}
        )

    def list_tables(self, *, like: str | None = None, database: Any = None) -> list[str]:
        """Return the names of the tables and views, of one schema or of the current one."""
        rows = self.con.execute(
            "SELECT DISTINCT table_name FROM information_schema.tables"
            " WHERE table_catalog IN (current_database(), 'temp')"
            " AND table_schema = coalesce(?, current_schema())",
            [database],
        ).fetchall()
        return list(self._filter_with_like([name for (name,) in rows], like))

    def create_table(self, name: str, /, obj: Any = None, **options: Any) -> ir.Table:
        """Create a table from an Ibis table or from a frame in memory."""
        if obj is not None and not isinstance(obj, ir.Expr):
            obj = ibis.memtable(obj)
        return super().create_table(name, obj, **options)

    def to_pyarrow_batches(
        self,
        expr: ir.Expr,
        /,
        *,
        params: Any = None,
        limit: int | str | None = None,
        chunk_size: int = 1_000_000,
        **_: Any,
    ) -> pa.RecordBatchReader:
        """Return a result as a stream; the engine can be used while it is read."""
        self._run_pre_execute_hooks(expr)
        query = self.compile(expr.as_table(), params=params, limit=limit)
        # a stream blocks its connection until it is drained, so it gets one of its own
        cursor = self.con.cursor()
        quiet(cursor)
        cursor.execute("SET TimeZone = 'UTC'").fetchall()
        try:
            return cursor.sql(query).to_arrow_reader(chunk_size)
        except duckdb.CatalogException:
            # frames in memory are known to the first connection only
            return self.con.sql(query).to_arrow_reader(chunk_size)

    def lay_down(self, query: str, name: str | None = None) -> ir.Table:
        """Run a query now, and leave its rows here until the engine is closed.

        Parameters
        ----------
        query
            SQL of this engine.
        name
            The table's, in place of an earlier one; unset: a new one.
        """
        name = name or gen_name("laid")
        self.con.execute(f'CREATE OR REPLACE TEMP TABLE "{name}" AS {query}')
        return self.table(name, database=_TEMPORARY)

    def compiled(self, table: ir.Table) -> str:
        """Return the SQL of a table, to be run as often as wanted on what lies in the engine."""
        self._run_pre_execute_hooks(table)  # frames in memory become known here
        query: str = self.compile(table)
        return query


def laid_down(table: ir.Table) -> ir.Table:
    """Compute a table now, and leave its rows in winback's engine until that is closed.

    Another engine, such as that of a table in memory, computes it whenever it is read.
    """
    engine = ibis.get_backend(table)
    if not isinstance(engine, Engine):
        return table
    return engine.create_table(gen_name("laid"), table, temp=True)


def let_go(table: ir.Table) -> None:
    """Drop the rows of a table that was laid down, once nobody reads it any more."""
    engine = ibis.get_backend(table)
    if isinstance(engine, Engine):
        engine.con.execute(f'DROP TABLE "{table.op().name}"')
