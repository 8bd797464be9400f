"""The format of a time, as `strptime` takes it, that one cell seems to be written in."""

from __future__ import annotations

import re


def format_of(cell: str) -> str:
    """Return the format that reads a cell; the day comes before the month unless a year does.

    Examples
    --------
    >>> [format_of(cell) for cell in ("05/01/2023 16.04", "2023-01-05T16:04:09", "5 Jan 2023")]
    ['%d/%m/%Y %H.%M', '%Y-%m-%dT%H:%M:%S', '%d %b %Y']
    """
    clock = re.search(r"(?<=[\sT])\d{1,2}([:.])\d{2}(?:\1(\d{2}))?(\s*[AaPp][Mm])?$", cell.strip())
    date, end = cell.strip(), ""
    if clock is not None:
        sign, hour = clock[1], "%I" if clock[3] else "%H"
        end = f"{hour}{sign}%M" + (f"{sign}%S" if clock[2] else "") + (" %p" if clock[3] else "")
        date = date[: clock.start()]
    year_first = re.match(r"\d{4}", date) is not None
    codes = iter(["%m", "%d"] if year_first else ["%d", "%m", "%y"])
    if len(re.findall(r"\d+", date)) < 3:  # a month in words
        date = re.sub(r"[^\W\d]{3,}", "%b", date, count=1)
        codes = iter(["%d", "%y"])
    date = re.sub(r"(?<!\d)\d{4}(?!\d)", "%Y", date)
    return re.sub(r"(?<!\d)\d{1,2}(?!\d)", lambda _: next(codes, "%d"), date) + end
