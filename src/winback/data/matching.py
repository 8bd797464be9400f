"""Whether a further table speaks of the customers who bought, and what would mend it if not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from winback.data import sql
from winback.errors import DataError, Sentence
from winback.messages import Message

FEW: Final = 0.10  # of the smaller side; a table of permissions below it stops the job
_WORTH = 0.05  # a mending that finds so many more of the identifiers is one
# what one export does to identifiers and another does not, the most careful first
_MENDINGS: Final = {
    "removing leading zeros": "coalesce(nullif(ltrim({0}, '0'), ''), '0')",
    "ignoring case": "lower({0})",
    "ignoring blanks, dashes and dots": r"regexp_replace({0}, '[\s._()-]', '', 'g')",
    "keeping the number at the end": r"ltrim(nullif(regexp_extract({0}, '(\d+)\D*$', 1), ''), '0')",
    "keeping the last ten digits": (
        r"nullif(regexp_extract(regexp_replace({0}, '\D', '', 'g'), '\d{{10}}$'), '')"
    ),
    "ignoring case, blanks, dashes, dots and leading zeros": (
        r"ltrim(regexp_replace(lower({0}), '[\s._()-]', '', 'g'), '0')"
    ),
}

__all__ = ["Match", "match", "refuse_if_few"]


@dataclass(frozen=True)
class Match:
    """How many identifiers of a table are those of customers who bought.

    Attributes
    ----------
    name
        The table, as the job calls it.
    ids, matched
        Its distinct identifiers, and those that are in the transactions.
    customers
        Distinct customers of the transactions.
    mended, mending
        How many match after the nearest mending, and which that is; ``None`` where none helps.
    example
        An identifier that matches nobody, and one of a customer who bought.
    """

    name: str
    ids: int
    matched: int
    customers: int
    mended: int = 0
    mending: str | None = None
    example: tuple[str, str] | None = None

    @property
    def few(self) -> bool:
        """Whether fewer match than can be right by chance, or a mending would find more."""
        if self.ids == 0 or self.customers == 0:
            return False
        return self.matched < FEW * min(self.ids, self.customers) or self.mending is not None

    @property
    def message(self) -> Message:
        """How many match, to be told."""
        said = Message("match.found", matched=self.matched, ids=self.ids, table=self.name)
        if self.mending is not None:
            said = Message(
                "match.mended", said=said, mended=self.mended, ids=self.ids, mending=self.mending
            )
        if self.few and self.example is not None:
            theirs, ours = map(repr, self.example)
            said = Message("match.example", said=said, theirs=theirs, ours=ours)
        return said


def match(engine: Backend, bought: ir.Table, table: ir.Table, name: str) -> Match:
    """Count how many customers of a table are customers who bought.

    Parameters
    ----------
    engine
        Where both tables are.
    bought
        The transactions.
    table, name
        The further table, with ``customer_id``, and what the job calls it.

    Returns
    -------
    Match
        The counts, and the nearest mending if it would find many more.

    Examples
    --------
    >>> import pandas as pd
    >>> from winback.data.connect import open_engine
    >>> from winback.data.events import read_table
    >>> from winback.data.intake import read_transactions
    >>> engine = open_engine(threads=1)
    >>> orders = {"customer_id": ["007", "008"], "timestamp": "2024-03-01", "amount": 5.0}
    >>> bought = read_transactions(pd.DataFrame(orders), engine=engine).table
    >>> people = pd.DataFrame({"customer_id": ["7", "9"], "opt_out": "yes"})
    >>> table = read_table("customers", people, engine=engine).table
    >>> print(match(engine, bought, table, "crm").message)
    0 of 2 customers of data.crm are in the transactions; 1 of 2 match after removing leading zeros\
 ('7' beside '007')
    """
    ours, theirs = (sql.name(relation.get_name()) for relation in (bought, table))
    buyers, ids = (
        f"(SELECT DISTINCT customer_id AS id FROM {t} WHERE customer_id IS NOT NULL)"
        for t in (ours, theirs)
    )
    n_ids, customers, matched = sql.rows(
        engine,
        f"SELECT (SELECT count(*) FROM {ids}), (SELECT count(*) FROM {buyers}),"
        f" (SELECT count(*) FROM {ids} AS t SEMI JOIN {buyers} AS b USING (id))",
    )[0]
    counted = Match(name, n_ids, matched, customers)
    if matched in (n_ids, customers) or not n_ids:
        return counted
    lost = f"(SELECT id FROM {ids} AS t ANTI JOIN {buyers} AS b USING (id))"
    unmet = f"(SELECT id FROM {buyers} AS b ANTI JOIN {ids} AS t USING (id))"
    best, how = 0, None
    example: tuple[str, str] | None = None
    for mending, key in _MENDINGS.items():
        mended, left, right = sql.rows(
            engine,
            f"""SELECT count(DISTINCT t.id), min(t.id), min(b.id)
            FROM {lost} AS t JOIN {unmet} AS b
            ON {key.format("t.id")} = {key.format("b.id")}""",
        )[0]
        if mended > best:
            best, how, example = mended, mending, (left, right)
    if best >= max(1, _WORTH * n_ids):
        return Match(name, n_ids, matched, customers, matched + best, how, example)
    least = f"SELECT (SELECT min(id) FROM {lost}), (SELECT min(id) FROM {unmet})"
    left, right = sql.rows(engine, least)[0]
    return Match(name, n_ids, matched, customers, example=(left, right))


def refuse_if_few(overlap: Match, label: str) -> None:
    """Raise where a table of permissions does not speak of those who bought.

    Raises
    ------
    DataError
        Few match: who does not want to be contacted would be.
    """
    if overlap.few:
        hint = Sentence("if it is right, set data.{name}.accept_unmatched: true", name=overlap.name)
        if overlap.mending is not None:
            hint = Sentence(
                "both ways of writing become one ({mending}) with `customer_id: {expression}`, "
                "under data.transactions.columns and under data.{name}.columns, YOUR_COLUMN being "
                "what customer_id is there; {otherwise}",
                mending=Message("mended", how=overlap.mending),
                expression=_MENDINGS[overlap.mending].format("CAST(YOUR_COLUMN AS VARCHAR)"),
                name=overlap.name,
                otherwise=hint,
            )
        raise DataError(
            Sentence(
                "who does not want to be contacted is hardly found: {message}",
                message=overlap.message,
            ),
            where=label,
            hint=hint,
        )
