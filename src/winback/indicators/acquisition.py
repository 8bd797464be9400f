"""Who was won through which channel when, what that cost, and what they brought by which age."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from winback.data.engine import laid_down
from winback.errors import DataError
from winback.features.purchases import exact_sum
from winback.indicators.facts import Facts
from winback.indicators.periods import calendar, period_of


@dataclass(frozen=True)
class Terms:
    """How channels are judged.

    Parameters
    ----------
    age_days
        The common age at which customers are compared: value is what they brought on the day of
        their first purchase and in so many days after it, that day included.
    lag_days
        Money works so many days before the first purchase: the spend of a cohort is that of as
        many days earlier.
    load
        A share added to all spend, for people, tools and agencies.
    margin
        As a share of revenue.
    grain
        How first purchases are put together into cohorts.
    least
        Fewer customers of a cohort than these say nothing.
    """

    age_days: int = 365
    lag_days: int = 0
    load: float = 0.0
    margin: float = 1.0
    grain: Literal["month", "quarter"] = "month"
    least: int = 30


@dataclass(frozen=True)
class Acquired:
    """What is known of channels and cohorts at a day.

    Attributes
    ----------
    cells
        One row a channel and cohort: ``channel, cohort`` (its first day), ``until``, ``whole``,
        ``customers``, ``spend`` (loaded; missing where the table of spend does not cover the
        cohort's days), ``age`` (days that all its customers have been here, at most the common
        age), and of the margin by that age ``value`` and ``squares``, sum and sum of squares over
        customers.
    courses
        ``channel, cohort, day, value``: margin of a cohort by day of age, as far as known.
    moments
        Of cohorts that have reached the common age, at each ``age`` of a younger one: ``channel,
        cohort, age, n``, and sums over customers of what came by that age (``e``), after it
        (``l``), and their products ``ee, el, ll``.
    """

    cells: pd.DataFrame
    courses: pd.DataFrame
    moments: pd.DataFrame


def acquired(facts: Facts, spend: ir.Table, people: ir.Table, terms: Terms) -> Acquired:
    """Lay out what channels cost and what their customers brought.

    Parameters
    ----------
    facts
        Purchases.
    spend
        ``day``, ``channel``, ``amount``; days after the known past do not count.
    people
        See `won_through`.
    terms
        How channels are judged.
    """
    as_of, first_day = facts.past.as_of, facts.past.first_day
    days = _margins(facts, people, terms)
    frame = calendar(first_day, as_of, terms.grain).rename(columns={"period": "cohort"})
    cells = _frame(people.group_by("channel", "cohort").aggregate(customers=people.count()))
    cells = cells.merge(_spent(spend, frame, as_of, terms), on=["channel", "cohort"], how="outer")
    frame["age"] = [min((as_of - day).days, terms.age_days) for day in frame["until"]]
    cells = cells.merge(frame[["cohort", "until", "whole", "age"]], on="cohort")
    cells["customers"] = cells["customers"].fillna(0).astype("int64")
    courses = _frame(
        days.group_by("channel", "cohort", "age").aggregate(value=days.value.sum())
    ).rename(columns={"age": "day"})
    by_age = _by_age(days, cells)
    cells = cells.merge(by_age, on=["channel", "cohort"], how="left")
    cells[["value", "squares"]] = cells[["value", "squares"]].fillna(0.0)
    young = sorted({int(age) for age in cells.loc[cells["whole"], "age"] if age < terms.age_days})
    mature = people.filter(people.first_day <= as_of - timedelta(days=terms.age_days))
    return Acquired(cells, courses, _moments(mature, days, young))


def overlap_of(facts: Facts, people: ir.Table, terms: Terms) -> pd.DataFrame:
    """Return of each channel the share of its customers who bought through several channels.

    By the day of the common age, of all who were won by then; missing where purchases name no
    channel.
    """
    if not facts.has_channels:
        frame = _frame(people.select("channel").distinct())
        return frame.assign(overlap=float("nan"))
    rows = facts.past.transactions.table
    rows = rows.filter(rows.amount >= 0).drop_null("channel")
    bought = rows.select("customer_id", "day", through="channel").inner_join(people, "customer_id")
    bought = bought.filter(bought.day.delta(bought.first_day, unit="day") <= terms.age_days)
    each = bought.group_by("channel", "customer_id").aggregate(n=bought.through.nunique())
    return _frame(each.group_by("channel").aggregate(overlap=(each.n > 1).mean()))


def won_through(facts: Facts, terms: Terms) -> ir.Table:
    """Lay down who was won through which channel: ``customer_id, channel, first_day, cohort``.

    A customer belongs to the channel that the customers' table names, and to the cohort of the
    first purchase ever. That is the first touch: it does not say that the customer would have
    stayed away without it.

    Raises
    ------
    DataError
        Customers name no ``acquisition_channel``.
    """
    if facts.customers is None or "acquisition_channel" not in facts.customers.columns:
        raise DataError(
            "customers name no channel by which they were won",
            where="customers",
            hint="map a column to acquisition_channel",
        )
    first = facts.past.first_purchases
    named = facts.customers.select("customer_id", channel="acquisition_channel")
    people = first.inner_join(named, "customer_id").drop_null("channel")
    cohort = period_of(people.first_day, terms.grain, facts.past.first_day)
    return laid_down(people.select("customer_id", "channel", "first_day", cohort=cohort))


def _margins(facts: Facts, people: ir.Table, terms: Terms) -> ir.Table:
    """Return each customer's margin by day of age, up to the common age."""
    days = facts.days((), None)
    joined = days.inner_join(people, "customer_id")
    age = joined.day.delta(joined.first_day, unit="day")
    joined = joined.mutate(age=age, value=joined.revenue.cast("float64") * terms.margin)
    joined = joined.filter(joined.age >= 0, joined.age <= terms.age_days)
    return laid_down(joined.select("customer_id", "channel", "cohort", "age", "value"))


