"""What is known about a customer, worded for a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from winback.lists.columns import N_REASONS
from winback.messages import Message, Words, capital
from winback.plain import plain

_REASONS: Final = [f"reason_{place}" for place in range(1, N_REASONS + 1)]
_NOT_SAID: Final = {
    "customer_id",
    "as_of",
    "list_id",
    "run_id",
    "reason",
    "limits",
    "last_behaviours",
    "reason_messages",
    *(f"{name}_code" for name in _REASONS),
}
# what is written in these columns has names for readers
_NAMED: Final = {
    "severity": "severity",
    "previous_severity": "severity",
    "tier": "tier",
    "lifecycle_stage": "stage",
    "channel": "channel",
    "offer": "offer",
    "step": "step",
    "arm": "arm",
    "chosen_by": "chosen_by",
    "stratum": "stratum",
    "uplift_source": "uplift_source",
}
_WIDE: Final = 28


def lines_of(everything: Mapping[str, Any], words: Words) -> Iterator[str]:
    """Word what `explain` has found: first the lists, then what they were made from."""
    scores = everything["scores"]
    yield words("explain.title", customer=everything["customer_id"], as_of=everything["as_of"])
    for name, listed in everything["lists"].items():
        code = "explain.listed" if listed["on"] else "explain.not_listed"
        yield ""
        yield words(code, list=name, why=listed["why"])
        row = _with_reasons(listed["row"] or {}, words)
        yield from _pairs({key: row[key] for key in row if key not in scores}, words)
    yield ""
    for fitness in everything["fitness"].values():
        yield capital(Message.of(fitness).say(words))
    yield words("explain.scores")
    yield from _pairs(scores, words)
    yield ""
    yield words("explain.moved")
    if not everything["contributions"]:
        yield "  " + words("explain.nothing_moved")
    for item in everything["contributions"]:
        name = _padded(_family(item["family"], words), 24)
        yield f"  {item['log_odds']:+.2f}  {name}{item['words'] or ''}".rstrip()
    yield ""
    yield words("page.last")
    for behaviour in everything["last_behaviours"]:
        yield f"  {behaviour}"


def behaviours(
    rows: Iterable[Mapping[str, Any]], *, money: bool, currency: str | None
) -> list[Message]:
    """Return a message for each of one customer's last behaviours.

    Parameters
    ----------
    rows
        Of `winback.features.last_behaviours`, the newest first.
    money, currency
        Whether the source has amounts, and of which currency.

    Examples
    --------
    >>> bought = {"day": "2011-07-11", "what": "purchase", "times": 1, "amount": 34.2}
    >>> asked = {"day": "2011-08-03", "what": "complaint", "times": 2}
    >>> said = behaviours([asked, bought | {"channel": "web"}], money=True, currency=None)
    >>> [str(message) for message in said]
    ['2011-08-03 complaint (2 times)', '2011-07-11 bought for 34.20 (web)']
    """
    return [_behaviour(row, money=money, currency=currency) for row in rows]


def _behaviour(row: Mapping[str, Any], *, money: bool, currency: str | None) -> Message:
    from winback.lists.behaviours import PURCHASE

    day = str(row["day"])[:10]
    if row["what"] != PURCHASE:
        said = Message("explain.did", day=day, what=row["what"])
    elif not money:
        said = Message("explain.bought", day=day)
    else:
        amount = Message("amount", value=row["amount"])
        if currency is not None:
            amount = Message("amount.in", value=row["amount"], currency=currency)
        said = Message("explain.bought_for", day=day, amount=amount)
    if row.get("channel"):
        said = Message("explain.through", said=said, channel=row["channel"])
    return Message("explain.times", said=said, n=row["times"]) if row["times"] > 1 else said


def _family(code: str, words: Words) -> str:
    """Return the name of a family of features, which may raise the risk or lower it."""
    return words.reason(code) if ":" in code else words.label("family", code)


def _with_reasons(row: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """Return a row of a list, its reasons in these words."""
    kept = json.loads(row.get("reason_messages") or "[]")
    said = [Message.of(message).say(words) for message in kept]
    return {**row, **dict(zip(_REASONS, said, strict=False))}


def _pairs(row: Mapping[str, Any], words: Words) -> Iterator[str]:
    for name, value in plain(row).items():
        if value is None or name in _NOT_SAID:
            continue
        text = words.number(value) if isinstance(value, float) else str(value)
        if name in _NAMED:
            text = words.label(_NAMED[name], text)
        yield f"  {_padded(words.label('field', name), _WIDE)}{text}"


def _padded(text: str, width: int) -> str:
    """Return a text as wide as a column; Chinese characters take two places."""
    from rich.cells import cell_len

    return text + " " * max(1, width - cell_len(text))
