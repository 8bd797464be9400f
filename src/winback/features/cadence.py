"""Purchase days at several dates at once, and what their rhythm says."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from winback.features.feature_catalogue import RECENT_DAYS, WINDOWS
from winback.features.purchases import counts_as_purchase, exact_sum, ratio
from winback.features.rfm import summary_aggregates, summary_columns

KEYS = ("as_of", "customer_id")

# How many gaps of evidence the population's typical gap is worth. A mean gap is ruled by the one
# long silence, the median is not: with log gaps normal about a customer's own and those normal over
# customers, the posterior of a customer's log gap is (n log m + k log M) / (n + k), m the median of
# their n gaps, M everybody's, k the variance within customers over that between them.
POPULATION_GAPS = 2


def dated_purchase_days(seen: ir.Table, *, count_zero: bool) -> ir.Table:
    """Merge rows known at each ``as_of`` into purchase days.

    Parameters
    ----------
    seen
        ``as_of, customer_id, day, amount, lines``: rows repeated under each date.
    count_zero
        Count a day whose net amount is zero.

    Returns
    -------
    ir.Table
        ``as_of, customer_id, day, amount`` (net), ``lines``.
    """
    days = seen.group_by([*KEYS, "day"]).aggregate(
        amount=exact_sum(seen.amount), lines=seen.lines.sum()
    )
    return days.filter(counts_as_purchase(days.amount, count_zero=count_zero))


def population_gaps(days: ir.Table) -> ir.Table:
    """Work out the population's typical gap at each ``as_of``.

    The median over returning customers of their own median gap; where nobody has come back yet,
    the mean age of the customers (a gap is at least about that long), and at least a day.

    Returns
    -------
    ir.Table
        ``as_of``, ``population_gap`` in days.
    """
    days = _with_gaps(days)
    customers = days.group_by(list(KEYS)).aggregate(
        own=days.gap.cast("float64").median(),
        age=days.as_of.max().delta(days.day.min(), unit="day"),
    )
    population = customers.group_by("as_of").aggregate(
        gap=customers.own.median(), age=customers.age.sum(), customers=customers.count()
    )
    mean_age = ibis.greatest(ratio(population.age, population.customers, 1.0), 1.0)
    return population.select("as_of", population_gap=population.gap.coalesce(mean_age))


def _with_gaps(days: ir.Table) -> ir.Table:
    """Put the days since the purchase day before beside each."""
    in_order = ibis.window(group_by=[days[key] for key in KEYS], order_by=days.day)
    return days.mutate(gap=days.day.delta(days.day.lag().over(in_order), unit="day"))


def cadence_table(days: ir.Table, population: ir.Table, horizon_days: int) -> ir.Table:
    """Describe each customer's rhythm, baskets and seasons at each ``as_of``.

    Parameters
    ----------
    days
        Purchase days of the customers wanted (see :func:`dated_purchase_days`), with
        ``season_start`` and ``season_span``: the calendar month after ``as_of``, and how many
        further months the horizon touches.
    population
        See :func:`population_gaps`.
    horizon_days
        Length of ``last_horizon_purchases``.

    Returns
    -------
    ir.Table
        One row per ``as_of`` and customer; the columns are described in
        :mod:`winback.features.feature_catalogue`.
    """
    raw = _counted(_with_gaps(days), horizon_days).join(population, "as_of")
    table = raw.mutate(**summary_columns(raw, raw.as_of))
    gaps, span, n = table.frequency, table.recency, table.n_days
    table = table.mutate(
        days_since_last=table["T"] - span,
        typical_gap_days=_drawn_to(table.gap_median, gaps, table.population_gap),
        # Bessel's correction, in whole numbers until the division: n S2 - S1^2 over n (n - 1)
        gap_variance=ratio(gaps * table.gap_squares - span * span, gaps * (gaps - 1), 0.0),
        recent_rate=table[f"count_{RECENT_DAYS}"] / float(RECENT_DAYS),
        earlier_rate=ratio(
            n - table[f"count_{RECENT_DAYS}"],
            ibis.greatest(table["T"] + 1 - RECENT_DAYS, 0.0),
            0.0,
        ),
        basket_amount=ratio(table.total, n, 0.0),
        basket_lines=ratio(table.total_lines, n, 0.0),
        earlier_amount=ratio(table.total - table.last_amount, gaps, 0.0),
        earlier_lines=ratio(table.total_lines - table.last_lines, gaps, 0.0),
    )
    typical = table.typical_gap_days
    old_enough = table["T"] + 1 > RECENT_DAYS
    returned = gaps > 0
    return table.select(
        *KEYS,
        "frequency",
        "recency",
        "T",
        "monetary_value",
        first_purchase_at=table.first_day,
        last_purchase_at=table.last_day,
        days_since_last=table.days_since_last,
        **{f"count_{n}": table[f"count_{n}"] for n in WINDOWS},
        gap_mean=ratio(span, gaps, typical),
        gap_std=ibis.greatest(table.gap_variance, 0.0).sqrt(),
        log_gaps=table.log_gaps.cast("float64"),
        gap_last=table.gap_last.cast("float64").coalesce(typical),
        typical_gap_days=typical,
        overdue_ratio=table.days_since_last / typical,
        gap_last_ratio=ratio(table.gap_last, typical, 1.0),
        trend=_change(table.recent_rate, table.earlier_rate, old_enough),
        basket_amount=table.basket_amount,
        last_amount=table.last_amount,
        basket_amount_change=_change(table.last_amount, table.earlier_amount, returned),
        basket_lines=table.basket_lines,
        basket_lines_change=_change(table.last_lines, table.earlier_lines, returned),
        weekend_share=table.weekend / n,
        weekday_peak_share=table.weekday_peak / n,
        month_peak_share=table.month_peak / n,
        season_share=table.season / n,
        first_order_revenue=table.first_amount,
        last_horizon_purchases=table.last_horizon_purchases,
    )


def _counted(days: ir.Table, horizon_days: int) -> ir.Table:
    """Count and add up each customer's purchase days, by what is told apart of them."""
    in_order = ibis.window(group_by=[days[key] for key in KEYS], order_by=days.day)
    days = days.mutate(
        ago=days.as_of.delta(days.day, unit="day"),
        is_last=days.day.lead().over(in_order).isnull(),
        weekday=days.day.day_of_week.index(),  # Monday is 0
        month=days.day.month(),
    )
    in_season = (days.month - days.season_start + 12) % 12 <= days.season_span
    return days.group_by(list(KEYS)).aggregate(
        **summary_aggregates(days),
        **{f"count_{n}": days.count(where=days.ago < n) for n in WINDOWS},
        last_horizon_purchases=days.count(where=days.ago < horizon_days),
        gap_median=days.gap.cast("float64").median(),
        gap_squares=(days.gap * days.gap).sum(),
        log_gaps=exact_sum(days.gap.ln()).coalesce(0),
        gap_last=days.gap.max(where=days.is_last),
        last_amount=days.amount.max(where=days.is_last),
        last_lines=days.lines.max(where=days.is_last),
        total_lines=days.lines.sum(),
        weekend=days.count(where=days.weekday >= 5),
        weekday_peak=ibis.greatest(*(days.count(where=days.weekday == day) for day in range(7))),
        month_peak=ibis.greatest(*(days.count(where=days.month == m) for m in range(1, 13))),
        season=days.count(where=in_season),
    )


def _drawn_to(
    own: ir.NumericValue, gaps: ir.NumericValue, everybodys: ir.NumericValue
) -> ir.FloatingValue:
    """Draw a customer's median gap towards everybody's, the more the fewer gaps there are."""
    weight = POPULATION_GAPS / (gaps + POPULATION_GAPS)
    drawn = own * (everybodys / own) ** weight
    return ibis.ifelse(gaps > 0, drawn, everybodys)


def _change(new: ir.NumericValue, old: ir.NumericValue, defined: ir.BooleanValue) -> ir.Value:
    """Compare two non-negative figures on a scale of -1 (gone) to 1 (all new); 0 if undefined."""
    new = new.cast("float64")
    return ibis.ifelse(defined, ratio(new - old, new + old, 0.0), 0.0)
