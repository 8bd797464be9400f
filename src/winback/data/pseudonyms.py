"""Pseudonyms and tombstones inside the engine, so that a table is renamed where it lies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pyarrow as pa
from ibis.backends.duckdb import Backend

from winback.data.raw import fresh
from winback.personal_key import DIGITS, PersonalKey, Use

PSEUDONYM: Final = "winback_pseudonym"
TOMBSTONE: Final = "winback_tombstone"
_MACROS: Final[dict[str, tuple[Use, str]]] = {
    PSEUDONYM: ("pseudonym", f"'p' || left({{0}}, {DIGITS})"),
    TOMBSTONE: ("tombstone", "{0}"),
}


def lay_key(engine: Backend, key: PersonalKey) -> None:
    """Teach an engine to make pseudonyms and tombstones with a key.

    The macros are temporary: of a database on disk no byte holds the key.

    Examples
    --------
    >>> from winback.data.connect import open_engine
    >>> engine, key = open_engine(threads=1), PersonalKey(b"not a key to keep secrets with")
    >>> lay_key(engine, key)
    >>> made = engine.con.execute(f"SELECT {PSEUDONYM}('C-17'), {TOMBSTONE}('C-17')").fetchone()
    >>> made == (key.pseudonym("C-17"), key.tombstone("C-17"))
    True
    """
    for name, (use, form) in _MACROS.items():
        inner, outer = key.pads(use)
        hashed = f"sha256(unhex('{outer}') || unhex(sha256(unhex('{inner}') || encode(id))))"
        engine.raw_sql(f"CREATE OR REPLACE TEMP MACRO {name}(id) AS {form.format(hashed)}")


def lay_tombstones(engine: Backend, tombstones: Iterable[str]) -> str:
    """Lay down who was erased; return the name of a relation with the one column ``tombstone``.

    Examples
    --------
    >>> from winback.data.connect import open_engine
    >>> engine = open_engine(threads=1)
    >>> engine.table(lay_tombstones(engine, ["a", "b"])).count().to_pyarrow().as_py()
    2
    """
    name = fresh("erased")
    engine.con.register("told", pa.table({"tombstone": pa.array(sorted(tombstones), pa.string())}))
    engine.raw_sql(f"CREATE TABLE {name} AS SELECT tombstone FROM told")
    engine.con.unregister("told")
    return name
