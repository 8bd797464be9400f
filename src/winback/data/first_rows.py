"""Where the table of a text file begins, what parts its columns, and whether it has names.

Looks at the beginning of the file, as lines of text.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

DELIMITERS: Final = "\t|;,"  # of those that part all lines alike, the rarest in cells first
_LOOKED_AT: Final = 200
_VALUE: Final = re.compile(r"[-+]?[\d.,:/ T-]*\d[\d.,:/ TZ-]*")
_FIGURES: Final = re.compile(r"\d[\d.,:/'’\s\u00a0\u202f+-]*")  # noqa: RUF001
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_WHOLE: Final = re.compile(r'"(?:[^"]|"")*"')
_SIGNS: Final = "-+−()"  # noqa: RUF001
_MOST: Final = 0.8

Rows = list[tuple[int, list[str]]]


def delimiter_of(lines: list[str]) -> str:
    r"""Return what parts the columns; blanks where nothing else does.

    Examples
    --------
    >>> delimiter_of(["2,54;Apr 12, 2024;a", "3,10;May 2, 2024;b"])
    ';'
    >>> delimiter_of(["Report: 2024", "id,day,amount", "a,2024-01-01,3"])
    ','
    >>> delimiter_of(["1/31/2024, 6:58 PM\ta\t(6,50)", "2/1/2024, 7:05 AM\tb\t(7,25)"])
    '\t'
    >>> delimiter_of([" 0001 20230101  1   18.04", " 0002 20230103  1   14.90"])
    ' '
    """
    shown = [line for line in lines[:_LOOKED_AT] if line.strip()]
    scores = {sign: _score(shown, sign) for sign in DELIMITERS}
    best = max(DELIMITERS, key=lambda sign: scores[sign])  # the first of equals
    if scores[best][0]:
        return best
    widths = {len(line.split()) for line in shown[:-1] or shown}
    return " " if len(widths) == 1 and widths != {1} else ","


def _score(lines: list[str], sign: str) -> tuple[float, ...]:
    """Return how well a sign parts the lines, the weightiest reason first."""
    rows = [row for _, row in rows_of(lines, 0, sign)]
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return (0.0,)
    parted = round(widths.total() / len(rows), 1)
    (usual, n), *_ = widths.most_common(1)
    # a table's line of names is parted as the rows below it are; a line above it may be by chance
    alone = [number for number, row in enumerate(rows[: len(rows) // 2]) if len(row) < 2]
    wide = [number for number, row in enumerate(rows) if len(row) >= usual]
    first = next((number for number in wide if not alone or number > alone[-1]), wide[0])
    # quotation marks stand where columns begin and end
    quoted = sum(len(re.findall(rf'(?:^|{re.escape(sign)})"', line)) for line in lines)
    cells = [cell for row in rows for cell in row]
    clean = sum(_VALUE.fullmatch(c) is not None or not set(c) & set(DELIMITERS) for c in cells)
    # a tab within cells, and not at an end of theirs, parts columns wherever most rows have one
    tabs = sum(any("\t" in cell.strip() for cell in row) for row in rows)
    return (
        float(parted > 0.5),
        float(tabs <= _MOST * len(rows)),
        parted,
        -first,
        quoted,
        round(clean / len(cells), 2),
        n / widths.total(),
    )


def is_wrapped(lines: list[str]) -> bool:
    """Whether whole lines stand in quotation marks, as a spreadsheet saves a table in one column.

    Examples
    --------
    >>> is_wrapped(['"id,""day"",sum"', '"a,""2024-01-01"",3"', '"b,""2024-01-02"",4"'])
    True
    >>> is_wrapped(['"id","day"', '"a","2024-01-01"'])
    False
    """
    shown = [line for line in lines[:_LOOKED_AT] if line.strip()]
    inside = [unwrapped(line) for line in shown]
    if 2 * sum(line != inner for line, inner in zip(shown, inside, strict=True)) < len(shown):
        return False
    sign = delimiter_of(inside)
    widths = Counter(len(row) for _, row in rows_of(inside, 0, sign))
    if not widths:
        return False
    (usual, n), *_ = widths.most_common(1)
    return usual > 1 and sign != " " and n >= _MOST * len(shown)


def unwrapped(line: str) -> str:
    """Return what stands within a line's quotation marks, where they hold all of its columns.

    Examples
    --------
    >>> unwrapped('"a,""b, c"",3";;'), unwrapped('"a","b"'), unwrapped('"a"')
    ('a,"b, c",3', '"a","b"', '"a"')
    """
    whole = line.rstrip("\r\n").rstrip(DELIMITERS)
    if not _WHOLE.fullmatch(whole):
        return line
    inner = whole[1:-1].replace('""', '"')
    return inner if any(sign in inner for sign in DELIMITERS) else line


def rows_of(lines: list[str], first: int, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows, each with the line at which it begins."""
    if delimiter == " ":
        yield from (
            (n, line.split()) for n, line in enumerate(lines[first:], first) if line.strip()
        )
        return
    reader = csv.reader((line + "\n" for line in lines[first:]), delimiter=delimiter)
    begin = first
    try:
        for row in reader:
            if row:
                yield begin, row
            begin = first + reader.line_num
    except csv.Error:
        return


