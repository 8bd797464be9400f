"""How a report's figure stands alone in a notebook: on white, with its reading under the title."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from datetime import date
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from winback.errors import UsageError
from winback.estimators.purchase.purchase_model import PurchaseModel
from winback.messages import Words
from winback.reports.charts.chart import ENGLISH, captioned
from winback.reports.picture import Pictured
from winback.reports.style import CROWN

Day: TypeAlias = date | str
Values: TypeAlias = npt.ArrayLike
Scores: TypeAlias = "npt.ArrayLike | Mapping[str, npt.ArrayLike]"
"""Predicted probabilities: of one model, or of several by name, the one in question first."""
WIDTH = 120  # characters of a line under the title
LINE, LEGEND = 17, 24  # pixels


def alone(figure: go.Figure, **other: str) -> go.Figure:
    """Put the reading, which the report sets beside a figure, under its title.

    Parameters
    ----------
    figure
        As the report draws it.
    **other
        Another `title` or `n`, where the report's own is about the job.
    """
    caption = {**figure.layout.meta, **other}
    figure.update_layout(meta=caption, title_text=caption["title"])
    meta = Words()("meta", n=caption["n"], as_of=caption["as_of"])
    lines = textwrap.wrap(caption["reading"], WIDTH)
    crown = CROWN if figure.layout.showlegend else CROWN - LEGEND
    figure.update_layout(
        paper_bgcolor="white",
        title_subtitle_text="<br>".join([meta, *lines]),
        margin_t=crown + LINE * len(lines),
        height=figure.layout.height + crown - CROWN + LINE * len(lines),
    )
    return Pictured(figure)


def of_its_own(
    figure: go.Figure, title: str, reading: str, *, n: int, as_of: Day, drawn: str
) -> go.Figure:
    """Caption a figure that the report does not have; `drawn` says what the eye sees."""
    facts = {"title": title, "reading": reading, "alt": f"{drawn} {reading}"}
    return alone(captioned(figure, ENGLISH, n=ENGLISH.number(n), as_of=day(as_of), **facts))


def day(value: Day) -> str:
    """Return a date as ISO text."""
    return str(value)[:10]


def as_date(value: Day) -> date:
    """Return a date from what a notebook gives for one."""
    return date.fromisoformat(day(value))


def same_length(**columns: Any) -> int:
    """Return the length that all columns have.

    Raises
    ------
    UsageError
        They differ, or there is nothing to draw.
    """
    lengths = {name: len(values) for name, values in columns.items()}
    different = set(lengths.values())
    if len(different) > 1 or 0 in different:
        raise UsageError(
            "a figure needs one value a customer",
            where=", ".join(lengths),
            got=", ".join(map(str, lengths.values())),
            allowed="as many of each, and at least one",
        )
    return different.pop()


def by_name(p: Scores) -> dict[str, Values]:
    """Return predictions by name of the model; one without a name is called `model`."""
    return dict(p) if isinstance(p, Mapping) else {"model": p}


def predictions(
    actual: Values, predicted: Values, *, target: str, model: str = "model"
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Put one model's predictions into the form that the report computes from.

    Returns
    -------
    tuple
        A row a customer as a backtest leaves it, and the verdict that finds these rows.
    """
    columns = {
        name: np.asarray(values, dtype=np.float64)
        for name, values in (("actual", actual), ("predicted", predicted))
    }
    n = same_length(**columns)
    keys = {"split": "", "target": target, "model": model, "customer_id": np.arange(n)}
    frame = pd.DataFrame({**keys, **columns, "low_80": np.nan, "high_80": np.nan})
    return frame, {"split": "", "target": target, "chosen": model, "table": []}


def purchase_model(model: Any) -> PurchaseModel:
    """Return the purchase model: the one given, or the one inside of a value model."""
    if isinstance(model, PurchaseModel):
        return model
    inner: PurchaseModel = getattr(model, "purchase_model_", None) or model.purchase_model
    return inner
