"""Which column of one table names the rows of another: by their names, and by their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import Final

from winback.data import sql
from winback.data.column_guess import Columns
from winback.data.column_names import named, names_of, plain, says
from winback.messages import Message

_BY_NAME: Final = 0.5  # of the rows; fewer matches are no key, whatever the names
_BY_VALUE: Final = 0.9
_SOME: Final = 20  # different values; fewer meet by chance
_LONG: Final = 4  # letters; shorter values meet by chance
_GENERIC: Final = {"id", "name", "status", "date", "email", "type", "currency", "number", "code"}


@dataclass(frozen=True)
class Link:
    """Rows of one table that each name one row of another.

    Attributes
    ----------
    many, one
        The tables.
    key, unique
        The column of `many`, and the column of `one` that it names.
    rows, matched
        Rows of `many`, and those that find their row of `one`.
    values, met
        Values of `unique`, and those that any row of `many` names.
    alike
        Whether the columns' types are the same.
    repeated
        Values of `unique` that come several times: a join would multiply rows.
    """

    many: str
    one: str
    key: str
    unique: str
    rows: int
    matched: int
    values: int
    met: int
    alike: bool = True
    repeated: int = 0

    @property
    def message(self) -> Message:
        """The counts, to be told."""
        said = Message(
            "note.link",
            many=self.many,
            key=self.key,
            one=self.one,
            unique=self.unique,
            matched=self.matched,
            rows=self.rows,
            met=self.met,
            values=self.values,
        )
        if not self.repeated:
            return said
        return Message("note.link_repeated", said=said, repeated=self.repeated)


def find_links(tables: Mapping[str, Columns]) -> list[Link]:
    """Return, for each two tables, the best link from rows to what they name.

    Parameters
    ----------
    tables
        The tables, loaded in one engine.

    Returns
    -------
    list of Link
        Those with `repeated` are none to join by.

    Examples
    --------
    >>> import pandas as pd
    >>> from winback.data.connect import load, open_engine
    >>> from winback.data.raw import columns_of
    >>> engine = open_engine(threads=1)
    >>> def table(frame):
    ...     raw = load(engine, pd.DataFrame(frame))
    ...     types = columns_of(engine, raw.name)
    ...     return Columns(engine, raw, {c: t for c, t in types.items() if c != "source_row"})
    >>> orders = table({"id": ["o1", "o2", "o3"], "customer": ["a", "b", "b"]})
    >>> lines = table({"order_id": ["o1", "o1", "o2"], "price": [2.0, 3.0, 4.0]})
    >>> [(link.key, link.one) for link in find_links({"orders": orders, "lines": lines})]
    [('order_id', 'orders')]
    """
    links: list[Link] = []
    for many, one in permutations(tables, 2):
        pairs = _by_name(tables[many], tables[one], one)
        measured = [_measure(tables, (many, key), (one, unique)) for key, unique in pairs]
        good = [link for link in measured if link.rows and link.matched >= _BY_NAME * link.rows]
        if not good:
            others = [_measure(tables, *ends) for ends in _by_value(tables, many, one)]
            good = [
                link
                for link in others
                if not link.repeated and link.met >= _SOME and link.matched >= _BY_VALUE * link.rows
            ]
        if good:
            links.append(max(good, key=lambda link: (not link.repeated, link.matched, link.met)))
    return links


def _by_name(many: Columns, one: Columns, name: str) -> list[tuple[str, str]]:
    """Return pairs of columns whose names say that one names the other."""
    stem = plain(name).removesuffix("s")
    pairs = []
    for unique in one.types:
        short = plain(unique)
        for key in many.types:
            same = plain(key) == short and short not in _GENERIC
            of_it = plain(key) in {stem + short, stem} and short in _GENERIC | {stem}
            if same or of_it:
                pairs.append((key, unique))
    for ours in ("order_id", "customer_id"):
        both = [named(table.left.items(), names_of(ours)) for table in (many, one)]
        pairs += [(key, unique) for key in both[0][:2] for unique in both[1][:2]]
    numbers = [
        [name for name in table.types if table.is_number_sign(name)] for table in (many, one)
    ]
    pairs += [(key, unique) for key in numbers[0] for unique in numbers[1]]
    return [
        (key, unique)
        for key, unique in dict.fromkeys(pairs)
        if not (one.is_dated(unique) or says(unique, "not_amounts"))
    ]


def _by_value(
    tables: Mapping[str, Columns], many: str, one: str
) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    """Return pairs of columns of long values, whatever they are called."""
    ends: list[list[str]] = []
    for name in (many, one):
        table = tables[name]
        counts = ", ".join(
            f"coalesce(min(length(CAST({c} AS VARCHAR))), 0), count(DISTINCT {c}), count({c})"
            for c in map(sql.name, table.types)
        )
        numbers = sql.rows(table.engine, f"SELECT {counts} FROM {sql.name(table.raw.name)}")[0]
        ends.append(
            [
                column
                for place, column in enumerate(table.types)
                if numbers[3 * place] >= _LONG
                and numbers[3 * place + 1] >= _SOME
                and (name == many or numbers[3 * place + 1] == numbers[3 * place + 2])
                and not table.is_dated(column)
            ]
        )
    return [((many, key), (one, unique)) for key in ends[0] for unique in ends[1]]


def _measure(tables: Mapping[str, Columns], many: tuple[str, str], one: tuple[str, str]) -> Link:
    """Count how many rows find one."""
    table, other = tables[many[0]], tables[one[0]]
    left, right = sql.name(table.raw.name), sql.name(other.raw.name)
    key, unique = (f"CAST({sql.name(column)} AS VARCHAR)" for column in (many[1], one[1]))
    rows, matched, values, met, repeated = sql.rows(
        table.engine,
        f"""WITH k AS (SELECT {unique} AS v, count(*) AS n FROM {right}
            WHERE {unique} <> '' GROUP BY 1),
        r AS (SELECT {key} AS v, count(*) AS n FROM {left} GROUP BY 1)
        SELECT (SELECT sum(n) FROM r), (SELECT coalesce(sum(n), 0) FROM r SEMI JOIN k USING (v)),
            (SELECT count(*) FROM k), (SELECT count(*) FROM k SEMI JOIN r USING (v)),
            (SELECT count(*) FROM k WHERE n > 1)""",
    )[0]
    alike = table.types[many[1]] == other.types[one[1]]
    counts = (int(rows or 0), int(matched), int(values), int(met))
    return Link(many[0], one[0], many[1], one[1], *counts, alike=alike, repeated=int(repeated))