def _spent(spend: ir.Table, frame: pd.DataFrame, as_of: date, terms: Terms) -> pd.DataFrame:
    """Sum the loaded spend of each channel over the days that a cohort's customers came from."""
    so_far = spend.filter(spend.day <= as_of)
    daily = _frame(so_far.group_by("channel", "day").aggregate(amount=exact_sum(so_far.amount)))
    nothing = pd.DataFrame(columns=["channel", "cohort", "spend"]).astype({"spend": "float64"})
    if daily.empty:
        return nothing
    lag = timedelta(days=terms.lag_days)
    day = pd.to_datetime(daily["day"])
    begins, ends = day.min().date(), day.max().date()
    amount = daily["amount"].astype(float) * (1 + terms.load)
    period = "M" if terms.grain == "month" else "Q"
    moved = (day + pd.Timedelta(lag)).dt.to_period(period).dt.start_time.dt.date
    sums = amount.groupby([daily["channel"], moved.rename("cohort")]).sum()
    covered = frame[[first - lag >= begins for first in frame["cohort"]]]
    covered = covered[[min(last, as_of) - lag <= ends for last in covered["until"]]]
    if covered.empty:  # an index of nothing forgets its names
        return nothing
    index = pd.MultiIndex.from_product(
        [sorted(daily["channel"].unique()), covered["cohort"]], names=["channel", "cohort"]
    )
    return sums.reindex(index, fill_value=0.0).rename("spend").reset_index()


def _by_age(days: ir.Table, cells: pd.DataFrame) -> pd.DataFrame:
    """Sum what each cohort's customers brought by the age that all of them have reached."""
    ages = cells[["cohort", "age"]].drop_duplicates()
    reached = pa.Table.from_pandas(ages.rename(columns={"age": "reached"}), preserve_index=False)
    ages = ibis.memtable(reached)
    joined = days.inner_join(ages, "cohort")
    joined = joined.filter(joined.age <= joined.reached)
    each = joined.group_by("channel", "cohort", "customer_id").aggregate(value=joined.value.sum())
    sums = each.group_by("channel", "cohort").aggregate(
        value=each.value.sum(), squares=(each.value * each.value).sum()
    )
    return _frame(sums)


def _moments(mature: ir.Table, days: ir.Table, young: list[int]) -> pd.DataFrame:
    """Sum, over customers who have reached the common age, what came by each age and after it."""
    names = ["channel", "cohort", "age", "n", "e", "l", "ee", "el", "ll"]
    if not young:
        return pd.DataFrame(columns=names)
    brought = days.semi_join(mature, "customer_id")
    ages = ibis.memtable(pa.table({"reached": young}))
    pairs = brought.cross_join(ages)
    each = pairs.group_by("channel", "cohort", "customer_id", "reached").aggregate(
        e=pairs.value.sum(where=pairs.age <= pairs.reached).fill_null(0.0),
        l=pairs.value.sum(where=pairs.age > pairs.reached).fill_null(0.0),
    )
    sums = each.group_by("channel", "cohort", age=each.reached).aggregate(
        n=each.count(),
        e=each.e.sum(),
        l=each.l.sum(),
        ee=(each.e * each.e).sum(),
        el=(each.e * each.l).sum(),
        ll=(each.l * each.l).sum(),
    )
    return _frame(sums)[names].sort_values(["age", "channel", "cohort"], ignore_index=True)


def _frame(table: ir.Table) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pyarrow().to_pandas()
    return frame
