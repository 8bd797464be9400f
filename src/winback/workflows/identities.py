"""Which ids are one person: what was merged and why, what was not, and the money behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from winback.errors import UsageError
from winback.messages import Message
from winback.plain import records

if TYPE_CHECKING:
    import pandas as pd

    from winback.data.persons import Persons
    from winback.lists.columns import Columns
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables

FILES = ("identities.parquet", "identities.csv", "identities_dropped.csv")
MERGES: Columns = {
    "person_id": "text",
    "customer_id": "text",
    "rule": "text",
    "seen_on": "date",
    "carriers": "count",
    "ids": "count",
    "spent": "money",
    "at_stake": "money",
}
DROPPED: Columns = {"one": "text", "other": "text", "rule": "text", "seen_on": "date"}


def identities(tables: JobTables, results: Results, reporter: Reporter) -> dict[str, Any]:
    """Stage `identities.parquet` and `.csv` (each id that is another's), and links not made.

    Returns
    -------
    dict
        ``ids``, ``persons``, ``shared`` (values that link nobody, since too many ids carry them),
        ``merges``: how many ids are another's; ``dropped``: how many links were not made;
        ``changes``: ids whose person is another than at the last run.

    Raises
    ------
    UsageError
        The job names no table of identities.
    """
    import pandas as pd

    from winback.lists.write import write_csv, write_parquet

    if (persons := tables.told_persons) is None:
        raise UsageError(
            "the job names no table that says which ids are one person",
            where="data.identities",
            hint="see docs/identities.md for the table",
        )
    _ = tables.identities  # matched with who bought, and counted
    merges = _with_money(persons, tables)
    before = results.find(FILES[0])
    changes = _changes(None if before is None else pd.read_parquet(before), merges)
    write_parquet(merges, results.staged(FILES[0]), MERGES)
    write_csv(merges, results.staged(FILES[1]), MERGES, bom=True)
    write_csv(persons.dropped, results.staged(FILES[2]), DROPPED, bom=True)
    results.record("identities", data=tables.transactions.fingerprint)
    if changes:
        reporter.say(Message("identities.changed", n=len(changes), ids=changes[:5]))
    if len(persons.dropped):
        reporter.say(Message("identities.dropped", n=len(persons.dropped), file=FILES[2]))
    for row in records(merges.head(5)):
        reporter.say(
            Message(
                "item",
                said=Message(
                    "identities.merged",
                    person=row["person_id"],
                    id=row["customer_id"],
                    rule=row["rule"],
                    stake=row["at_stake"],
                ),
            )
        )
    return {
        "ids": persons.ids,
        "persons": persons.persons,
        "shared": persons.shared,
        "merges": len(merges),
        "dropped": len(persons.dropped),
        "changes": changes,
    }


def _with_money(persons: Persons, tables: JobTables) -> pd.DataFrame:
    """Say what each merged id has spent, and what is at stake if the merge is wrong, dearest first.

    At stake is the smaller of the two: what this id spent, and what the person's others did.
    """
    rows = tables.purchases_by_own_id()
    spent = rows.group_by("customer_id").aggregate(spent=rows.amount.sum()).to_pyarrow().to_pandas()
    by_id = spent.set_index("customer_id")["spent"]
    merges = persons.merges.copy()
    merges["spent"] = merges["customer_id"].map(by_id).fillna(0.0)
    head = merges["person_id"].map(by_id).fillna(0.0)
    others = head + merges.groupby("person_id")["spent"].transform("sum") - merges["spent"]
    merges["at_stake"] = merges["spent"].clip(upper=others)
    return merges.sort_values(
        ["at_stake", "person_id", "customer_id"], ascending=[False, True, True], ignore_index=True
    )


def _changes(before: pd.DataFrame | None, now: pd.DataFrame) -> list[str]:
    """Return the ids that were one person's and are another's, or their own again."""
    if before is None:
        return []
    pairs = before.merge(now, on="customer_id", how="outer", suffixes=("_before", ""))
    other = pairs["person_id_before"].fillna("") != pairs["person_id"].fillna("")
    return sorted(pairs.loc[other, "customer_id"])
