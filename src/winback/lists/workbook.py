"""Lists as a workbook: a sheet each, and one that explains; the same lists, the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from winback.files import atomic_path
from winback.lists.columns import Columns, Kind, conform

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

_FORMATS: dict[Kind, str] = {
    "text": "@",  # a text that begins with = stays one, also when its cell is edited
    "date": "yyyy-mm-dd",
    "count": "0",
    "number": "#,##0.00",
    "money": "#,##0.00",
    "probability": "0.0%",
}
_ALIGNED: dict[Kind, str] = {"number": "right", "money": "right", "probability": "right"}
_WIDEST, _NARROWEST = 60, 8
_HEAD = {"bold": True, "bg_color": "#1F2937", "font_color": "#FFFFFF", "text_wrap": True}
# what colour a word stands on; the word is there too, for who sees no colours
FILLS = {"red": "#F8B4AE", "orange": "#FBD6A3", "yellow": "#FBF1A9"}


@dataclass(frozen=True)
class Sheet:
    """One sheet with rows.

    Parameters
    ----------
    title
        Its name, at most 31 characters.
    rows
        The rows, in their final order.
    columns
        Column name to kind; exactly these are written.
    headings
        Column name to what stands above it.
    fills
        Text of a cell to the colour behind it, in the last column.
    """

    title: str
    rows: pd.DataFrame
    columns: Columns
    headings: Mapping[str, str]
    fills: Mapping[str, str] = field(default_factory=dict)


def write_workbook(
    path: str | Path,
    sheets: Sequence[Sheet],
    *,
    about: tuple[str, Sequence[tuple[str, str]]],
    made: date,
) -> None:
    """Write an Excel workbook that opens everywhere, readable and harmless.

    Texts are cells of text, so that no identifier loses a zero and nothing is a formula. Sheets
    have fixed headings, filters and widths, and print in landscape, one page wide.

    Parameters
    ----------
    path
        Where the file appears, whole or not at all.
    sheets
        The sheets with rows, the first one open.
    about
        The title of the sheet that explains, and its lines: a term and what is said of it; a term
        alone is a heading.
    made
        The day that the file says it was made on: the lists' own, so that its bytes repeat.

    Raises
    ------
    OutputError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "lists.xlsx"
    >>> rows = pd.DataFrame({"customer_id": ["007", "=A1"]})
    >>> sheet = Sheet("Call", rows, {"customer_id": "text"}, {"customer_id": "Customer"})
    >>> write_workbook(file, [sheet], about=("About", [("Call", "whom")]), made=date(2011, 12, 9))
    >>> pd.read_excel(file, engine="calamine")["Customer"].tolist()
    ['007', '=A1']
    """
    from xlsxwriter import Workbook  # noqa: PLC0415 - only who writes a workbook needs it

    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with atomic_path(path) as part, Workbook(str(part), options) as book:
        book.set_properties({"created": datetime(made.year, made.month, made.day)})  # noqa: DTZ001 - a day, not a moment
        for sheet in sheets:
            _rows(book, sheet)
        _about(book, *about)


def _rows(book: Workbook, sheet: Sheet) -> None:
    page = book.add_worksheet(sheet.title)
    rows = conform(sheet.rows, sheet.columns)
    head = book.add_format({**_HEAD, "valign": "top"})
    for column, (name, kind) in enumerate(sheet.columns.items()):
        looks = {"num_format": _FORMATS[kind], "valign": "top", "text_wrap": kind == "text"}
        cell = book.add_format({**looks, "align": _ALIGNED.get(kind, "left")})
        title = sheet.headings[name]
        page.set_column(column, column, _width([title, *_shown(rows[name], kind)]), cell)
        page.write_string(0, column, title, head)
        _cells(page, column, rows[name], kind, cell)
    last = len(sheet.columns) - 1
    for text, colour in sheet.fills.items():
        fill = book.add_format({"bg_color": colour, "font_color": "#111111"})
        rule = {"type": "cell", "criteria": "==", "value": f'"{text}"', "format": fill}
        page.conditional_format(1, last, max(1, len(rows)), last, rule)
    page.freeze_panes(1, 2)
    page.autofilter(0, 0, max(1, len(rows)), last)
    page.ignore_errors({"number_stored_as_text": f"A1:XFD{len(rows) + 1}"})
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)


def _cells(page: Worksheet, column: int, values: pd.Series, kind: Kind, cell: Any) -> None:
    for row, value in enumerate(values, start=1):
        if pd.isna(value):
            continue
        if kind == "text":
            page.write_string(row, column, str(value), cell)
        elif kind == "date":
            page.write_datetime(row, column, value.to_pydatetime(), cell)
        else:
            page.write_number(row, column, round(float(value), 4), cell)


def _shown(values: pd.Series, kind: Kind) -> list[str]:
    if kind == "text":
        return values.dropna().astype("str").tolist()
    if kind == "date":
        return ["2000-01-01"]
    return [f"{value:,.2f}" for value in values.dropna().astype("float64")]


def _width(texts: Sequence[str]) -> float:
    """Return a width for these texts; Chinese characters take two places."""
    wide = (sum(1 + (ord(sign) > 0x2E7F) for sign in text) for text in texts)
    return float(min(_WIDEST, max(_NARROWEST, *wide) + 2))


def _about(book: Workbook, title: str, lines: Sequence[tuple[str, str]]) -> None:
    page = book.add_worksheet(title)
    head = book.add_format(_HEAD)
    term = book.add_format({"bold": True, "valign": "top", "num_format": "@", "text_wrap": True})
    text = book.add_format({"valign": "top", "num_format": "@", "text_wrap": True})
    page.set_column(0, 0, 26)
    page.set_column(1, 1, 110)
    for row, (name, said) in enumerate(lines):
        page.write_string(row, 0, name, term if said else head)
        page.write_string(row, 1, said, text if said else head)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
