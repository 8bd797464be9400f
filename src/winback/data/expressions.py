"""Which of a source's columns, or which SQL expression over them, is which of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import sqlglot
from ibis.backends.duckdb import Backend
from sqlglot import exp

from winback.data import sql
from winback.data.contracts import TableContract
from winback.data.raw import Raw, columns_of
from winback.errors import ConfigError, DataError, Sentence
from winback.nearest import nearest

_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.Pow)
_COMPARISON = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
_OF_NUMBERS = (exp.Abs, exp.Round, exp.Ceil, exp.Floor, exp.Neg)
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")
# these hand on the value of a column as it is
_TRANSPARENT = (exp.Paren, exp.Coalesce)


@dataclass(frozen=True)
class Expression:
    """A SQL expression over the source's columns.

    Attributes
    ----------
    sql, type
        The expression, and the engine's type of it.
    column
        The source's column, where the expression is nothing else.
    casts
        Parts of the expression that are NULL where a cell cannot be read, each with that cell.
    """

    sql: str
    type: str
    column: str | None = None
    casts: tuple[tuple[str, str], ...] = ()


def resolve(
    engine: Backend,
    raw: Raw,
    contract: TableContract,
    columns: Mapping[str, str] | None,
    *,
    condition: str | None = None,
) -> tuple[dict[str, Expression], Expression | None]:
    """Find an expression for each of a contract's columns that the source has.

    Parameters
    ----------
    engine, raw
        The source, loaded.
    contract
        The columns that are looked for.
    columns
        Our name: a column of the source, or a SQL expression over its columns. A column of the
        contract that is not named here is the source's column of the same name, if it has one.
    condition
        A SQL condition over the source's columns.

    Returns
    -------
    tuple of dict and Expression
        The expressions by our name, and the condition. Text that is computed with or compared
        with a number is read as a number, and what cannot be read is NULL: one bad cell must not
        stop a job.

    Raises
    ------
    ConfigError
        A name in `columns` is not in the contract.
    DataError
        The source lacks a column, or an expression is not SQL over its columns.
    """
    columns = columns or {}
    for ours in columns:
        if ours not in contract.names():
            near = nearest(ours, contract.names())
            raise ConfigError(
                Sentence("{table} have no such column", table=contract.name),
                where="columns",
                got=ours,
                allowed=", ".join(contract.names()),
                hint=Sentence("did you mean {near}?", near=near) if near else None,
            )
    types = columns_of(engine, raw.name)
    types.pop("source_row")
    expressions: dict[str, Expression] = {}
    for column in contract.columns:
        ours = column.name
        written = columns.get(ours)
        if written is None:
            own = _own_column(ours, types)
            if own is not None:
                expressions[ours] = Expression(sql.name(own), types[own], column=own)
            elif column.required:
                near = nearest(ours, types)
                raise DataError(
                    Sentence("there is no column for {ours}", ours=ours),
                    where=raw.label,
                    got=Sentence("columns {columns}", columns=", ".join(types)),
                    hint=Sentence(
                        "set columns: {{{ours}: {near}}}", ours=ours, near=near or "NAME"
                    ),
                )
        else:
            expressions[ours] = _expression(engine, raw, f"columns.{ours}", written, types)
    if condition is None:
        return expressions, None
    return expressions, _expression(engine, raw, "filter", condition, types)


def columns_read(written: str, types: Mapping[str, str]) -> set[str]:
    """Return the source's columns that a good expression reads.

    Examples
    --------
    >>> columns_read("Order Date", {"Order Date": "DATE", "Date": "DATE"})
    {'Order Date'}
    >>> sorted(columns_read("qty * price", {"id": "VARCHAR", "Qty": "BIGINT", "price": "DOUBLE"}))
    ['Qty', 'price']
    """
    own = _own_column(written.strip(), types)
    if own is not None:
        return {own}
    tree = sqlglot.parse_one(written, read="duckdb")
    return {
        name
        for node in tree.find_all(exp.Column)
        if (name := _own_column(node.name, types)) is not None
    }


def _own_column(written: str, types: Mapping[str, str]) -> str | None:
    """Return the source's column of this name; the engine ignores case, and so does this."""
    if written in types:
        return written
    return next((name for name in types if name.lower() == written.lower()), None)


def _expression(
    engine: Backend, raw: Raw, where: str, written: str, types: Mapping[str, str]
) -> Expression:
    own = _own_column(written.strip(), types)
    if own is not None:
        return Expression(sql.name(own), types[own], column=own)
    try:
        tree = sqlglot.parse_one(written, read="duckdb")
        _refuse_if_not_of_one_row(where, written, tree)
        _refuse_if_text_is_measured(where, tree, types)
        forgiven = forgiving(tree, types)
        text = forgiven.sql("duckdb")
        # on a line of its own: the expression may end in a comment
        described = sql.rows(
            engine, f"DESCRIBE SELECT (\n{text}\n) AS value FROM {sql.name(raw.name)}"
        )
    except sqlglot.errors.SqlglotError as error:
        raise _not_sql(where, written) from error
    except sql.EngineError as error:
        unknown = _unknown(tree, types)
        if not unknown:
            raise _not_sql(where, f"{written} ({sql.first_line(error)})") from error
        near = nearest(unknown[0], types)
        raise DataError(
            Sentence("there is no column {column}", column=unknown[0]),
            where=f"{raw.label}, {where}",
            got=Sentence("columns {columns}", columns=", ".join(types)),
            hint=Sentence("did you mean {near}?", near=near) if near else None,
        ) from error
    return Expression(f"(\n{text}\n)", str(described[0][1]), casts=_casts(forgiven))


