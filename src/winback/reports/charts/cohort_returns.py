"""Cohorts: who came back in which month after the first purchase, and what they have brought."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

import ibis.expr.types as ir
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from winback.data.contracts import Transactions
from winback.errors import NotEnoughDataError
from winback.features.purchases import purchase_days
from winback.messages import Words
from winback.reports.aggregator import plain
from winback.reports.charts.chart import Chart, Shown, as_of
from winback.reports.charts.notebook import Day, alone, as_date, day
from winback.reports.history_unit import UNITS, unit_of
from winback.reports.style import MUTED, SHADES, chart, line

MOST = 24
LABELLED = 6  # so many lines can be told apart by name
NUMBERED = 25  # so many cells have room for a number; on a phone the page hides it
_HATCH = (((-0.45, 0.0), (0.0, -0.45)), ((-0.45, 0.45), (0.45, -0.45)), ((0.0, 0.45), (0.45, 0.0)))


def cohort_rows(days: ir.Table, unit: str) -> list[dict[str, Any]]:
    """Count buyers and sum amounts by cohort and age, inside the engine.

    Parameters
    ----------
    days
        Purchase days: ``customer_id, day, amount``.
    unit
        ``"M"`` (months) or ``"Q"`` (quarters).

    Returns
    -------
    list of dict
        ``cohort`` (first day of the period of the first purchase), ``age`` (periods since),
        ``customers`` (who bought in it), ``amount``.
    """
    first = days.group_by("customer_id").aggregate(first_day=days.day.min())
    joined = days.join(first, "customer_id")
    months = (joined.day.year() - joined.first_day.year()) * 12
    if unit == "Q":
        age = (months // 3) + joined.day.quarter() - joined.first_day.quarter()
    else:
        age = months + joined.day.month() - joined.first_day.month()
    rows = joined.mutate(cohort=joined.first_day.truncate(unit).cast("date"), age=age)
    counted = rows.group_by(["cohort", "age"]).aggregate(
        customers=rows.customer_id.nunique(), amount=rows.amount.cast("decimal(38, 6)").sum()
    )
    ordered = counted.mutate(amount=counted.amount.cast("float64")).order_by(["cohort", "age"])
    listed: list[dict[str, Any]] = ordered.to_pyarrow().to_pylist()
    return listed


def cohorts(
    rows: Sequence[Mapping[str, Any]], unit: str, as_of: date | str
) -> dict[str, Any] | None:
    """Put the counts into one entry a cohort, and mark the period that is not over.

    Parameters
    ----------
    rows
        As from `cohort_rows`.
    unit
        ``"M"`` or ``"Q"``.
    as_of
        The last known day: a period that ends after it is immature.

    Returns
    -------
    dict or None
        ``unit`` and ``cohorts`` (the newest 24): ``cohort, customers``, and by age ``retention``
        (share of the cohort who bought) and ``cumulative`` (amount per customer so far), from age
        0 on; ``mature``: how many of these periods are over. ``None`` with fewer than two.

    Examples
    --------
    >>> first = cohorts([{"cohort": "2024-01-01", "age": 0, "customers": 4, "amount": 40.0},
    ...                  {"cohort": "2024-01-01", "age": 2, "customers": 1, "amount": 8.0},
    ...                  {"cohort": "2024-02-01", "age": 0, "customers": 1, "amount": 9.0}],
    ...                 "M", "2024-03-15")["cohorts"][0]
    >>> first["retention"], first["cumulative"], first["mature"]
    ([1.0, 0.0, 0.25], [10.0, 10.0, 12.0], 2)
    """
    last = date.fromisoformat(str(as_of)[:10])
    by_cohort: dict[date, dict[int, Mapping[str, Any]]] = {}
    for row in rows:
        start = date.fromisoformat(str(row["cohort"])[:10])
        by_cohort.setdefault(start, {})[int(row["age"])] = row
    if len(by_cohort) < 2:
        return None
    listed = [_cohort(start, by_cohort[start], unit, last) for start in sorted(by_cohort)]
    return {"unit": unit, "cohorts": listed[-MOST:]}


def _cohort(
    start: date, ages: Mapping[int, Mapping[str, Any]], unit: str, last: date
) -> dict[str, Any]:
    size = int(ages[0]["customers"])
    begun = (last.year * 12 + last.month - start.year * 12 - start.month) // UNITS[unit] + 1
    retention, cumulative, total = [], [], 0.0
    for age in range(begun):
        row = ages.get(age)
        total += float(row["amount"]) if row else 0.0
        retention.append(plain((int(row["customers"]) if row else 0) / size))
        cumulative.append(plain(total / size))
    ends = [_end(start, age, unit) for age in range(begun)]
    return {
        "cohort": start.isoformat(),
        "customers": size,
        "retention": retention,
        "cumulative": cumulative,
        "mature": sum(end <= last for end in ends),
    }


def _end(start: date, age: int, unit: str) -> date:
    """Return the last day of the period `age` periods after that of `start`."""
    month = start.year * 12 + start.month - 1 + UNITS[unit] * (age + 1) - 1
    year, month = divmod(month, 12)
    return date(year, month + 1, calendar.monthrange(year, month + 1)[1])


def _name(row: Mapping[str, Any], unit: str, words: Words) -> str:
    """Return a cohort's month or quarter with its size."""
    year, month = row["cohort"][:4], int(row["cohort"][5:7])
    name = f"{year}-{month:02}" if unit == "M" else f"{year} Q{(month + 2) // 3}"
    return f"{name} ({words.number(row['customers'])})"


