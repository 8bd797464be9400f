"""Which column holds the customers."""

from __future__ import annotations

from dataclasses import replace

from winback.data import sql
from winback.data.column_guess import SHOWN, Columns, Guess
from winback.data.column_names import hints_of, names_of, plain, says
from winback.data.id_choice import Ids, is_person, look_at_ids, one_order_each, steadier
from winback.messages import Message

_SUBSCRIBER = 9  # digits at the end, without the country's, which some leave out
_TELEPHONE = r"[+(]*\d[\d ()./-]{8,18}"


def guess_customer(
    table: Columns, names: str, notes: list[Message], *, of_purchases: bool = True
) -> Guess | None:
    """Return the column of the customers: what is called so, if its cells may be that.

    Of purchases, customers come back; elsewhere one row each is as it should be.
    """
    called = table.without(table.called(names, "customer_id"), "not_customers")
    there = [
        look_at_ids(table.engine, table.raw.name, name) for name in called if not is_person(name)
    ]
    there = [ids for ids in there if ids.possible and (ids.rows or len(there) == 1)]
    if not there:
        return None
    most = max(ids.rows for ids in there)
    # a nickname, which people change and share, after what is known of as many
    there.sort(
        key=lambda ids: (
            not ids.plausible,
            says(ids.name, "nicknames") or 2 * (ids.rows - ids.masked) < most,
        )
    )
    best = _returning(table, there, notes) if of_purchases else there[0]
    others = [ids for ids in there if ids.name != best.name]
    if best.named or says(best.name, "nicknames"):
        example = repr(table.cell(best.name))
        notes.append(Message("note.people", column=best.name, example=example))
    _tell_of_spellings(table, best.name, notes)
    guess = table.take(best.name, "customer_id")
    return replace(guess, also=tuple(map(_counted, others)))


def _returning(table: Columns, there: list[Ids], notes: list[Message]) -> Ids:
    """Return the first, or one that comes back where the first is made anew for each order."""
    first = there[0]
    orders = table.called(names_of("order_id"))
    orders = [name for name in orders if name != first.name]
    customers = one_order_each(
        table.engine, table.raw.name, first.name, orders[0] if orders else None
    )
    if not customers:
        return first
    called = [ids.name for ids in there[1:]]
    better = steadier(table.engine, table.raw.name, first.name, called)
    if better:
        notes.append(
            Message(
                "note.order_ids_taken",
                n=customers,
                first=first.name,
                example=repr(table.cell(first.name)),
                column=better[0].name,
                counts=better[0].message,
            )
        )
        return better[0]
    maybe = [name for name in table.left if name not in called and _may_identify(name)]
    others = steadier(table.engine, table.raw.name, first.name, maybe)[:SHOWN]
    if others:
        returning = [*map(_counted, others)]
        notes.append(
            Message("note.order_ids_other", n=customers, first=first.name, others=returning)
        )
    else:
        notes.append(Message("note.order_ids", n=customers, first=first.name))
    return first


def _tell_of_spellings(table: Columns, name: str, notes: list[Message]) -> None:
    """Say where one telephone number is written in several ways, and is several customers."""
    column, cell = sql.bare(table.engine, name), f"CAST({sql.name(name)} AS VARCHAR)"
    number = "right(regexp_replace({}, '[^0-9]', '', 'g'), {})".format
    found = sql.rows(
        table.engine,
        rf"""SELECT min(cell), max(cell), count(*) FROM (
            SELECT DISTINCT trim({cell}) AS cell, {number(cell, _SUBSCRIBER)} AS number
            FROM {sql.name(table.raw.name)}
            WHERE regexp_full_match(trim({cell}), '{_TELEPHONE}')
        ) GROUP BY number HAVING count(*) > 1 AND bool_or(regexp_matches(cell, '^0|\D'))
        ORDER BY number""",
    )
    if found:
        one, other, _ = found[0]
        notes.append(
            Message(
                "note.numbers_spelled",
                column=name,
                n=sum(count for *_, count in found),
                numbers=len(found),
                one=one,
                other=other,
                written=number(column, _SUBSCRIBER),
            )
        )


def _counted(ids: Ids) -> Message:
    return Message("guess.counted", name=ids.name, counts=ids.message)


def _may_identify(name: str) -> bool:
    """Whether no word says that a column is something else than an identifier of customers."""
    _, against = hints_of("customer_id") or ("", "")
    other = [*against.split(), *names_of("product_id").split(), *names_of("channel").split()]
    short = plain(name)
    return not (is_person(name) or says(name, "not_customers") or says(name, "not_amounts")) and (
        not any(word in short for word in other)
    )
