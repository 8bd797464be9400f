"""Every indicator over time, as one long table: value, interval, and whether it counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from winback.data.engine import laid_down
from winback.indicators.active import active_counts, with_following
from winback.indicators.conversions import conversions
from winback.indicators.definition import (
    EVER,
    Conversion,
    Cumulative,
    Derived,
    Indicator,
    Ratio,
    Simple,
    Term,
)
from winback.indicators.derived import derived_values
from winback.indicators.facts import DAY, Facts
from winback.indicators.periods import Grain, calendar, period_of
from winback.indicators.purchase_amounts import order_values, top_shares
from winback.indicators.sums import CHANNEL, EVERYBODY, customer_periods, sums, told_apart
from winback.messages import Message

PURCHASE = "purchase"
COLUMNS = (
    "indicator",
    "version",
    "grain",
    "period",
    "until",
    "dimension",
    "segment",
    "value",
    "low",
    "high",
    "n",
    "numerator",
    "denominator",
    "enough",
    "mature",
    "unit",
    "as_of",
)
_DIGITS = 12
_KEYS = ["segment", "period"]


@dataclass(frozen=True)
class Indicators:
    """What the indicators of a catalogue say of what was known at a day.

    Attributes
    ----------
    table
        One row for each indicator, period and segment; columns `COLUMNS`. ``low`` and ``high``
        are the ends of a 95% interval, missing where there is none; ``n`` says how many customers
        (of medians: purchase days) the value rests on, and ``enough`` whether that reaches the
        definition's minimum. ``mature``: the period is whole, and whatever had to be waited for
        is over; a conversion that is not mature has no value.
    left_out
        The indicators that these tables cannot give, each with the reason.
    """

    table: pd.DataFrame
    left_out: Mapping[str, Message]


def compute_indicators(
    facts: Facts,
    catalogue: Mapping[str, Indicator],
    *,
    grain: Grain = "month",
    segments: Mapping[str, ir.Table] | None = None,
) -> Indicators:
    """Compute every indicator of a catalogue that the tables allow.

    Parameters
    ----------
    facts
        The rows as they were known at a day.
    catalogue
        See `winback.indicators.definition.read_catalogue`.
    grain
        How time is cut.
    segments
        By name of the dimension: ``customer_id``, ``segment``. Besides these, everybody together
        (``all``) and, where purchases have one, the ``channel`` of the purchase.

    Raises
    ------
    NotEnoughDataError
        There is no row.

    Examples
    --------
    >>> import winback as wb
    >>> from datetime import date
    >>> from winback.indicators.definition import read_catalogue
    >>> past = wb.Past(wb.read_transactions("sample:cdnow-tenth"), date(1998, 6, 30))
    >>> facts = Facts(past)
    >>> made = compute_indicators(facts, read_catalogue(), grain="all")
    >>> made.table.set_index("indicator").loc[
    ...     ["buyers", "retention_30d_within", "order_value_mean"], ["value", "low", "high"]
    ... ].round(3)
                            value       low      high
    indicator
    buyers                2357.000  2261.846  2452.154
    retention_30d_within     0.174     0.159     0.190
    order_value_mean        36.453    34.273    38.634
    >>> made.left_out["cross_channel_share"].code
    'indicators.no_channel'
    """
    left_out = dict(_impossible(facts, catalogue))
    possible = {
        name: one
        for name, one in catalogue.items()
        if name not in left_out and not isinstance(one, Derived)
    }
    for name, one in catalogue.items():
        if isinstance(one, Derived):
            missing = sorted(one.names - possible.keys())
            if missing:
                left_out[name] = left_out.get(
                    missing[0], Message("indicators.no_part", part=missing[0])
                )
            elif grain == "all" and "previous_" in one.formula:
                left_out[name] = Message("indicators.no_previous")
    first_day = facts.past.first_day
    frame = calendar(first_day, facts.past.as_of, grain)
    parts = []
    for dimension, by, whose in _dimensions(facts, segments or {}):
        raw = pd.concat(list(_values(facts, possible, grain, frame, by, whose)), ignore_index=True)
        kept = [one for one in catalogue.values() if one.id not in left_out]
        parts.append(_complete(raw, kept, frame, facts, first_day).assign(dimension=dimension))
    table = pd.concat(parts, ignore_index=True).assign(grain=grain, as_of=facts.past.as_of)
    for name in ("value", "low", "high", "numerator", "denominator"):
        table[name] = _rounded(table[name].to_numpy(float))
    return Indicators(table[list(COLUMNS)], left_out)


def _impossible(facts: Facts, catalogue: Mapping[str, Indicator]) -> Iterator[tuple[str, Message]]:
    """Say which indicators these tables cannot give, and why."""
    people = () if facts.customers is None else facts.customers.columns
    events = facts.past.known_events
    seen = (
        ()
        if events is None
        else events.select("event").distinct().to_pyarrow()["event"].to_pylist()
    )
    for name, one in catalogue.items():
        measures = {value.measure for _, value in one if isinstance(value, Term)}
        lost = [event for event in one.event_names if event not in seen]
        money = measures & {"revenue", "gross", "refunded"}
        if isinstance(one, Simple) and one.sum is None:
            money = {"revenue"}
        if lost:
            yield name, Message("indicators.no_event", event=lost[0])
        elif money and not facts.past.has_amounts:
            yield name, Message("indicators.no_amounts")
        elif "cross_channel" in measures and not facts.has_channels:
            yield name, Message("indicators.no_channel")
        elif ("referred" in measures or getattr(one, "event", "") == "referral") and (
            "referred_by" not in people
        ):
            yield name, Message("indicators.no_referrer")
        elif getattr(one, "begins", "") == "acquired" and "acquired_at" not in people:
            yield name, Message("indicators.no_acquired")


def _dimensions(
    facts: Facts, segments: Mapping[str, ir.Table]
) -> Iterator[tuple[str, str | None, ir.Table | None]]:
    yield EVERYBODY, None, None
    if facts.has_channels:
        yield CHANNEL, CHANNEL, None
    for name, whose in segments.items():
        yield name, None, whose


def _values(
    facts: Facts,
    catalogue: Mapping[str, Indicator],
    grain: Grain,
    frame: pd.DataFrame,
    by: str | None,
    whose: ir.Table | None,
) -> Iterator[pd.DataFrame]:
    """Compute the indicators of one dimension, kind by kind."""
    ones = list(catalogue.values())
    summed = [
        one
        for one in ones
        if isinstance(one, Ratio) or (isinstance(one, Simple) and one.sum is not None)
    ]
    terms = {term.column: term for one in summed for _, term in one if isinstance(term, Term)}
    terms["revenue:sum"] = Term(measure="revenue")
    events = sorted({name for one in summed for name in one.event_names})
    done = facts.days(events, by)
    people = customer_periods(done, facts, grain, terms.values(), by=by, whose=whose)
    people = laid_down(people)
    if summed:
        yield sums(people, summed)
    if shares := [one for one in ones if isinstance(one, Simple) and one.top_share]:
        yield top_shares(people.rename(revenue="revenue:sum"), shares)
    first_day = facts.past.first_day
    days = done.filter(done.orders > 0)
    days = told_apart(days.mutate(period=period_of(days.day, grain, first_day)), by, whose)
    if values := [one for one in ones if isinstance(one, Simple) and one.of_orders]:
        yield order_values(days, values)
    yield from _active(
        facts, [one for one in ones if isinstance(one, Cumulative)], days, frame, by, whose
    )
    if by is None:
        chosen = [one for one in ones if isinstance(one, Conversion)]
        yield from _conversions(facts, chosen, grain, first_day, whose)


def _active(
    facts: Facts,
    indicators: Sequence[Cumulative],
    bought: ir.Table,
    frame: pd.DataFrame,
    by: str | None,
    whose: ir.Table | None,
) -> Iterator[pd.DataFrame]:
    ends = frame[["period"]].assign(until=[min(day, facts.past.as_of) for day in frame["until"]])
    rows = facts.past.known_events
    for event in dict.fromkeys(one.event for one in indicators):
        days = bought
        if event != PURCHASE:
            if rows is None or (by and by not in rows.columns):
                continue
            name = event.partition(":")[2]
            days = told_apart(rows.filter(rows.event == name), by, whose)
        days = laid_down(with_following(days.select("customer_id", "segment", "day").distinct()))
        yield active_counts(days, [one for one in indicators if one.event == event], ends)


def _conversions(
    facts: Facts,
    indicators: Sequence[Conversion],
    grain: Grain,
    first_day: Any,
    whose: ir.Table | None,
) -> Iterator[pd.DataFrame]:
    for begins, event in dict.fromkeys((one.begins, one.event) for one in indicators):
        starts = facts.past.first_purchases.rename(start="first_day")
        if begins == "acquired" and facts.customers is not None:
            people = facts.customers
            starts = people.select("customer_id", start=people.acquired_at.cast("date"))
            starts = starts.filter(starts.start >= first_day)
        happened: ir.Table | None
        if event == PURCHASE:
            happened = facts.past.purchase_days
        elif event == "referral":
            happened = facts.referrals()
        else:
            happened = facts.event_days(event.partition(":")[2])
        if happened is not None:
            yield conversions(
                told_apart(starts, None, whose),
                happened.select(*DAY),
                [one for one in indicators if (one.begins, one.event) == (begins, event)],
                as_of=facts.past.as_of,
                first_day=first_day,
                grain=grain,
            )


def _complete(
    raw: pd.DataFrame,
    indicators: Sequence[Indicator],
    frame: pd.DataFrame,
    facts: Facts,
    first_day: Any,
) -> pd.DataFrame:
    """Give every indicator a row for each period and segment, and say what counts."""
    raw = raw.assign(period=pd.to_datetime(raw["period"]).dt.date)
    segments = sorted(raw["segment"].dropna().unique())
    grid = pd.MultiIndex.from_product(
        [segments, frame["period"]], names=["segment", "period"]
    ).to_frame(index=False)
    grid = grid.merge(frame, on="period")
    what = pd.DataFrame(
        {
            "indicator": [one.id for one in indicators],
            "version": [one.version for one in indicators],
            "unit": [one.unit for one in indicators],
            "minimum_n": [one.minimum_n for one in indicators],
            "counted": [_is_counted(one) for one in indicators],
            "lasts": [_lasts(one) for one in indicators],
            "waits": [one.days if isinstance(one, Conversion) else 0 for one in indicators],
            "order": range(len(indicators)),
        }
    )
    computed = [
        derived_values(one, grid, raw)[[*_KEYS, "value", "n"]].assign(indicator=one.id)
        for one in indicators
        if isinstance(one, Derived)
    ]
    wanted = grid.merge(what, how="cross")
    values = wanted.merge(
        pd.concat([raw, *computed], ignore_index=True), on=["indicator", *_KEYS], how="left"
    )
    values.loc[values["counted"] & values["value"].isna(), "value"] = 0.0
    values["n"] = values["n"].fillna(0).astype("int64")
    until = pd.to_datetime(values["until"])
    seen = until - pd.to_timedelta(values["lasts"] - 1, unit="D") >= pd.Timestamp(first_day)
    over = until + pd.to_timedelta(values["waits"], unit="D") <= pd.Timestamp(facts.past.as_of)
    mature = values["whole"] & (seen | (values["lasts"] == 0)) & (over | (values["waits"] == 0))
    if len(frame) == 1:  # everything at once: of those who began, each is waited for by itself
        mature |= (values["waits"] > 0) & until.eq(pd.Timestamp(facts.past.as_of))
    values.loc[(values["waits"] > 0) & ~mature, ["value", "low", "high", "numerator"]] = np.nan
    values = values.assign(enough=values["n"] >= values["minimum_n"], mature=mature)
    return values.sort_values(["segment", "order", "period"], kind="stable", ignore_index=True)


def _is_counted(one: Indicator) -> bool:
    """Whether nobody at all is a value: 0."""
    return isinstance(one, Cumulative) or (isinstance(one, Simple) and one.sum is not None)


def _lasts(one: Indicator) -> int:
    """Return how many days a value looks back, all of which must be known; 0: none."""
    return one.days if isinstance(one, Cumulative) and one.days < EVER else 0


def _rounded(values: np.ndarray) -> np.ndarray:
    """Keep the digits that the order of rows and the number of threads leave alone."""
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.where(values == 0, 0, np.floor(np.log10(np.abs(values))))
    scale = 10.0 ** (_DIGITS - 1 - np.nan_to_num(size))
    return np.round(values * scale) / scale
