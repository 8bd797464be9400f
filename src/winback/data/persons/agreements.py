"""Which ids agree: they carry the same value of a kind, or of several kinds at once."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from ibis.backends.duckdb import Backend

from winback.data import sql
from winback.data.raw import fresh


@dataclass(frozen=True)
class LinkTerms:
    """When two ids are one person.

    Attributes
    ----------
    rules
        Kinds that must all agree, the most trusted rule first. A kind that persons share, such as
        a device or a family's telephone, belongs into a rule with another or into none.
    unique
        Kinds of which one person has one value: a link that would give them two is dropped.
    most_ids
        A value that more ids carry says nothing about a person: it is a shop's till, a placeholder.
    region
        Two letters (ISO 3166): whose telephone numbers are written without a country's code.
    apart
        Pairs of ids that somebody has found to be two persons. They stay two, whatever agrees.
    """

    rules: tuple[tuple[str, ...], ...] = (
        ("union_id",),
        ("member_number",),
        ("email",),
        ("phone",),
    )
    unique: tuple[str, ...] = ("union_id", "member_number", "email")
    most_ids: int = 10
    region: str | None = None
    apart: tuple[tuple[str, str], ...] = ()


def lay_down(engine: Backend, laid: str, terms: LinkTerms) -> str:
    """Return the name of a relation: who carries which values of each rule, with how many others.

    Parameters
    ----------
    engine, laid
        As from `winback.data.persons.identifiers.identifiers`.
    terms
        The rules.

    Returns
    -------
    str
        Its columns: ``rule`` (its place), ``code``, ``key`` (the values), ``seen_on``,
        ``carriers``, ``head`` (the first code that carries the same).
    """
    carried = fresh("carried")
    parts = " UNION ALL ".join(
        f"SELECT {place} AS rule, * FROM ({_carried(laid, rule)})"
        for place, rule in enumerate(terms.rules)
    )
    engine.raw_sql(
        f"""CREATE TABLE {carried} AS SELECT *, count(*) OVER who AS carriers,
            min(code) OVER who AS head FROM ({parts}) WINDOW who AS (PARTITION BY rule, key)"""
    )
    return carried


def agreements(engine: Backend, carried: str, most_ids: int) -> pd.DataFrame:
    """Link every id to the first that carries the same, rule by rule.

    Returns
    -------
    DataFrame
        ``one`` < ``other`` (codes), ``rule`` (its place), ``seen_on``, ``carriers`` (how many ids
        carry the value). As many rows as it takes to connect who agrees, not all pairs.
    """
    return _typed(
        engine,
        f"SELECT head AS one, code AS other, rule, seen_on, carriers FROM {carried}"
        f" WHERE code <> head AND carriers <= {most_ids}",
    )


def every_pair(engine: Backend, carried: str, most_ids: int, codes: pd.Series) -> pd.DataFrame:
    """Return all pairs of some ids that agree, as `agreements` does for some."""
    engine.con.register("doubted", pd.DataFrame({"code": codes}))
    pairs = _typed(
        engine,
        f"""SELECT a.code AS one, b.code AS other, rule,
            greatest(a.seen_on, b.seen_on) AS seen_on, a.carriers
        FROM {carried} a JOIN {carried} b USING (rule, key)
        WHERE a.code < b.code AND a.carriers <= {most_ids}
        AND a.code IN (SELECT code FROM doubted)""",
    )
    engine.con.unregister("doubted")
    return pairs


def too_many(engine: Backend, carried: str, most_ids: int) -> int:
    """Count the values that more ids carry than a person has."""
    counted = f"SELECT DISTINCT rule, key FROM {carried} WHERE carriers > {most_ids}"
    return int(sql.rows(engine, f"SELECT count(*) FROM ({counted})")[0][0])


def _carried(laid: str, rule: tuple[str, ...]) -> str:
    """Return SQL for who carries which values of one rule."""
    tables = ", ".join(f"{laid} t{place}" for place in range(len(rule)))
    kinds = [f"t{place}.kind = {sql.text(kind)}" for place, kind in enumerate(rule)]
    same = [f"t{place}.code = t0.code" for place in range(1, len(rule))]
    there = [f"t{place}.value IS NOT NULL" for place in range(len(rule))]
    key = ", ".join(f"t{place}.value" for place in range(len(rule)))
    seen = ", ".join(f"t{place}.seen_on" for place in range(len(rule)))
    return f"""SELECT t0.code, [{key}] AS key, max(greatest({seen}, NULL)) AS seen_on
        FROM {tables} WHERE {" AND ".join([*kinds, *same, *there])} GROUP BY ALL"""


def _typed(engine: Backend, query: str) -> pd.DataFrame:
    ordered = f"SELECT * FROM ({query}) ORDER BY rule, seen_on DESC NULLS LAST, one, other"
    links: pd.DataFrame = engine.con.execute(ordered).df()
    return links
