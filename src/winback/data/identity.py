"""Who is who: one way to read an identifier, used by every table that holds one.

Two exports of one shop write one customer in ways that differ by nothing that a person sees. The
same steps are taken everywhere, so that a table of permissions meets the purchases that it speaks
of: full-width forms become plain ones, letters are composed (NFC), characters that do not show and
blanks around are dropped, a spreadsheet's ``="00123"`` is ``00123``, ``123.0`` is ``123``, and an
e-mail address is in lower case. Leading zeros and the case of other identifiers stay: they may tell
two customers apart (see `winback.data.matching` for what is said where they should not).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ibis.backends.duckdb import Backend

from winback.data import sql
from winback.data.expressions import Expression
from winback.data.pseudonyms import PSEUDONYM, TOMBSTONE
from winback.data.words import words_of
from winback.errors import DataError

# of the relation of persons: no file has columns of these names, which would be taken for its own
OWN_ID, PERSON_ID = "__winback_own_id", "__winback_person_id"

FLOATS: Final = {"DOUBLE", "FLOAT"}
NUMBERS: Final = {
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT",
    "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
}  # fmt: skip

_NESTED = ("STRUCT(", "MAP(", "UNION(")
_WIDE = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "\u3000\u00a0"
_PLAIN = "".join(chr(code) for code in range(0x21, 0x7F)) + "  "
# controls, zero-width characters, direction marks, soft hyphens, byte order marks
_UNSEEN = r"[\x{00AD}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}\x{FEFF}\p{Cc}]"
# what is drawn as a blank, whatever it is: Braille's, fillers of Korean, every space
_BLANK = r"[\s\p{Z}\x{2800}\x{3164}\x{115F}\x{1160}\x{FFA0}\x{180E}]"
# nothing to mend, found with one look: nearly every cell of nearly every file
_SOUND = r"[0-9A-Za-z_:#/+-]+"
_NUMBERED = r"[A-Za-z_:#/+-]*[0-9][0-9A-Za-z_:#/+-]*"
# what a spreadsheet makes of thirteen digits: the rest of them is lost
ROUNDED: Final = r"\d([.,]\d+)?[eE]\+\d{1,2}"

# what a platform leaves of a telephone number or a name, so that nobody is known: 138****1006
MASKED: Final = r"[*＊]{2,}|^\p{Han}[*＊]\p{Han}?$|[•●]{2,}"  # noqa: RUF001


@dataclass(frozen=True)
class CustomerIds:
    """How identifiers of customers are read.

    Attributes
    ----------
    normalise
        Whether cells that differ by nothing visible, or by the case of an e-mail address, are one
        customer. If not, cells are trimmed and nothing else.
    guests
        More cells that stand for nobody, besides those that winback knows (``guest``, ``游客``).
    any_share
        Whether one customer may hold any share of the rows. If not, one who holds most of them, or
        identifiers that a spreadsheet has rounded (``8.61E+12``), stop the job.
    persons
        The relation of `winback.data.persons.Persons`: which ids are another's. None: each id is a
        customer.
    pseudonyms
        Whether customers leave the intake under pseudonyms; the engine knows how to make them
        (`winback.data.pseudonyms.lay_key`).
    erased
        The relation of who was erased (`winback.data.pseudonyms.lay_tombstones`): their rows are
        left out and counted. None: nobody was.
    """

    normalise: bool = True
    guests: tuple[str, ...] = ()
    any_share: bool = False
    persons: str | None = None
    pseudonyms: bool = False
    erased: str | None = None

    def person(self, value: Expression) -> str:
        """Return SQL for the person behind a cell with a customer's id."""
        own = identifier(value, normalise=self.normalise)
        if self.persons is None:
            return own
        known = f"(SELECT {PERSON_ID} FROM {self.persons} WHERE {OWN_ID} = {own})"
        return f"coalesce({known}, {own})"

    def shown(self, person: str) -> str:
        """Return SQL for what a person is called in results, of SQL for the person."""
        return f"{PSEUDONYM}({person})" if self.pseudonyms else person

    def is_erased(self, value: Expression) -> str:
        """Return SQL for whether the person behind a cell with a customer's id was erased."""
        if self.erased is None:
            return "false"
        own, person = identifier(value, normalise=self.normalise), self.person(value)
        names = dict.fromkeys((own, person, self.shown(person)))
        among = [f"{TOMBSTONE}({name}) IN (FROM {self.erased})" for name in names]
        return f"coalesce({' OR '.join(among)}, false)"

    def hide(self, engine: Backend, rejected: str) -> None:
        """Rename who stands in the rejected rows of a table, where there are pseudonyms."""
        if self.pseudonyms:
            name = identifier(Expression("customer_id", "VARCHAR"), normalise=self.normalise)
            engine.raw_sql(
                f"UPDATE {sql.name(rejected)} SET customer_id = {self.shown(name)}"
                " WHERE customer_id IS NOT NULL"
            )