def _refuse_if_not_of_one_row(where: str, written: str, tree: exp.Expr) -> None:
    """Raise where an expression makes several rows of one, or reads anything but the row."""
    if tree.find(exp.Explode, exp.Posexplode, exp.Unnest) is not None:
        raise DataError(
            "the expression makes several rows of one",
            where=where,
            got=written,
            hint="list_sum, list_max and the like make one value of a list",
        )
    if tree.find(exp.Table) is not None:
        raise DataError(
            "the expression reads something else than the source's columns",
            where=where,
            got=written,
            hint="join other tables by a query over several sources",
        )


def _refuse_if_text_is_measured(where: str, tree: exp.Expr, types: Mapping[str, str]) -> None:
    """Raise where text is compared with a number in quotes: ``'9' > '10'`` by its letters."""
    texts = {name.lower() for name, kind in types.items() if kind == "VARCHAR"}
    for node in tree.find_all(exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between):
        sides = [node.args.get(side) for side in ("this", "expression", "low", "high")]
        columns = [s for s in sides if isinstance(s, exp.Column) and s.name.lower() in texts]
        quoted = [
            s.this
            for s in sides
            if isinstance(s, exp.Literal) and s.is_string and _NUMBER.fullmatch(s.this)
        ]
        if columns and quoted:
            raise DataError(
                "text would be compared with a number letter by letter",
                where=where,
                got=node.sql("duckdb"),
                hint=Sentence("write {number} without the quotation marks", number=quoted[0]),
            )


def _not_sql(where: str, got: str) -> DataError:
    return DataError("is not a SQL expression over the source's columns", where=where, got=got)


def _unknown(tree: exp.Expr, types: Mapping[str, str]) -> list[str]:
    names = {name.lower() for name in types}
    return [node.name for node in tree.find_all(exp.Column) if node.name.lower() not in names]


def forgiving(tree: exp.Expr, types: Mapping[str, str]) -> exp.Expr:
    """Make an expression give NULL, not an error, where a cell cannot be read.

    Examples
    --------
    >>> tree = sqlglot.parse_one("Quantity * UnitPrice", read="duckdb")
    >>> forgiving(tree, {"Quantity": "VARCHAR", "UnitPrice": "DOUBLE"}).sql("duckdb")
    'TRY_CAST(Quantity AS DOUBLE) * UnitPrice'
    >>> forgiving(sqlglot.parse_one("code <> 'POST'"), {"code": "VARCHAR"}).sql("duckdb")
    "code <> 'POST'"
    """
    texts = {name.lower() for name, kind in types.items() if kind == "VARCHAR"}
    for node in list(tree.find_all(exp.Column)):
        if node.name.lower() in texts and _meets_a_number(node):
            cast = exp.TryCast(this=node.copy(), to=exp.DataType.build("DOUBLE"))
            if node is tree:
                return cast
            node.replace(cast)

    def forgive(node: exp.Expr) -> exp.Expr:
        if type(node) is exp.Cast:
            return exp.TryCast(**node.args)
        if isinstance(node, exp.StrToTime):
            return exp.Anonymous(this="TRY_STRPTIME", expressions=[node.this, node.args["format"]])
        return node

    return tree.transform(forgive)


def _casts(tree: exp.Expr) -> tuple[tuple[str, str], ...]:
    """Return the parts that may fail, each with what it reads."""
    parts = [
        (node, node.this if isinstance(node, exp.TryCast) else node.expressions[0])
        for node in tree.find_all(exp.TryCast, exp.Anonymous)
        if isinstance(node, exp.TryCast) or str(node.this).upper() in {"TRY_STRPTIME", "MONEY"}
        # what a lambda or a subquery names is nothing outside
        if not node.find_ancestor(exp.Lambda, exp.Query)
    ]
    return tuple((part.sql("duckdb"), read.sql("duckdb")) for part, read in parts)


def _meets_a_number(node: exp.Expr) -> bool:
    parent = node.parent
    while isinstance(parent, _TRANSPARENT):
        node, parent = parent, parent.parent
    if isinstance(parent, _OF_NUMBERS):
        return True
    if isinstance(parent, exp.Between | exp.In):
        others = [parent.args.get("low"), *parent.expressions]
        return parent.this is node and any(_is_number(other) for other in others)
    if isinstance(parent, (*_ARITHMETIC, *_COMPARISON)):
        other = parent.expression if parent.this is node else parent.this
        if isinstance(parent, _COMPARISON):
            return _is_number(other)
        # a date plus an interval stays a date
        return not isinstance(other, exp.Interval)
    return False


def _is_number(node: exp.Expr | None) -> bool:
    if isinstance(node, exp.Paren | exp.Neg):
        return _is_number(node.this)
    if isinstance(node, exp.Literal):
        return not node.is_string
    return isinstance(node, (*_ARITHMETIC, *_OF_NUMBERS))