def first_row(rows: Rows) -> tuple[int, list[str]]:
    """Return the row with which the table begins: what stands above has fewer cells.

    Examples
    --------
    >>> first_row([(0, ["Report", ""]), (1, ["id", "day", "sum"]), (2, ["a", "1.2.", "3"])])
    (1, ['id', 'day', 'sum'])
    """
    looked_at = rows[:_LOOKED_AT]
    (width, _), *_ = Counter(len(row) for _, row in looked_at).most_common(1)
    for number, row in looked_at[:100]:
        if sum(cell.strip() != "" for cell in row) >= max(2, width / 2):
            return number, row
    return rows[0]


def second_names(names: list[str], below: list[list[str]]) -> list[str] | None:
    """Return the names that two rows make, where the first names groups of columns.

    Examples
    --------
    >>> rows = [["No", "Mail", "Day"], ["7", "a@x.org", "2024-01-01"]]
    >>> second_names(["Customer", "Customer", "Order"], rows)
    ['Customer No', 'Customer Mail', 'Order Day']
    >>> second_names(["No", "Mail", "Day"], rows) is None
    True
    """
    given = [name.strip() for name in names if name.strip()]
    if len(set(given)) == len(given) or len(below) < 2 or len(below[0]) != len(names):
        return None
    second, *rows = ([cell.strip() for cell in row] for row in below[:_LOOKED_AT])
    words = [cell for cell in second if cell]
    figures = any(_tells(cell) for row in rows for cell in row)
    if any(map(_tells, words)) or 2 * len(words) < len(names) or not figures:
        return None
    both = [f"{above.strip()} {cell}".strip() for above, cell in zip(names, second, strict=True)]
    return both if len(set(both)) == len(both) else None


def is_headless(names: list[str], below: list[list[str]]) -> bool:
    """Whether the first row holds values, as the rows below do.

    Each column whose cells mostly hold figures, or e-mail addresses, has a say: for, where the
    first cell has the form of a cell below it; against, where it is something else.

    Examples
    --------
    >>> rows = [["c0001", "3 May 2024", "12,50 €"], ["c0002", "4 May 2024", "1.012,00 €"]]
    >>> is_headless(["c0007", "1 May 2024", "7,00 €"], rows)
    True
    >>> is_headless(["Customer", "Day", "Paid in 2024"], rows)
    False
    """
    below = [row for row in below if abs(len(row) - len(names)) <= 1][:_LOOKED_AT]
    votes = 0
    for n, name in enumerate(names):
        cells = [row[n].strip() for row in below if n < len(row) and row[n].strip()]
        forms = {_form(cell) for cell in cells if _tells(cell)}
        mostly_figures = sum(map(_tells, cells)) >= _MOST * len(cells)
        if cells and mostly_figures and name.strip():
            votes += 1 if _tells(name) and _form(name) in forms else -1
    return votes > 0


def _tells(cell: str) -> bool:
    return "@" in cell or any(sign.isdigit() for sign in cell)


def _form(cell: str) -> str:
    """Return a cell with its figures and its words as one sign each."""
    if "@" in cell:
        return "@"
    figures = _FIGURES.sub("9", cell.strip().strip(_SIGNS))
    return _LETTERS.sub("a", figures).strip(_SIGNS + " ")
