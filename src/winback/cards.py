"""Cards: what a thing says of itself in a notebook, in plain HTML that follows light and dark.

No colour is set but a half-transparent grey, so that text keeps the notebook's own contrast; every
text is escaped, so that no cell of anybody's data can become markup.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

_LINE = "1px solid rgba(128,128,128,.45)"
_LEFT = "text-align:left"
_RIGHT = "text-align:right;font-variant-numeric:tabular-nums"
_CELL = "padding:.15em .8em .15em 0"


@dataclass(frozen=True)
class Table:
    """A small table on a card; the first column names the rows.

    Parameters
    ----------
    header
        Names of the columns.
    rows
        One sequence of values a row, as long as `header`.
    caption
        What the table is about.
    """

    header: Sequence[str]
    rows: Iterable[Sequence[Any]]
    caption: str = ""


def card(
    title: str,
    facts: Mapping[str, Any],
    *,
    tables: Sequence[Table] = (),
    notes: Iterable[object] = (),
) -> str:
    """Return a card as HTML.

    Parameters
    ----------
    title
        What it is.
    facts
        Name and value; values that are None are left out.
    tables
        Below the facts; one without rows is left out.
    notes
        What to know before relying on it, texts or messages; what is empty or None is left out.

    Examples
    --------
    >>> text = card("A <model>", {"customers": 2357, "unknown": None}, notes=["a & b"])
    >>> "A &lt;model&gt;" in text, "2,357" in text, "unknown" in text, "a &amp; b." in text
    (True, True, False, True)
    """
    lines = "".join(
        f'<tr><th scope="row" style="{_CELL};{_LEFT};font-weight:normal;opacity:.75">'
        f'{escape(str(name))}</th><td style="{_CELL};{_LEFT}">{escape(shown(value))}</td></tr>'
        for name, value in facts.items()
        if value is not None
    )
    sentences = [str(note).rstrip(".") for note in notes if note]
    said = "".join(f"<p><b>Note.</b> {escape(note)}.</p>" for note in sentences)
    return (
        f'<div role="group" aria-label="{escape(title)}" style="border:{_LINE};border-radius:6px;'
        'padding:.6em 1em;margin:.3em 0;max-width:56em;overflow-x:auto;color:inherit">'
        f'<div style="font-weight:600;margin-bottom:.3em">{escape(title)}</div>'
        f'<table style="border-collapse:collapse;background:none">{lines}</table>'
        f"{''.join(_table(table) for table in tables)}{said}</div>"
    )


def shown(value: Any) -> str:
    """Write a value as people do: numbers to four digits, lists with commas.

    Examples
    --------
    >>> shown(2357), shown(0.243123), shown(123456.7), shown(float("nan")), shown(["a", "b"])
    ('2,357', '0.2431', '123,457', '-', 'a, b')
    """
    if hasattr(value, "item"):  # numpy scalars
        value = value.item()
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        whole = value == int(value) or abs(value) >= 10_000
        return f"{value:,.0f}" if whole else f"{value:,.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value))
    return str(value)


def _table(table: Table) -> str:
    rows = [list(row) for row in table.rows]
    if not rows:
        return ""
    sides = [_LEFT, *(_side(column) for column in list(zip(*rows, strict=True))[1:])]
    head = "".join(
        f'<th scope="col" style="{_CELL};border-bottom:{_LINE};{side}">{escape(str(name))}</th>'
        for name, side in zip(table.header, sides, strict=True)
    )
    body = "".join(
        "<tr>" + "".join(map(_cell, range(len(row)), row, sides)) + "</tr>" for row in rows
    )
    caption = (
        f'<caption style="caption-side:top;{_LEFT};opacity:.75;padding-top:.5em">'
        f"{escape(table.caption)}</caption>"
        if table.caption
        else ""
    )
    return (
        f'<table style="border-collapse:collapse;background:none">{caption}'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _cell(place: int, value: Any, side: str) -> str:
    text, style = escape(shown(value)), f"{_CELL};{side}"
    if place:
        return f'<td style="{style}">{text}</td>'
    return f'<th scope="row" style="{style};font-weight:normal">{text}</th>'


def _side(column: Sequence[Any]) -> str:
    """Numbers stand on the right, words on the left."""
    return _LEFT if any(isinstance(value, str) for value in column) else _RIGHT
