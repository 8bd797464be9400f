"""What a purchase model makes of a history: alive or not, and how many purchases to come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from winback.errors import NotEnoughDataError
from winback.messages import Words
from winback.reports.aggregator import Rows, aggregator, records
from winback.reports.charts.chart import Chart, Shown, as_of, scored
from winback.reports.charts.notebook import Day, alone, day, purchase_model
from winback.reports.style import GREYED, SHADES, chart

GRID = 12
HORIZON_OF_VALUE = 365  # only where a job does not say


def grid(scores: Rows) -> dict[str, Any] | None:
    """Lay out histories over which a model is drawn: from none to many repeat purchases.

    Returns
    -------
    dict or None
        ``T`` (of the oldest customer, days), ``frequencies`` (0 to what one customer in a hundred
        reaches, 12 at most) and ``recencies`` (twelve steps up to ``T``). ``None`` where nobody
        has a history of a month.

    Examples
    --------
    >>> import pandas as pd
    >>> laid = grid(pd.DataFrame({"frequency": [0.0, 3.0], "T": [120.0, 60.0]}))
    >>> laid["T"], laid["frequencies"], laid["recencies"][-2:]
    (120, [0, 1, 2, 3], [110, 120])
    """
    with aggregator(scores=scores) as engine:
        ends = records(
            engine,
            "SELECT max(T) AS oldest, quantile_disc(frequency, 0.99) AS most FROM scores",
        )[0]
    if not ends["oldest"] or ends["oldest"] < 30:
        return None
    oldest, most = int(ends["oldest"]), int(min(max(ends["most"], 3), GRID))
    return {
        "T": oldest,
        "frequencies": list(range(most + 1)),
        "recencies": [round(oldest * step / GRID) for step in range(GRID + 1)],
    }


def over_grid(
    laid: Mapping[str, Any], ask: Callable[[pd.DataFrame], pd.Series[float]]
) -> list[list[float | None]]:
    """Ask a model about every history of a grid.

    Parameters
    ----------
    laid
        From `grid`.
    ask
        Takes ``frequency, recency, T`` of one row a history, and returns a number for each.

    Returns
    -------
    list of list
        A row a recency, a column a frequency. ``None``: so many repeat purchase days do not fit
        into so few days.

    Examples
    --------
    >>> laid = {"T": 40, "frequencies": [0, 1, 2], "recencies": [0, 1]}
    >>> over_grid(laid, lambda histories: histories["frequency"] / histories["T"])
    [[0.0, None, None], [0.0, 0.025, None]]
    """
    histories = pd.DataFrame(
        [
            {"frequency": float(x), "recency": float(r if x else 0), "T": float(laid["T"])}
            for r in laid["recencies"]
            for x in laid["frequencies"]
        ]
    )
    possible = histories["recency"] >= histories["frequency"]
    cells = ask(histories).astype(object).where(possible, None).tolist()
    width = len(laid["frequencies"])
    return [cells[start : start + width] for start in range(0, len(cells), width)]


class Matrix(Chart):
    """What the model makes of a history; frequency 0 is greyed: nothing was repeated yet."""

    place = "value.model"

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.name = f"matrix_{kind}"

    def of(self, report: Mapping[str, Any]) -> Shown | None:
        matrices = report["value"]["matrices"]
        if not matrices:
            return None
        days = int(report["job"].get("value_horizon_days") or HORIZON_OF_VALUE)
        return Shown({**matrices, "days": days}, scored(report), as_of(report))

    def title(self, data: Mapping[str, Any], words: Words) -> tuple[str, dict[str, str]]:
        return self.name, {"days": words.count(data["days"], "day"), "age": words.number(data["T"])}

    def read(self, data: Mapping[str, Any], words: Words) -> str:
        """Return what the model says of a frequent customer seen lately, and of one long silent."""
        place = min(5, len(data["frequencies"]) - 1)
        column = [row[place] for row in data[self.kind]]
        half = len(column) // 2
        return words(
            f"chart.{self.name}.reading",
            frequency=words.number(data["frequencies"][place]),
            fresh=self._write(column[-1], words),
            silent=self._write(column[half], words),
            days=words.number(data["T"] - data["recencies"][half]),
        )

    def _write(self, value: float | None, words: Words) -> str:
        return words.share(value) if self.kind == "p_alive" else words.number(value)

    def draw(self, data: Mapping[str, Any], words: Words) -> go.Figure:
        alive = self.kind == "p_alive"
        values = [[None, *row[1:]] for row in data[self.kind]]
        cells = go.Heatmap(
            x=data["frequencies"],
            y=data["recencies"],
            z=values,
            zmin=0,
            zmax=1 if alive else None,
            colorscale=SHADES,
            colorbar={"thickness": 10, "outlinewidth": 0, "tickformat": ".0%" if alive else None},
            text=[[None if v is None else self._write(v, words) for v in row] for row in values],
            hovertemplate="%{x}, %{y}: %{text}<extra></extra>",
        )
        x, y = words("chart.matrix.x"), words("chart.matrix.y")
        figure = chart([cells], x=x, y=y, height=400)
        column = {"x0": -0.5, "x1": 0.5, "y0": 0, "y1": 1, "yref": "paper"}
        figure.add_shape(type="rect", **column, fillcolor=GREYED, line_width=0, layer="below")
        figure.update_xaxes(
            range=[-0.5, data["frequencies"][-1] + 0.5], showgrid=False, dtick=2, ticks=""
        )
        return figure.update_yaxes(showgrid=False, ticks="")


EXPECTED, ALIVE = Matrix("expected_purchases"), Matrix("p_alive")


def p_alive_matrix(model: Any, customers: pd.DataFrame, *, as_of: Day) -> go.Figure:
    """Draw the probability of still being a customer, by frequency and recency.

    Parameters
    ----------
    model
        A fitted purchase model or value model; its unit of time is the day.
    customers
        Who were fitted: the oldest, and how often the most frequent bought, span the matrix.
    as_of
        The last day that was known.

    Examples
    --------
    >>> import winback as wb
    >>> shop = wb.read_transactions("sample:cdnow-tenth")
    >>> rfm = wb.rfm_summary(shop, as_of="1997-09-30")
    >>> drawn = wb.plot.p_alive_matrix(wb.BetaGeoModel().fit(rfm), rfm, as_of="1997-09-30").data[0]
    >>> round(drawn.z[-1][5], 2), round(drawn.z[6][5], 2)  # seen today, and 136 days ago
    (0.89, 0.26)
    """
    return _asked(ALIVE, purchase_model(model).p_alive, customers, as_of)


def expected_purchases_matrix(
    model: Any, customers: pd.DataFrame, *, as_of: Day, horizon_days: int = 90
) -> go.Figure:
    """Draw the purchase days expected within a horizon, by frequency and recency.

    Parameters
    ----------
    model, customers, as_of
        As of `p_alive_matrix`.
    horizon_days
        The days after `as_of`.

    Examples
    --------
    >>> import winback as wb
    >>> people = pd.DataFrame({"frequency": [5.0], "recency": [100.0], "T": [100.0]})
    >>> model = wb.CustomerValueModel("rate", None).fit(people)
    >>> figure = wb.plot.expected_purchases_matrix(
    ...     model, people, as_of="2024-06-30", horizon_days=20)
    >>> figure.data[0].z[-1]
    [None, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    purchases = purchase_model(model)
    return _asked(
        EXPECTED,
        lambda histories: purchases.expected_purchases(histories, horizon_days),
        customers,
        as_of,
        horizon_days,
    )


def _asked(
    matrix: Matrix,
    ask: Callable[[pd.DataFrame], pd.Series[float]],
    customers: pd.DataFrame,
    as_of: Day,
    days: int = 0,
) -> go.Figure:
    laid = grid(customers)
    if laid is None:
        raise NotEnoughDataError("nobody has a history of a month", hint="use a later as_of")
    data = {**laid, matrix.kind: over_grid(laid, ask), "days": days}
    return alone(matrix.figure(Shown(data, len(customers), day(as_of))))


CHARTS = (EXPECTED, ALIVE)
PLOTS = (p_alive_matrix, expected_purchases_matrix)