class Retention(Chart):
    """Share of each cohort that bought, by age; the period that is not over is hatched."""

    name = "retention"
    place = "cohorts.back"

    def of(self, report: Mapping[str, Any]) -> Shown | None:
        data = report["cohorts"]
        if not data:
            return None
        return Shown(data, sum(row["customers"] for row in data["cohorts"]), as_of(report))

    def read(self, data: Mapping[str, Any], words: Words) -> str:
        """Return the share who came back one and six periods later, over all whole cohorts."""
        shares = {}
        for age in (1, 6):
            rows = [row for row in data["cohorts"] if row["mature"] > age]
            n = sum(row["customers"] for row in rows)
            back = sum(row["customers"] * row["retention"][age] for row in rows)
            shares[age] = back / n if n else None
        short = "" if shares[6] is not None else "short."
        return words(
            f"chart.retention.reading.{short}{data['unit']}",
            one=words.share(shares[1]),
            six=words.share(shares[6]),
        )

    def draw(self, data: Mapping[str, Any], words: Words) -> go.Figure:
        rows = [row for row in data["cohorts"] if len(row["retention"]) > 1]
        ages = max(len(row["retention"]) for row in rows)
        values = [(row["retention"][1:] + [None] * ages)[: ages - 1] for row in rows]
        highest = max((share for row in values for share in row if share is not None), default=1)
        numbered = ages <= NUMBERED
        cells = go.Heatmap(
            x=list(range(1, ages)),
            y=list(range(len(rows))),
            z=values,
            zmin=0,
            zmax=highest or 1,
            colorscale=SHADES,
            showscale=not numbered,
            colorbar={"thickness": 10, "outlinewidth": 0, "tickformat": ".0%"},
            xgap=1,
            ygap=1,
            text=[[words.share(v) if v is not None else "" for v in row] for row in values],
            texttemplate="%{text}" if numbered else None,
            hovertemplate="%{text}<extra></extra>",
        )
        x = words(f"chart.cohort.age.{data['unit']}")
        figure = chart([cells], x=x, height=230 + 24 * len(rows))
        for place, row in enumerate(rows):
            for age in range(max(row["mature"], 1), len(row["retention"])):
                _hatch(figure, age, place)
        figure.update_xaxes(showgrid=False, dtick=1 if ages <= 8 else 3, ticks="", tickangle=0)
        return figure.update_yaxes(
            autorange="reversed",
            showgrid=False,
            ticks="",
            tickvals=list(range(len(rows))),
            ticktext=[_name(row, data["unit"], words) for row in rows],
        )


def _hatch(figure: go.Figure, x: float, y: float) -> None:
    """Strike a cell through with three slanting lines."""
    for low, high in _HATCH:
        ends = {"x0": x + low[0], "y0": y + low[1], "x1": x + high[0], "y1": y + high[1]}
        figure.add_shape(type="line", **ends, line={"color": MUTED, "width": 1})


