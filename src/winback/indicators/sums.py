"""Sums over the customers of a period, and ratios of two such sums."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations_with_replacement
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from winback.indicators import intervals
from winback.indicators.definition import Ratio, Simple, Term
from winback.indicators.facts import Facts
from winback.indicators.periods import Grain, period_of

CHANNEL = "channel"
EVERYBODY = "all"


def customer_periods(
    days: ir.Table,
    facts: Facts,
    grain: Grain,
    terms: Iterable[Term],
    *,
    by: str | None = None,
    whose: ir.Table | None = None,
) -> ir.Table:
    """Sum up what each customer did in each period.

    Parameters
    ----------
    days
        See `winback.indicators.facts.customer_days`.
    facts
        The rows that `days` are made of.
    grain
        How time is cut.
    terms
        What is asked for.
    by
        As of `days`. ``channel``: customers are told apart by the channel too, so whoever bought
        through two in a period stands in both; ``returning`` and ``resurrected`` are then of the
        channel.
    whose
        ``customer_id``, ``segment``: to whom a customer belongs, whatever the period.

    Returns
    -------
    ir.Table
        ``customer_id``, ``period``, ``segment`` and a column for each of `terms`.
    """
    terms = list(terms)
    first_row = facts.past.first_day
    keys = ["customer_id", "period", *([by] if by else [])]
    days = days.mutate(period=period_of(days.day, grain, first_row))
    measures = {term.measure for term in terms if term.measure in days.columns}
    measures |= {"orders"}
    each = {name: days[name].sum() for name in sorted(measures)}
    by_day = {t.measure for t in terms if t.of == "customer_days"}
    each |= {f"{name}:days": (days[name] > 0).sum() for name in sorted(by_day)}
    bought = days.orders > 0
    table = days.group_by(keys).aggregate(
        **each, earliest=days.day.min(where=bought), latest=days.day.max(where=bought)
    )
    table = table.left_join(facts.past.first_purchases, "customer_id").drop("customer_id_right")
    table = table.mutate(
        new=(table.earliest == table.first_day).fill_null(False),
        repeat=(table.latest > table.first_day).fill_null(False),
    )
    table = _lately(table, [name for name in keys if name != "period"], grain)
    table = _joined(table, facts, grain, first_row, terms)
    table = told_apart(table, by, whose)
    return table.select(
        "customer_id", "period", "segment", **{term.column: _value(table, term) for term in terms}
    )


def told_apart(table: ir.Table, by: str | None, whose: ir.Table | None) -> ir.Table:
    """Say to which ``segment`` a row belongs: its customer's, its value of `by`, or everybody's."""
    if whose is not None:
        return table.inner_join(whose, "customer_id")
    table = table.mutate(segment=table[by] if by else ibis.literal(EVERYBODY))
    return table.drop_null("segment")


def _lately(table: ir.Table, who: list[str], grain: Grain) -> ir.Table:
    """Tell who bought in the period before as well, and who bought again after a silence."""
    before = ibis.window(group_by=who, order_by="period", preceding=(None, 1))
    last = (table.orders > 0).ifelse(table.period, ibis.null("date")).max().over(before)
    table = table.mutate(last=last)
    buys = (table.orders > 0) & (table["last"] < table.period).fill_null(False)
    if grain == "all":
        return table.mutate(returning=ibis.literal(False), resurrected=ibis.literal(False))
    step = {"day": 1, "week": 7}
    if grain in step:
        next_to = table.period.delta(table["last"], unit="day") == step[grain]
    else:
        months = {"month": 1, "quarter": 3, "year": 12}[grain]
        apart = (table.period.year() - table["last"].year()) * 12
        next_to = apart + table.period.month() - table["last"].month() == months
    return table.mutate(returning=buys & next_to, resurrected=buys & ~next_to)


def _joined(
    table: ir.Table, facts: Facts, grain: Grain, first_row: Any, terms: Iterable[Term]
) -> ir.Table:
    """Add what other rows say of a customer: several channels, a referrer."""
    asked = {term.measure for term in terms}
    if "cross_channel" in asked:
        rows = facts.past.transactions.table
        rows = rows.filter(rows.amount >= 0)
        rows = rows.mutate(period=period_of(rows.day, grain, first_row))
        several = rows.group_by("customer_id", "period").aggregate(n=rows[CHANNEL].nunique())
        several = several.filter(several.n > 1).select("customer_id", "period", several=True)
        table = table.left_join(several, ["customer_id", "period"])
        table = table.drop("customer_id_right", "period_right")
        table = table.mutate(cross_channel=table.several.fill_null(False))
    if "referred" in asked and facts.customers is not None:
        people = facts.customers
        brought = people.drop_null("referred_by").select("customer_id", brought=True)
        table = table.left_join(brought, "customer_id").drop("customer_id_right")
        table = table.mutate(referred=table.new & table.brought.fill_null(False))
    return table


def _value(table: ir.Table, term: Term) -> ir.NumericValue:
    column = table[term.measure]
    if term.of == "customer_days":
        return table[f"{term.measure}:days"].cast("int64")
    if column.type().is_boolean():
        return column.cast("int64")
    return (column > 0).cast("int64") if term.of == "customers" else column


def sums(table: ir.Table, indicators: Iterable[Simple | Ratio]) -> pd.DataFrame:
    """Sum terms over the customers of each period and segment, with what intervals need.

    Parameters
    ----------
    table
        See `customer_periods`.
    indicators
        Simple ones of a sum, and ratios.

    Returns
    -------
    DataFrame
        ``period``, ``segment``, ``indicator``, ``value``, ``low``, ``high``, ``n`` (customers:
        of a ratio those of its denominator, of a sum those who have a part in it),
        ``numerator``, ``denominator``.
    """
    indicators = list(indicators)
    wanted: dict[str, ir.Value] = {}
    for one in indicators:
        columns = [term.column for term in _terms(one)]
        for name in columns:
            wanted[name] = table[name].sum()
            wanted[f"{name} n"] = (table[name] != 0).sum()
        for left, right in combinations_with_replacement(columns, 2):
            a, b = table[left].cast("float64"), table[right].cast("float64")
            wanted[f"{left} {right}"] = (a * b).sum()
    rows: pd.DataFrame = (
        table.group_by("period", "segment")
        .aggregate(**wanted)
        .order_by("period", "segment")
        .to_pyarrow()
        .to_pandas()
    )
    numbers = rows.columns.difference(["period", "segment"])
    rows[numbers] = rows[numbers].astype(float)
    return pd.concat(
        [
            rows[["period", "segment"]].assign(indicator=one.id, **_read(one, rows))
            for one in indicators
        ],
        ignore_index=True,
    )


def _terms(indicator: Simple | Ratio) -> list[Term]:
    if isinstance(indicator, Ratio):
        return [indicator.numerator, indicator.denominator]
    return [] if indicator.sum is None else [indicator.sum]


def _read(indicator: Simple | Ratio, rows: pd.DataFrame) -> dict[str, np.ndarray]:
    names = [term.column for term in _terms(indicator)]
    top = rows[names[0]].to_numpy()
    if len(names) == 1:
        low, high = intervals.of_sum(top, rows[f"{names[0]} {names[0]}"].to_numpy())
        n = rows[f"{names[0]} n"].to_numpy()
        return _result(top, low, high, n, top, np.full(len(top), np.nan))
    bottom, n = rows[names[1]].to_numpy(), rows[f"{names[1]} n"].to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.where(bottom > 0, top / bottom, np.nan)
    if isinstance(indicator, Ratio) and indicator.within:
        low, high = intervals.of_share(top, bottom)
    else:
        pairs = (f"{names[0]} {names[0]}", f"{names[0]} {names[1]}", f"{names[1]} {names[1]}")
        squares = tuple(rows[pair].to_numpy() for pair in pairs)
        low, high = intervals.of_ratio(top, bottom, (squares[0], squares[1], squares[2]), n)
    per = indicator.per if isinstance(indicator, Ratio) else 1.0
    return _result(value * per, low * per, high * per, n, top, bottom)


def _result(*columns: np.ndarray) -> dict[str, np.ndarray]:
    names = ("value", "low", "high", "n", "numerator", "denominator")
    return dict(zip(names, columns, strict=True))
