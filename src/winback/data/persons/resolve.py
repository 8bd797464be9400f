"""From what ids carry to persons, with the reason of every merge and of every link dropped."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis.backends.duckdb import Backend

from winback.data import sql
from winback.data.identity import OWN_ID, PERSON_ID
from winback.data.persons.agreements import (
    LinkTerms,
    agreements,
    every_pair,
    lay_down,
    too_many,
)
from winback.data.persons.components import Codes, connected, in_doubt, under_constraints
from winback.data.persons.identifiers import identifiers
from winback.data.raw import fresh


@dataclass(frozen=True)
class Persons:
    """Who is who.

    Attributes
    ----------
    relation
        Name of a relation in the engine (`OWN_ID`, `PERSON_ID`), of the ids that are another's.
    merges
        Its rows with the reason: ``person_id``, ``customer_id``, ``rule`` (the most trusted that
        joined it, kinds with ``+``), ``seen_on``, ``carriers`` (how many ids carry the value; more
        than two are worth a look), ``ids`` (how many the person has).
    dropped
        Links that were not made: ``one``, ``other`` (ids), ``rule``, ``seen_on``.
    ids, persons
        How many ids there are, and how many persons behind them.
    shared
        How many values said nothing, since too many ids carry them.
    """

    relation: str
    merges: pd.DataFrame
    dropped: pd.DataFrame
    ids: int
    persons: int
    shared: int


def resolve_persons(
    engine: Backend,
    table: ir.Table,
    terms: LinkTerms = LinkTerms(),  # noqa: B008 - frozen
) -> Persons:
    """Find the persons behind ids.

    A person is called by that of their ids which was seen first (then by its text), so that names
    stay while ids come in, and depend on nobody else's.

    Parameters
    ----------
    engine
        From `winback.data.connect.open_engine`.
    table
        Read by `winback.data.events.read_table` with the contract ``identities``, up to a day.
    terms
        When two ids are one person.

    Examples
    --------
    >>> from winback.data.connect import open_engine
    >>> from winback.data.events import read_table
    >>> said = pd.DataFrame(
    ...     {
    ...         "customer_id": ["till-7", "web-1", "web-2", "web-3"],
    ...         "phone": ["138 0013 8000", "+86 13800138000", None, "13800138000"],
    ...         "email": [None, "li@example.cn", "LI@example.cn", "wang@example.cn"],
    ...     }
    ... )
    >>> engine = open_engine()
    >>> read = read_table("identities", said, engine=engine)
    >>> found = resolve_persons(engine, read.table, LinkTerms(region="CN"))
    >>> found.merges[["person_id", "customer_id", "rule"]].values.tolist()
    [['till-7', 'web-1', 'phone'], ['till-7', 'web-2', 'email']]
    >>> found.dropped[["one", "other", "rule"]].values.tolist()
    [['till-7', 'web-3', 'phone'], ['web-1', 'web-3', 'phone']]
    """
    laid = identifiers(engine, table, terms.region)
    names = engine.con.execute(f"SELECT DISTINCT code, customer_id FROM {laid} ORDER BY code").df()[
        "customer_id"
    ]
    carried = lay_down(engine, laid, terms)
    links = agreements(engine, carried, terms.most_ids)
    kinds = ", ".join(map(sql.text, terms.unique)) or "NULL"
    unique = engine.con.execute(
        f"SELECT code, kind, value FROM {laid} WHERE kind IN ({kinds}) AND value IS NOT NULL"
    ).df()
    code_of = pd.Series(names.index, index=names)
    pairs = [pair for pair in terms.apart if code_of.index.isin(pair).sum() == len(pair)]
    apart: Codes = code_of.reindex(np.ravel(pairs)).to_numpy(np.int64).reshape(-1, 2)
    head = connected(len(names), links)
    dropped = links.iloc[:0]
    if (doubted := in_doubt(head, unique, apart)).size:
        codes = pd.Series(np.flatnonzero(np.isin(head, doubted)))
        kept, dropped = under_constraints(
            every_pair(engine, carried, terms.most_ids, codes), unique, apart
        )
        links = pd.concat([links[~links["one"].isin(codes)], kept], ignore_index=True)
        head = connected(len(names), links)
        apart_still = head[dropped["one"]] != head[dropped["other"]]
        dropped = dropped[apart_still]
    merges = _merges(names, head, links, terms)
    relation = fresh("persons")
    engine.con.register("merged", merges)
    engine.raw_sql(
        f"CREATE TABLE {relation} AS SELECT CAST(customer_id AS VARCHAR) AS {OWN_ID},"
        f" CAST(person_id AS VARCHAR) AS {PERSON_ID} FROM merged"
    )
    engine.con.unregister("merged")
    shared = too_many(engine, carried, terms.most_ids)
    for scratch in (laid, carried):
        engine.raw_sql(f"DROP TABLE {scratch}")
    return Persons(
        relation=relation,
        merges=merges,
        dropped=_named(dropped, names, terms),
        ids=len(names),
        persons=len(names) - len(merges),
        shared=shared,
    )


def _merges(names: pd.Series, head: Codes, links: pd.DataFrame, terms: LinkTerms) -> pd.DataFrame:
    """Give the reason of each id that is another's: its best link."""
    ends = pd.concat(
        [links.assign(code=links["other"]), links.assign(code=links["one"])], ignore_index=True
    )
    best = ends.drop_duplicates("code").set_index("code") if len(ends) else ends
    codes = np.flatnonzero(head != np.arange(len(head)))
    why = best.reindex(codes)
    return pd.DataFrame(
        {
            "person_id": names.to_numpy()[head[codes]],
            "customer_id": names.to_numpy()[codes],
            "rule": [" + ".join(terms.rules[int(place)]) for place in why["rule"]],
            "seen_on": why["seen_on"].to_numpy(),
            "carriers": why["carriers"].to_numpy(),
            "ids": np.bincount(head, minlength=len(head))[head[codes]],
        }
    )


def _named(dropped: pd.DataFrame, names: pd.Series, terms: LinkTerms) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "one": names.to_numpy()[dropped["one"].to_numpy(np.int64)],
            "other": names.to_numpy()[dropped["other"].to_numpy(np.int64)],
            "rule": [" + ".join(terms.rules[int(place)]) for place in dropped["rule"]],
            "seen_on": dropped["seen_on"].to_numpy(),
        }
    )
