"""Who is to be erased: of each id that is named, the person with all of their ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from winback.personal_key import is_pseudonym

if TYPE_CHECKING:
    from winback.workflows.tables import JobTables


@dataclass(frozen=True)
class Asked:
    """Who is to be erased.

    Attributes
    ----------
    persons
        Of each person what results may call them: their ids, and the pseudonyms of these.
    ids
        What tombstones are made of: the ids, and a pseudonym of whom nothing else is known.
    """

    persons: tuple[frozenset[str], ...]
    ids: frozenset[str]

    @property
    def names(self) -> frozenset[str]:
        """All that results may call any of them."""
        return frozenset().union(*self.persons)


def asked_for(tables: JobTables, given: Sequence[str]) -> Asked:
    """Read ids as the job reads those of its tables, and find who stands behind them.

    Parameters
    ----------
    tables
        Of the job; its table of identities is read, if it names one.
    given
        Ids, or pseudonyms.
    """
    personal = tables.personal
    own = _as_read(tables, given)
    of_person: dict[str, set[str]] = {}
    persons = tables.persons
    if persons is not None:
        for person, other in zip(
            persons.merges["person_id"], persons.merges["customer_id"], strict=True
        ):
            of_person.setdefault(person, {person}).add(other)
    person_of = {name: person for person, names in of_person.items() for name in names}
    if personal.pseudonyms:
        # of whom the pseudonym is named: one of several ids at least can be told by it
        person_of |= {personal.key.pseudonym(person): person for person in of_person}
    found = {person_of.get(name, name) for name in own}
    groups = [frozenset(of_person.get(person, {person})) for person in sorted(found)]
    return Asked(
        tuple(ids | {personal.key.pseudonym(one) for one in ids if not is_pseudonym(one)}
              for ids in groups),
        frozenset().union(*groups),
    )  # fmt: skip


def _as_read(tables: JobTables, given: Sequence[str]) -> list[str]:
    """Return ids as the intake would read them, each once; what is nobody's is left out."""
    import pyarrow as pa

    from winback.data.expressions import Expression
    from winback.data.identity import identifier

    con = tables.engine.con
    con.register("named", pa.table({"id": pa.array(list(given), pa.string())}))
    read = identifier(Expression("id", "VARCHAR"), normalise=tables.ids_as_given.normalise)
    rows = con.execute(f"SELECT DISTINCT {read} AS id FROM named ORDER BY ALL").fetchall()
    con.unregister("named")
    return [name for (name,) in rows if name is not None]
