"""Which column holds the customers."""

from __future__ import annotations

from dataclasses import replace

from winback.data.column_guess import SHOWN, Columns, Guess
from winback.data.column_names import hints_of, names_of, plain, says
from winback.data.id_choice import Ids, is_person, look_at_ids, one_order_each, steadier


def guess_customer(
    table: Columns, names: str, notes: list[str], *, of_purchases: bool = True
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
    there.sort(key=lambda ids: not ids.plausible)
    best = _returning(table, there, notes) if of_purchases else there[0]
    others = [ids for ids in there if ids.name != best.name]
    if best.named:
        notes.append(
            f"{best.name} looks like names of people ({table.cell(best.name)!r}): two customers"
            " of one name would be one"
        )
    guess = table.take(best.name, "customer_id")
    return replace(guess, also=tuple(f"{ids.name} ({ids})" for ids in others))


def _returning(table: Columns, there: list[Ids], notes: list[str]) -> Ids:
    """Return the first, or one that comes back where the first is made anew for each order."""
    first = there[0]
    orders = table.called(names_of("order_id"))
    orders = [name for name in orders if name != first.name]
    customers = one_order_each(
        table.engine, table.raw.name, first.name, orders[0] if orders else None
    )
    if not customers:
        return first
    finding = f"every one of the {customers:,} values of {first.name} has one order only"
    called = [ids.name for ids in there[1:]]
    better = steadier(table.engine, table.raw.name, first.name, called)
    if better:
        notes.append(
            f"{finding} ({table.cell(first.name)!r}): it is taken for an identifier for each order,"
            f" and {better[0].name} for the customer ({better[0]}); if not, customer_id:"
            f" {first.name}"
        )
        return better[0]
    maybe = [name for name in table.left if name not in called and _may_identify(name)]
    maybe = [
        f"{ids.name} ({ids})"
        for ids in steadier(table.engine, table.raw.name, first.name, maybe)[:SHOWN]
    ]
    other = f"; {', '.join(maybe)} comes back" if maybe else ""
    notes.append(f"{finding}: it may be an identifier for each order, not of customers{other}")
    return first


def _may_identify(name: str) -> bool:
    """Whether no word says that a column is something else than an identifier of customers."""
    _, against = hints_of("customer_id") or ("", "")
    other = [*against.split(), *names_of("product_id").split(), *names_of("channel").split()]
    short = plain(name)
    return not (is_person(name) or says(name, "not_customers") or says(name, "not_amounts")) and (
        not any(word in short for word in other)
    )
