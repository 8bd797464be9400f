"""Figures of the lists: why, how serious, and who of whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from winback.errors import NotEnoughDataError
from winback.reports import churn, sizes
from winback.reports.figures import ENGLISH, churn_groups
from winback.reports.figures import lists as figures
from winback.reports.plot.notebook import Day, alone, day


def reasons(warnings: pd.DataFrame, *, as_of: Day) -> go.Figure:
    """Count the reasons on a churn-warning list: as the first one, and as second or third.

    Parameters
    ----------
    warnings
        With the columns of ``churn_warning.parquet``.
    as_of
        The list's date.

    Examples
    --------
    >>> import winback as wb
    >>> listed = pd.DataFrame({"reason_1_code": ["overdue", "overdue"],
    ...                        "reason_2_code": ["basket", None], "reason_3_code": None})
    >>> figure = wb.plot.reasons(listed, as_of="2024-06-30")
    >>> figure.data[0].x, figure.data[1].x
    ((2, 0), (0, 1))
    """
    rows = churn.reasons_of(warnings)
    if not rows:
        raise NotEnoughDataError("the list gives no reason to count")
    return alone(churn_groups.reasons(rows, ENGLISH, n=len(warnings), as_of=day(as_of)))


def severity(
    warnings: pd.DataFrame, *, as_of: Day, summary: Mapping[str, Any] | None = None
) -> go.Figure:
    """Count a churn-warning list by severity.

    Parameters
    ----------
    warnings
        With the columns of ``churn_warning.parquet``.
    as_of
        The list's date.
    summary
        What is known beside the rows, as ``manifest.json`` holds it: it adds who had no room.

    Examples
    --------
    >>> import winback as wb
    >>> listed = pd.DataFrame({"severity": ["red", "yellow", "red"]})
    >>> wb.plot.severity(listed, as_of="2024-06-30").data[0].x
    (2, 0, 1)
    """
    size = sizes.churn_warning_size(warnings, summary)
    if size is None or not size["n"]:
        raise NotEnoughDataError("the list has no row")
    return alone(figures.severity(size, ENGLISH, as_of=day(as_of)))


def funnel(win_back: Any, *, as_of: Day) -> go.Figure:
    """Draw a win-back list from all customers over the eligible to those called back.

    Parameters
    ----------
    win_back
        From `winback.win_back`.
    as_of
        The list's date.
    """
    size = sizes.win_back_size(win_back.treated, win_back.control, win_back.summary)
    if size is None or not size["dormant"]:
        raise NotEnoughDataError("nobody is dormant")
    return alone(figures.funnel(size, ENGLISH, as_of=day(as_of)))