def plain_text(cell: str) -> str:
    """Return SQL for a text without what nobody sees, in plain and composed letters, trimmed."""
    plain = f"translate(nfc_normalize({cell}), {sql.text(_WIDE)}, {sql.text(_PLAIN)})"
    # a tab or a line break between words parts them; elsewhere it goes with the blanks around
    seen = rf"regexp_replace(regexp_replace({plain}, '{_BLANK}', ' ', 'g'), '{_UNSEEN}', '', 'g')"
    return f"trim({seen})"


def in_words(cell: str, words: list[str]) -> str:
    """Return SQL for whether a text is one of some words."""
    # a long IN is made a join, whose key is worked out for every row, whether needed or not
    quoted = ", ".join(sql.text(word.lower()) for word in words)
    return f"(coalesce(list_position([{quoted}], lower({cell})), 0) > 0)"


def _number_like(cell: str, words: list[str]) -> str:
    """Return SQL for the test of cells with digits and nothing to mend, which are no words."""
    numbered = [word for word in words if any(letter.isdigit() for letter in word)]
    other = f" AND NOT {in_words(cell, numbered)}" if numbered else ""
    return f"WHEN regexp_full_match({cell}, '{_NUMBERED}'){other}"


def nested(kind: str) -> bool:
    """Whether a type holds several values in a cell: a list, a structure, a map."""
    return kind.endswith("]") or kind.startswith(_NESTED)


def is_guest(value: Expression, guests: tuple[str, ...] = ()) -> str:
    """Return SQL for whether a cell stands for somebody who gave no name."""
    cell = f"CAST({value.sql} AS VARCHAR)"
    words = [*words_of("cells")["guests"]["words"], *guests]
    return (
        f"coalesce(CASE {_number_like(cell, words)} THEN false"
        f" WHEN regexp_full_match({cell}, '{_SOUND}') THEN {in_words(cell, words)}"
        f" ELSE {in_words(plain_text(cell), words)} END, false)"
    )


def identifier(value: Expression, *, normalise: bool = True) -> str:
    """Return SQL for an identifier as text; a missing value or a guest, by any name, is NULL.

    Parameters
    ----------
    value
        The cells.
    normalise
        Whether cells that differ by nothing visible, or by the case of an e-mail address, are one.
        If not, they are trimmed and nothing else.

    Raises
    ------
    DataError
        The cells are bytes, lists or structures, which are no identifiers.
    """
    if value.type == "BLOB" or nested(value.type):
        raise DataError(
            "the column holds no identifiers",
            where=value.column or value.sql.strip("()\n"),
            got=value.type[:80],
            allowed="text, numbers, UUIDs",
            hint="make one of it under columns, such as hex(COLUMN), or COLUMN.id",
        )
    if value.type in FLOATS:
        exact = f"{value.sql} = trunc({value.sql}) AND abs({value.sql}) < 9007199254740992"
        return (
            f"CASE WHEN {exact} THEN CAST(CAST({value.sql} AS BIGINT) AS VARCHAR)"
            f" WHEN isfinite({value.sql}) THEN CAST({value.sql} AS VARCHAR) END"
        )
    if value.type in NUMBERS:
        return f"CAST({value.sql} AS VARCHAR)"
    cell = f"CAST({value.sql} AS VARCHAR)"
    cells = words_of("cells")
    nobody = [*cells["missing"], *cells["guests"]["words"]]
    whole = r"CASE WHEN contains({0}, '.') THEN regexp_replace({0}, '^(-?\d+)\.0+$', '\1')"
    if not normalise:
        bare = f"trim({cell})"
        return (
            f"CASE WHEN {in_words(plain_text(cell), nobody)} THEN NULL ELSE {whole.format(bare)}"
            f" ELSE {bare} END END"
        )
    bare = rf"regexp_replace({plain_text(cell)}, '^(=\s*\"(.*)\"|''(\d+))$', '\2\3')"
    bare = f"trim({bare})"
    return (
        f"CASE {_number_like(cell, nobody)} THEN {cell}"
        f" WHEN regexp_full_match({cell}, '{_SOUND}') AND NOT {in_words(cell, nobody)}"
        f" THEN {cell} WHEN {in_words(bare, nobody)} THEN NULL"
        f" WHEN regexp_full_match({bare}, '[^@ ]+@[^@ ]+') THEN lower({bare})"
        f" ELSE {whole.format(bare)} ELSE {bare} END END"
    )