class CumulativeValue(Chart):
    """Amount per customer since the first purchase, by age; whole periods only."""

    name = "cumulative_value"
    place = "cohorts.worth"

    def of(self, report: Mapping[str, Any]) -> Shown | None:
        data = report["cohorts"]
        if not data or not report["intake"]["has_amounts"] or not _mature(data):
            return None
        return _value_shown(data, as_of(report))

    def read(self, data: Mapping[str, Any], words: Words) -> str:
        """Return what a customer of the oldest cohort brought at first, and by now."""
        first = _mature(data)[0]
        return words(
            "chart.cumulative_value.reading",
            cohort=_name(first, data["unit"], words),
            start=first["cumulative"][0],
            now=first["cumulative"][first["mature"] - 1],
        )

    def draw(self, data: Mapping[str, Any], words: Words) -> go.Figure:
        rows, unit = _mature(data), data["unit"]
        steps = max(len(rows) - 1, 1)
        shades = sample_colorscale(SHADES, [0.35 + 0.65 * n / steps for n in range(len(rows))])
        drawn = [
            line(
                list(range(row["mature"])),
                row["cumulative"][: row["mature"]],
                _name(row, unit, words),
                shade,
            ).update(mode="lines+markers", marker_size=4)
            for row, shade in zip(rows, shades, strict=True)
        ]
        figure = chart(
            drawn,
            x=words(f"chart.cohort.age.{unit}"),
            y=words("chart.cumulative_value.y", currency=words.currency or "").strip(),
            height=410,
        )
        figure.update_layout(showlegend=1 < len(rows) <= LABELLED)
        if len(rows) > LABELLED:  # the oldest says which way the shades go
            figure.add_annotation(
                x=rows[0]["mature"] - 1,
                y=rows[0]["cumulative"][rows[0]["mature"] - 1],
                text=_name(rows[0], unit, words),
                showarrow=False,
                xanchor="right",
                yanchor="bottom",
            )
        figure.update_xaxes(dtick=1 if max(row["mature"] for row in rows) <= LABELLED * 2 else 3)
        return figure.update_yaxes(rangemode="tozero")


def _mature(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [row for row in data["cohorts"] if row["mature"]]


def _value_shown(data: Mapping[str, Any], until: str) -> Shown:
    return Shown(data, sum(row["customers"] for row in _mature(data)), until)


RETENTION, CUMULATIVE_VALUE = Retention(), CumulativeValue()


def cohort_retention(
    purchases: Transactions, *, as_of: Day, unit: Literal["M", "Q"] | None = None
) -> go.Figure:
    """Draw the share of each cohort that bought, by age; the period that is not over is hatched.

    Parameters
    ----------
    purchases
        Known up to `as_of`, or further.
    as_of
        The last day that is known.
    unit
        Months or quarters; None: as the length of history suggests.

    Raises
    ------
    NotEnoughDataError
        Everybody first bought in the same period.

    Examples
    --------
    >>> import winback as wb
    >>> shop = wb.read_transactions("sample:cdnow-tenth")
    >>> figure = wb.plot.cohort_retention(shop, as_of="1998-06-30")
    >>> figure.layout.yaxis.ticktext[0], round(figure.data[0].z[0][0], 3)
    ('1997-01 (781)', 0.159)
    """
    data = _counted(purchases, as_of, unit)
    n = sum(row["customers"] for row in data["cohorts"])
    return alone(RETENTION.figure(Shown(data, n, day(as_of))))


def cohort_revenue(
    purchases: Transactions,
    *,
    as_of: Day,
    unit: Literal["M", "Q"] | None = None,
    currency: str | None = None,
) -> go.Figure:
    """Draw the revenue per customer since the first purchase, a line a cohort, whole periods only.

    Parameters and errors as of `cohort_retention`; `currency` is written before amounts.
    """
    shown = _value_shown(_counted(purchases, as_of, unit), day(as_of))
    return alone(CUMULATIVE_VALUE.figure(shown, Words(currency=currency)))


def _counted(purchases: Transactions, as_of: Day, unit: str | None) -> dict[str, Any]:
    until = as_date(as_of)
    days = purchase_days(purchases.table, until, count_zero=purchases.count_zero)
    chosen = unit or unit_of(purchases.counts.first_day or until, until)
    data = cohorts(cohort_rows(days, chosen), chosen, until)
    if data is None:
        raise NotEnoughDataError("everybody first bought in the same period", got=chosen)
    return data


CHARTS = (RETENTION, CUMULATIVE_VALUE)
PLOTS = (cohort_retention, cohort_revenue)
