"""Rows of nobody in particular, and identifiers that cannot be those of customers."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ibis.backends.duckdb import Backend

from winback.data import sql
from winback.data.identity import MASKED, ROUNDED, CustomerIds, in_words
from winback.data.row_checks import ACCEPTED, GUEST, Checked
from winback.data.words import words_of
from winback.errors import DataError, Sentence
from winback.messages import Message

_OFTEN: Final = 3  # times as often as the customer with the most rows: a shop's word for a guest
_MANY: Final = 100  # rows; below it a share says little
_SHARE: Final = 0.5
_TOLD: Final = 0.1  # of all rows: a wholesaler, or a till

_HINT = (
    "leave such rows out with filter, name another column for customer_id, or, if it is right, set "
    "data.customer_ids.any_share: true"
)


def without_guests(engine: Backend, checked: Checked) -> Checked:
    """Leave out the rows of a number that stands for nobody, such as WooCommerce's customer 0.

    A shop may have a customer 0. The number is a guest's if it has several times as many rows as
    any customer. So are telephone numbers of one digit, and the addresses of nobody
    (``noreply@shop.com``).
    """
    guests = words_of("cells")["guests"]
    numbers, boxes = ", ".join(map(sql.text, guests["numbers"])), guests["mailboxes"]
    same = "|".join(f"{digit}{{6,}}" for digit in range(10))
    box = in_words("regexp_replace(split_part(customer_id, '@', 1), '[-_.]', '', 'g')", boxes)
    nobody = (
        f"(customer_id IN ({numbers}) OR (contains(customer_id, '@') AND {box})"
        f" OR regexp_full_match(customer_id, '[+]?({same})|0?123456789[0-9]*'))"
    )
    table = sql.name(checked.name)
    placeholders = sql.rows(
        engine,
        f"""WITH rows_of AS (
            SELECT customer_id, count(*) AS n FROM {table} WHERE fate = '{ACCEPTED}' GROUP BY 1
        ), most AS (SELECT max(n) AS n FROM rows_of WHERE NOT {nobody})
        SELECT customer_id, rows_of.n FROM rows_of, most
        WHERE {nobody} AND rows_of.n >= {_OFTEN} * most.n""",
    )
    if not placeholders:
        return checked
    listed = ", ".join(sql.text(number) for number, _ in placeholders)
    engine.raw_sql(
        f"UPDATE {table} SET fate = '{GUEST}'"
        f" WHERE fate = '{ACCEPTED}' AND customer_id IN ({listed})"
    )
    left_out = sum(n for _, n in placeholders)
    fates = dict(checked.fates)
    fates[ACCEPTED] -= left_out
    fates[GUEST] = fates.get(GUEST, 0) + left_out
    return replace(checked, fates=fates)


def refuse_if_implausible(
    engine: Backend, checked: Checked, label: str, ids: CustomerIds
) -> list[Message]:
    """Raise where the identifiers cannot be those of customers; say who may be nobody.

    Returns
    -------
    list of Message
        That one has a tenth of the rows or more, and several times as many as the next.

    Raises
    ------
    DataError
        A spreadsheet has rounded them, a shop has masked them, or one of them has most of the rows.
    """
    table = sql.name(checked.name)
    rows, rounded, example, masked, mask = sql.rows(
        engine,
        f"""SELECT count(*), count(*) FILTER (bad), min(customer_id) FILTER (bad),
            count(*) FILTER (masked), min(customer_id) FILTER (masked) FROM (
            SELECT customer_id, regexp_full_match(customer_id, '{ROUNDED}') AS bad,
                regexp_matches(customer_id, '{MASKED}') AS masked
            FROM {table} WHERE fate = '{ACCEPTED}')""",
    )[0]
    if masked:
        raise DataError(
            "the identifiers are masked: different customers have become one",
            where=f"{label}, customer_id",
            got=Sentence(
                "{mask!r}, and the like in {masked:,} of {rows:,} {rows:form.row/rows}",
                mask=mask,
                masked=masked,
                rows=rows,
            ),
            hint="export them unmasked, name another column for customer_id, such as the buyer's"
            " account, or leave such rows out with filter; if each is one customer, set"
            " data.customer_ids.any_share: true",
        )
    if rounded:
        raise DataError(
            "a spreadsheet has rounded the identifiers: different customers have become one",
            where=f"{label}, customer_id",
            got=Sentence(
                "{example!r}, and the like in {rounded:,} of {rows:,} {rows:form.row/rows}",
                example=example,
                rounded=rounded,
                rows=rows,
            ),
            hint="export the file again, without opening it in a spreadsheet; or name another"
            " column for customer_id",
        )
    if rows < _MANY:
        return []
    (most, n), *others = sql.rows(
        engine,
        f"SELECT {ids.shown('customer_id')}, n FROM (SELECT customer_id, count(*) AS n FROM {table}"
        f" WHERE fate = '{ACCEPTED}' GROUP BY 1 ORDER BY n DESC, 1 LIMIT 2)"
        " ORDER BY n DESC, 1",
    )
    if n > _SHARE * rows:
        raise DataError(
            "one customer has most of the rows: it is hardly one person",
            where=f"{label}, customer_id",
            got=Sentence(
                "{most!r} in {n:,} of {rows:,} {rows:form.row/rows}", most=most, n=n, rows=rows
            ),
            hint=_HINT,
        )
    if others and n >= _TOLD * rows and n >= _OFTEN * others[0][1]:
        return [Message("ids.stands_out", id=most, n=n, rows=rows, next=others[0][1])]
    return []
