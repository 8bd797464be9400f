"""Which column holds the customers: many values that come back, and no amount, date or name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ibis.backends.duckdb import Backend

from winback.data import sql
from winback.data.column_names import plain, says
from winback.data.identity import MASKED
from winback.data.words import words_of
from winback.messages import Message

_MOST: Final = 0.5
_SOME: Final = 10  # rows or orders; fewer prove nothing
_MANY: Final = 100
_DATE: Final = r"\d{4}[-/.年]\d{1,2}[-/.月]\d.*|\d{1,2}[./]\d{1,2}[./]\d{2,4}.*"
_AMOUNT: Final = (
    r"[-+]?\d[\d,.]*[.,](\d\d|\d{0,5}[1-9])|[-+]?(\p{Sc}\s?\d[\d.,]*|\d[\d.,]*\s?\p{Sc})"
)
_NUMBER: Final = re.compile("(?i)n[uú]m[eé]ro|nummer|number|numar")
_PERSON: Final = r"\p{Lu}[\p{L}'.-]*( \p{L}[\p{L}'.-]*){1,3}"


@dataclass(frozen=True)
class Ids:
    """What a column looks like that may hold identifiers.

    Attributes
    ----------
    name
        The column.
    rows, distinct
        Its cells that are not empty and name no guest, and its different values.
    repeated
        Values that come in more than one row.
    most
        Rows of the value that has most.
    amounts, dates, people, masked
        Rows whose cells are written as amounts, as dates, as names of people, or are masked.
    """

    name: str
    rows: int
    distinct: int
    repeated: int
    most: int
    amounts: int
    dates: int
    people: int
    masked: int = 0

    @property
    def possible(self) -> bool:
        """Whether the cells are neither amounts nor dates."""
        return max(self.amounts, self.dates) <= _MOST * self.rows

    @property
    def plausible(self) -> bool:
        """Whether there are many values, none of which holds most rows, that no person bears."""
        few = self.rows >= _MANY and self.distinct**2 < self.rows
        few = few or (self.rows >= _SOME and self.distinct == 1)
        return not few and (self.rows < _MANY or self.most <= _MOST * self.rows) and not self.named

    @property
    def named(self) -> bool:
        """Whether the cells are written as names of people are, which two may share."""
        return self.people > _MOST * self.rows

    @property
    def message(self) -> Message:
        """The counts, to be told."""
        return Message("counts.ids", distinct=self.distinct, repeated=self.repeated)


def look_at_ids(engine: Backend, relation: str, name: str) -> Ids:
    """Count what a column's cells look like.

    Parameters
    ----------
    engine, relation, name
        Where the column is.

    Examples
    --------
    >>> import pandas as pd
    >>> from winback.data.connect import load, open_engine
    >>> engine = open_engine(threads=1)
    >>> lines = {"user": ["a", "a", "b"], "paid": ["9.50", "1.00", "2.00"]}
    >>> raw = load(engine, pd.DataFrame(lines))
    >>> print(look_at_ids(engine, raw.name, "user").message)
    2 values, 1 of them in several rows
    >>> look_at_ids(engine, raw.name, "paid").possible
    False
    """
    words = words_of("cells")
    nobody = [*words["missing"], *words["guests"]["words"], *words["guests"]["numbers"]]
    listed = ", ".join(sql.text(word.lower()) for word in nobody)
    counted = ", ".join(
        f"coalesce(sum(n) FILTER (regexp_full_match(v, {sql.text(shape)})), 0)"
        for shape in (_AMOUNT, _DATE, _PERSON)
    )
    counted += f", coalesce(sum(n) FILTER (regexp_matches(v, {sql.text(MASKED)})), 0)"
    counts = sql.rows(
        engine,
        f"""SELECT coalesce(sum(n), 0), count(*), count(*) FILTER (n > 1), coalesce(max(n), 0),
            {counted}
        FROM (SELECT trim(CAST(cell AS VARCHAR)) AS v, sum(n) AS n FROM (
                SELECT {sql.name(name)} AS cell, count(*) AS n FROM {sql.name(relation)} GROUP BY 1)
            GROUP BY 1)
        WHERE v <> '' AND lower(v) NOT IN ({listed})""",
    )[0]
    return Ids(name, *map(int, counts))


def is_person(name: str) -> bool:
    """Whether a column's name says that it holds names of people.

    Examples
    --------
    >>> is_person("Nome do cliente"), is_person("Username"), is_person("客户编号")
    (True, False, False)
    >>> is_person("Tipo y número de documento")  # a number is no nume
    False
    """
    short = plain(name)
    id_words = {word for names in words_of("columns")["names"]["customer_id"].values()
             for word in names.split()}  # fmt: skip
    return (
        short not in id_words and "username" not in short and says(_NUMBER.sub(" ", name), "people")
    )


def one_order_each(engine: Backend, relation: str, customer: str, order: str | None) -> int:
    """Return how many customers there are, if each of them has one order; 0 if not.

    Parameters
    ----------
    engine, relation, customer
        Where the identifiers are.
    order
        The column of orders; without one, every row is an order.

    Examples
    --------
    >>> import pandas as pd
    >>> from winback.data.connect import load, open_engine
    >>> engine = open_engine(threads=1)
    >>> lines = {"who": [n // 2 for n in range(40)], "order": [n // 2 for n in range(40)]}
    >>> raw = load(engine, pd.DataFrame(lines))
    >>> [one_order_each(engine, raw.name, "who", orders) for orders in ("order", None)]
    [20, 0]
    """
    who = sql.name(customer)
    which = "source_row" if order is None else sql.name(order)
    both = f"FROM {sql.name(relation)} WHERE {who} IS NOT NULL AND {which} IS NOT NULL"
    many = "count(*)" if order is None else f"count(DISTINCT {which})"
    customers, orders = sql.rows(engine, f"SELECT count(DISTINCT {who}), {many} {both}")[0]
    if customers != orders or customers < _SOME:
        return 0
    pairs = sql.rows(engine, f"SELECT count(*) FROM (SELECT DISTINCT {who}, {which} {both})")[0][0]
    return int(customers) if pairs == customers else 0


def steadier(engine: Backend, relation: str, customer: str, others: list[str]) -> list[Ids]:
    """Return columns that hold one value for each identifier, fewer values, and come back.

    Parameters
    ----------
    engine, relation, customer
        Where the identifiers are.
    others
        The columns that may be better ones.

    Returns
    -------
    list of Ids
        Those that are, the one with most values first.
    """
    better = []
    for name in others:
        ids = look_at_ids(engine, relation, name)
        if not (ids.possible and ids.plausible and ids.repeated and ids.rows):
            continue
        n, pairs = sql.rows(
            engine,
            f"SELECT count(DISTINCT a), count(*) FROM (SELECT DISTINCT {sql.name(customer)} AS a,"
            f" {sql.name(name)} AS b FROM {sql.name(relation)} WHERE b IS NOT NULL)",
        )[0]
        if pairs == n and ids.distinct < n:
            better.append(ids)
    return sorted(better, key=lambda ids: -ids.distinct)
