"""Purchases so far, week by week and added up, beside what the model expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

import plotly.graph_objects as go

from winback.data.contracts import Transactions
from winback.evaluation.past import Past
from winback.evaluation.purchase_tracking import track
from winback.evaluation.windows import Window
from winback.features.purchases import purchase_days
from winback.messages import Words
from winback.reports.aggregator import Rows, aggregator, columns, records
from winback.reports.charts.chart import Chart, Shown, as_of, off, scored
from winback.reports.charts.notebook import Day, alone, as_date, day, purchase_model
from winback.reports.style import ACCENT, SECOND, TIME, band, chart, line, mark

Weeks = Sequence[Mapping[str, Any]]


def weeks_of(tracking: Rows) -> list[dict[str, Any]]:
    """Sum purchases by week, counted from the first day, so that the page stays small.

    Parameters
    ----------
    tracking
        Rows ``day, actual, expected`` and perhaps ``low, high`` (an interval) and ``held_out``.

    Returns
    -------
    list of dict
        ``week`` (its first day), ``days, actual, expected, held_out`` and ``spread``: half the
        width of the interval, days being independent; ``None`` without intervals.
    """
    with aggregator(tracking=tracking) as engine:
        given = columns(engine, "tracking")
        held_out = "held_out" if "held_out" in given else "FALSE"
        high = "CAST(high AS DOUBLE)" if "high" in given else "NULL"
        return records(
            engine,
            f"""
            WITH days AS (
                SELECT CAST(day AS DATE) AS day, CAST(actual AS DOUBLE) AS actual,
                       CAST(expected AS DOUBLE) AS expected, {high} AS high,
                       {held_out} AS held_out
                FROM tracking
            )
            SELECT min(day) AS week, count(*) AS days, sum(actual) AS actual,
                   sum(expected) AS expected, sqrt(sum(pow(high - expected, 2))) AS spread,
                   bool_and(held_out) AS held_out
            FROM days
            GROUP BY (day - (SELECT min(day) FROM days)) // 7, held_out ORDER BY week
            """,
        )


class ByWeek(Chart):
    """Actual and expected purchases by week, with a line where the held-out weeks begin."""

    name = "tracking"
    place = "value.so_far"

    def of(self, report: Mapping[str, Any]) -> Shown | None:
        weeks = report["tracking"]
        return Shown(weeks, scored(report), as_of(report)) if weeks else None

    def read(self, data: Weeks, words: Words) -> str:
        """Return how many purchases happened and were expected, held-out weeks first of all."""
        unseen = [week for week in data if week["held_out"]]
        counted = unseen or data
        actual, expected = (sum(week[k] or 0 for week in counted) for k in ("actual", "expected"))
        return words(
            "chart.tracking.reading.held_out" if unseen else "chart.tracking.reading",
            weeks=len(counted),
            actual=round(actual),
            expected=round(expected),
            off=off(expected, actual, words),
        )

    def draw(self, data: Weeks, words: Words) -> go.Figure:
        whole = [week for week in data if week["days"] == 7] or data
        return _lines(whole, data, words)


class AddedUp(ByWeek):
    """The same, added up from the first week on."""

    name = "cumulative"

    def read(self, data: Weeks, words: Words) -> str:
        """Return the totals by the last day."""
        last = _added(data)[-1]
        return words(
            "chart.cumulative.reading",
            actual=round(last["actual"]),
            expected=round(last["expected"]),
            off=off(last["expected"], last["actual"], words),
        )

    def draw(self, data: Weeks, words: Words) -> go.Figure:
        return _lines(_added(data), data, words)


def _added(weeks: Weeks) -> list[dict[str, Any]]:
    sums = [accumulate([week[side] or 0 for week in weeks]) for side in ("actual", "expected")]
    squares = accumulate((week["spread"] or 0) ** 2 for week in weeks)  # weeks are independent
    spread = any(week["spread"] for week in weeks)
    return [
        {**week, "actual": actual, "expected": expected, "spread": square**0.5 if spread else None}
        for week, actual, expected, square in zip(weeks, *sums, squares, strict=True)
    ]


def _lines(drawn: Weeks, weeks: Weeks, words: Words) -> go.Figure:
    days = [week["week"] for week in drawn]
    traces: list[Any] = []
    if any(week["spread"] for week in drawn):
        ends = [(week["expected"], week["spread"] or 0) for week in drawn]
        low = [max(expected - spread, 0) for expected, spread in ends]
        traces += band(days, low, [sum(end) for end in ends], words("band.80"))
    traces += [
        line(days, [week[side] for week in drawn], words(side), colour).update(line_dash=dash)
        for side, colour, dash in (("expected", ACCENT, "dash"), ("actual", SECOND, "solid"))
    ]
    figure = chart(traces, x=words("chart.tracking.x"), y=words("chart.tracking.y"), height=410)
    unseen = next((week["week"] for week in weeks if week["held_out"]), None)
    if unseen is not None and unseen != weeks[0]["week"]:
        late = [week["week"] for week in weeks].index(unseen) > 0.6 * len(weeks)
        mark(figure, unseen, words("chart.tracking.held_out"), right=late)
    figure.update_xaxes(tickformatstops=TIME, nticks=7)
    return figure.update_yaxes(rangemode="tozero", tickformat=",")


BY_WEEK, ADDED_UP = ByWeek(), AddedUp()


def tracking(
    model: Any,
    purchases: Transactions,
    *,
    as_of: Day,
    until: Day,
    cumulative: bool = False,
    level: float = 0.8,
) -> go.Figure:
    """Draw actual and expected repeat purchase days by week, before and after a cut-off.

    The model is fitted anew at the cut-off, on what was known then; see
    `winback.evaluation.purchase_tracking.track`.

    Parameters
    ----------
    model
        A purchase model or a value model, fitted or not, or the name of a purchase model.
    purchases
        Known up to `until`, or further.
    as_of, until
        The cut-off, and the last day drawn.
    cumulative
        Add up from the first week on.
    level
        Probability of the bands.

    Examples
    --------
    >>> import winback as wb
    >>> shop = wb.read_transactions("sample:cdnow-tenth")
    >>> figure = wb.plot.tracking("beta_geo", shop, as_of="1997-09-30", until="1998-06-30")
    >>> figure.layout.meta["title"]
    'Repeat purchase days per week, actual and expected'
    """
    window = Window(as_date(as_of), as_date(until))
    asked = model if isinstance(model, str) else purchase_model(model)
    weeks = weeks_of(track(Past(purchases, window.until), window, asked, level=level))
    days = purchase_days(purchases.table, window.as_of, count_zero=purchases.count_zero)
    n = int(days.customer_id.nunique().to_pyarrow().as_py())
    return alone((ADDED_UP if cumulative else BY_WEEK).figure(Shown(weeks, n, day(until))))


CHARTS = (BY_WEEK, ADDED_UP)
PLOTS = (tracking,)
