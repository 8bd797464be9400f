"""On which clock a shop's cells were written: the offsets from UTC in them say it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from winback.data import sql
from winback.data.column_guess import Columns
from winback.data.expressions import Expression
from winback.data.time_words import shapes_of
from winback.messages import Message

_OFFSET: Final = r":\d\d(?:\.\d+)?\s*([+-]\d\d(?::?\d\d)?|Z|z|UTC|GMT|[A-Za-z]+/[A-Za-z_/]+)$"
# of zones that tell the same, the one that most people know; otherwise the first by its letters
_KNOWN: Final = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles",
    "America/Sao_Paulo", "Europe/London", "Europe/Berlin", "Europe/Athens", "Asia/Shanghai",
    "Asia/Tokyo", "Asia/Kolkata", "Australia/Sydney",
)  # fmt: skip
_UTC = "UTC"


def clock_of(table: Columns, name: str, notes: list[Message]) -> str:
    """Return the time zone that the offsets in a column's cells show; UTC where there are none.

    Parameters
    ----------
    table
        The table.
    name
        Its column of points in time.
    notes
        Gets what a person should see: which zone was taken, and how many rows it moves.

    Examples
    --------
    >>> import pandas as pd
    >>> from winback.data.connect import load, open_engine
    >>> from winback.data.raw import columns_of
    >>> engine = open_engine(threads=1)
    >>> cells = ["2024-01-05 23:10:00 -0500", "2024-07-05 23:10:00 -0400"]
    >>> raw = load(engine, pd.DataFrame({"Paid at": cells}))
    >>> notes = []
    >>> clock_of(Columns(engine, raw, columns_of(engine, raw.name)), "Paid at", notes)
    'America/New_York'
    """
    kind = table.types.get(name, "")
    if kind in {"TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"}:
        notes.append(Message("note.points_in_time", column=name))
        return _UTC
    if kind != "VARCHAR":
        return _UTC
    shapes = shapes_of(table.engine, table.raw, Expression(sql.name(name), kind))
    if shapes is not None and not any(re.search(_OFFSET, shape) for shape in shapes):
        return _UTC
    cell, relation = f"trim({sql.name(name)})", sql.name(table.raw.name)
    closed_up = rf"regexp_replace({cell}, '\s+([+-])', '\1')"
    offset = f"regexp_extract({cell}, {sql.text(_OFFSET)}, 1)"
    clocked = sql.rows(
        table.engine,
        f"""SELECT clock, epoch(min(moment)), epoch(max(moment)), min(cell), count(*)
        FROM (SELECT {offset} AS clock, TRY_CAST({closed_up} AS TIMESTAMPTZ) AS moment,
                {cell} AS cell FROM {relation} WHERE regexp_matches({cell}, {sql.text(_OFFSET)}))
        WHERE moment IS NOT NULL AND isfinite(moment)
        GROUP BY clock, date_trunc('month', moment)""",
    )
    if not clocked:
        return _UTC
    clocks = sorted({clock for clock, *_ in clocked})
    if not any(clock.startswith(("+", "-")) for clock in clocks):
        zone = clocks[0] if len(clocks) == 1 and "/" in clocks[0] else _UTC
        others = 1
    else:
        marks = [
            (datetime.fromtimestamp(moment, UTC), _delta(clock))
            for clock, first, last, *_ in clocked
            for moment in (first, last)
        ]
        fitting = _zones(marks)
        zone, others = (fitting[0], len(fitting) - 1) if fitting else (_UTC, 0)
    example = repr(min(shown for *_, shown, _ in clocked))
    if zone == _UTC:
        in_utc = Message("note.clock_utc", column=name, example=example)
        nowhere = Message("note.clock_of_no_place", column=name, example=example)
        notes.append(in_utc if others else nowhere)
        return zone
    moved = sql.rows(
        table.engine,
        f"""SELECT count(*) FILTER (CAST(timezone('UTC', m) AS DATE)
            <> CAST(timezone({sql.text(zone)}, m) AS DATE)), count(*)
        FROM (SELECT TRY_CAST({closed_up} AS TIMESTAMPTZ) AS m FROM {relation})
        WHERE m IS NOT NULL AND isfinite(m)""",
    )[0]
    note = Message(
        "note.clock", column=name, example=example, zone=zone, moved=moved[0], rows=moved[1]
    )
    notes.append(Message("note.clock_shared", said=note) if others > 1 else note)
    return zone


def _delta(clock: str) -> timedelta:
    if not clock.startswith(("+", "-")):
        return timedelta(0)
    digits = clock[1:].replace(":", "").ljust(4, "0")
    delta = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -delta if clock.startswith("-") else delta


def _zones(marks: list[tuple[datetime, timedelta]]) -> list[str]:
    """Return the zones whose clocks show every offset at its time, the best known first."""
    offsets = {delta for _, delta in marks}
    if offsets == {timedelta(0)}:
        return [_UTC]
    if len(offsets) == 1:  # all the year the same: no summer time, or no summer
        hours = next(iter(offsets)).total_seconds() / 3600
        fixed = f"Etc/GMT{-int(hours):+d}"
        if hours == int(hours) and fixed in available_timezones():
            return [fixed, *_fitting(marks)]
    return _fitting(marks)


def _fitting(marks: list[tuple[datetime, timedelta]]) -> list[str]:
    named = sorted(zone for zone in available_timezones() if "/" in zone and zone[:4] != "Etc/")
    ordered = dict.fromkeys([*_KNOWN, *named])
    return [
        zone
        for zone in ordered
        if all(moment.astimezone(ZoneInfo(zone)).utcoffset() == delta for moment, delta in marks)
    ]
