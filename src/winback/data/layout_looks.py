"""What a spreadsheet's habits hide: merged cells, several currencies, a line's discount."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from winback.data import sql
from winback.data.column_guess import Columns, Guess
from winback.data.guess_amount import number_of
from winback.data.second_looks import Offer
from winback.data.words import words_of
from winback.messages import Message

_SOME: Final = 10  # rows; fewer prove nothing
_FEW: Final = 0.7  # of the rows bear a customer where cells are merged
_SHOWN: Final = 12
_MONEY_SIGN: Final = r"\p{Lu}{0,3}\p{Sc}|\p{L}+"

__all__ = ["look_at_discount", "look_at_groups", "look_at_signs"]


def look_at_groups(table: Columns, customer: Guess | None, notes: list[Message]) -> None:
    """Tell of customers that stand in the first of their rows only, as merged cells are exported.

    Parameters
    ----------
    table, customer
        The purchases, and where their customers are.
    notes
        Gets what a person should see.

    Examples
    --------
    >>> import pandas as pd
    >>> from winback.data.connect import load, open_engine
    >>> from winback.data.raw import columns_of
    >>> engine = open_engine(threads=1)
    >>> raw = load(engine, pd.DataFrame({"who": ["a", None, None, "b", None, "c"] * 2}))
    >>> notes = []
    >>> look_at_groups(Columns(engine, raw, columns_of(engine, raw.name)), Guess("who"), notes)
    >>> notes
    []
    >>> names = [f"c{n // 3}" if n % 3 == 0 else None for n in range(12)]
    >>> raw = load(engine, pd.DataFrame({"who": names}))
    >>> look_at_groups(Columns(engine, raw, columns_of(engine, raw.name)), Guess("who"), notes)
    >>> str(notes[0]).partition(":")[0]
    '4 of 12 rows have a who, each another, the first row among them'
    """
    if customer is None or customer.expression not in table.types:
        return
    name = customer.expression
    cell = f"nullif(trim(CAST({sql.name(name)} AS VARCHAR)), '')"
    rows, given, distinct, first, example = sql.rows(
        table.engine,
        f"""SELECT count(*), count(v), count(DISTINCT v), arg_min(v IS NOT NULL, source_row),
            min(v) FROM (SELECT {cell} AS v, source_row FROM {sql.name(table.raw.name)})""",
    )[0]
    if rows < _SOME or not first or given != distinct or not 1 < given <= _FEW * rows:
        return
    bare = sql.bare(table.engine, name)
    text = table.types[name] == "VARCHAR"
    bare = f"nullif(trim({bare}), '')" if text else bare
    written = f"last_value({bare} IGNORE NULLS) OVER (ORDER BY source_row)"
    notes.append(
        Message(
            "note.merged_cells",
            column=name,
            given=given,
            rows=rows,
            example=repr(example),
            written=written,
        )
    )


def look_at_signs(
    table: Columns, guesses: Mapping[str, Guess], notes: list[Message]
) -> tuple[str, str] | None:
    """Return the sign that most amounts bear and a condition that keeps them, where several stand.

    Parameters
    ----------
    table, guesses
        The purchases, and what was guessed; a column of currencies goes before signs in cells.
    notes
        Gets what a person should see.

    Examples
    --------
    >>> import pandas as pd
    >>> from winback.data.connect import load, open_engine
    >>> from winback.data.raw import columns_of
    >>> engine = open_engine(threads=1)
    >>> raw = load(engine, pd.DataFrame({"paid": ["€3.00", "$4.00", "5.00 EUR"]}))
    >>> guesses = {"amount": Guess("money(paid, '.')")}
    >>> look_at_signs(Columns(engine, raw, columns_of(engine, raw.name)), guesses, notes := [])
    ('eur', "regexp_matches(lower(paid), '€|eur')")
    """
    if "amount" not in guesses or "currency" in guesses:
        return None
    written = guesses["amount"].expression
    named = (n for n in table.types if f"money({sql.bare(table.engine, n)}," in written)
    name = next(named, None)
    if name is None:
        return None
    found = sql.rows(
        table.engine,
        f"""SELECT lower(regexp_extract({sql.name(name)}, {sql.text(_MONEY_SIGN)})) AS sign,
            count(*), min({sql.name(name)}) FROM {sql.name(table.raw.name)}
        WHERE money({sql.name(name)}, '.') IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1
        LIMIT {_SHOWN}""",
    )
    codes = {s: c.lower() for c, signs in words_of("cells")["currencies"].items() for s in signs}
    spelled: dict[str, list[str]] = {}
    rows: dict[str, int] = {}
    for sign, n, _ in found:
        if sign:
            code = codes.get(sign, sign)
            spelled.setdefault(code, []).append(sign)
            rows[code] = rows.get(code, 0) + n
    if len({_family(code) for code in rows}) < 2:
        return None
    most = max(rows, key=lambda code: rows[code])
    kept = [s for code, signs in spelled.items() if _family(code) == _family(most) for s in signs]
    pattern = "|".join(sign.replace("$", "[$]") for sign in sorted(set(kept), reverse=True))
    listed = [Message("counts.in_rows", value=code.upper(), n=n) for code, n in rows.items()]
    example = next(cell for sign, _, cell in found if sign and codes.get(sign, sign) != most)
    notes.append(
        Message(
            "note.currencies_in_cells",
            column=name,
            currencies=listed,
            most=most.upper(),
            example=repr(example),
        )
    )
    return most, f"regexp_matches(lower({sql.bare(table.engine, name)}), {sql.text(pattern)})"


def _family(code: str) -> str:
    """Return what a sign may stand for: a bare dollar is that of any country, ¥ and 元 are one."""
    if code in {"¥", "元", "圓", "rmb", "cny", "人民币"}:
        return "cny"
    return "$" if code in {"$", "usd"} else code


def look_at_discount(
    table: Columns, guesses: Mapping[str, Guess], notes: list[Message]
) -> list[Offer]:
    """Tell of a discount beside pieces at a price, and offer the amount without it.

    Parameters
    ----------
    table, guesses
        The purchases, and what was guessed.
    notes
        Gets what a person should see.

    Examples
    --------
    >>> import pandas as pd
    >>> from winback.data.connect import load, open_engine
    >>> from winback.data.raw import columns_of
    >>> engine = open_engine(threads=1)
    >>> raw = load(engine, pd.DataFrame({"qty": [2, 1], "price": [5.0, 8.0], "off": [1.0, 0.0]}))
    >>> guesses = {"amount": Guess("qty * price"), "discount": Guess("off")}
    >>> table = Columns(engine, raw, columns_of(engine, raw.name))
    >>> look_at_discount(table, guesses, notes := [])[0].written
    'qty * price - coalesce(off, 0)'
    """
    if not {"amount", "discount"} <= set(guesses):
        return []
    amount, name = guesses["amount"].expression, guesses["discount"].expression
    if "*" not in amount or name not in table.types:
        return []
    number = table.number(name)
    if number is None:
        return []
    rows, total, paid = sql.rows(
        table.engine,
        f"""SELECT count(*) FILTER (d <> 0), coalesce(sum(d), 0), coalesce(sum(a), 0)
        FROM (SELECT {number_of(table, number)} AS d, {number_of(table, amount)} AS a
            FROM {sql.name(table.raw.name)})""",
    )[0]
    if not rows:
        return []
    read = sql.bare(table.engine, name) if number == name else number
    net = f"{amount} {'-' if total > 0 else '+'} coalesce({read}, 0)"
    notes.append(
        Message(
            "note.line_discount",
            column=name,
            total=abs(total),
            rows=rows,
            paid=paid,
            amount=amount,
            example=repr(table.cell(name)),
            net=net,
        )
    )
    return [Offer("amount", net, Message("advice.net_of_discount", column=name))]
