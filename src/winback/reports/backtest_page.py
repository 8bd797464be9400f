"""Figures of a backtest: every candidate against the chosen one, and what intervals cover."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from winback.reports.style import ACCENT, MUTED, SECOND, TEMPLATE

METRICS = {"mae": "MAE", "rmse": "RMSE", "gini": "Gini"}
LEVELS = (80, 90)
WIDEST = 0.6  # beyond, a candidate is out of the picture: the others would not be seen
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Backtest</title>
<body style="margin: 2em auto; max-width: 1180px; font-family: system-ui, sans-serif">
<h1>Backtest</h1>
<p>Each candidate against the one that the rule chose from the past alone, on the same resampled
customers: how much more it loses, with 95% intervals. Right of the line the chosen one is better;
an interval that holds 0 tells the two not apart. MAE and RMSE as a share of the chosen one's, Gini
by how much lower it is; an arrow lies beyond {widest:.0%}.</p>
{differences}
<p>How often the outcome lay within the chosen model's predictive intervals, of all customers and of
the tenth with the highest predictions, and how often above.</p>
{coverage}
</body></html>
"""


def backtest_page(records: Sequence[dict[str, Any]]) -> str:
    """Return one self-contained HTML page with `differences` and `coverage`.

    Parameters
    ----------
    records
        Of `winback.evaluation.backtest.run_backtest`.
    """
    drawn = {"differences": differences(records), "coverage": coverage(records)}
    texts = {
        name: figure.to_html(full_html=False, include_plotlyjs=name == "differences")
        for name, figure in drawn.items()
    }
    return _PAGE.format(widest=WIDEST, **texts)


def differences(records: Sequence[dict[str, Any]]) -> go.Figure:
    """Draw by how much every candidate loses against the chosen one, by split and metric.

    Parameters
    ----------
    records
        As of `backtest_page`; those of purchases and revenue are drawn.

    Examples
    --------
    >>> record = {"split": "a/b", "target": "revenue", "n": 9, "chosen": False, "model": "zero"}
    >>> ends = {f"{m}_worse{end}": 0.1 for m in METRICS for end in ("", "_low", "_high")}
    >>> len(differences([record | ends]).data)
    3
    """
    groups = _groups(records)
    figure = make_subplots(
        rows=max(len(groups), 1),
        cols=len(METRICS),
        shared_yaxes=True,
        horizontal_spacing=0.02,
        vertical_spacing=0.22 / max(len(groups), 1),
        row_titles=[_title(group[0]) for group in groups] or None,
        column_titles=list(METRICS.values()),
    )
    for row, group in enumerate(groups, start=1):
        for column, metric in enumerate(METRICS, start=1):
            figure.add_trace(_rivals(group, metric), row=row, col=column)
            figure.add_vline(x=0, line={"color": MUTED, "width": 1}, row=row, col=column)
    figure.update_layout(
        template=TEMPLATE, showlegend=False, height=120 + 420 * max(len(groups), 1)
    )
    figure.update_xaxes(range=[-0.25, WIDEST + 0.02], tickformat="+.0%")
    return figure.update_yaxes(autorange="reversed")


def coverage(records: Sequence[dict[str, Any]]) -> go.Figure:
    """Draw nominal against actual coverage of the chosen model, and the misses above.

    Parameters
    ----------
    records
        As of `backtest_page`; the chosen models' with intervals are drawn.
    """
    chosen = [r for r in records if r.get("chosen") and r.get("coverage_80") is not None]
    names = [_title(record) for record in chosen]
    figure = make_subplots(
        rows=1, cols=4, shared_yaxes=True, horizontal_spacing=0.02,
        column_titles=[f"{what} {level}%" for level in LEVELS for what in ("within", "above")],
    )  # fmt: skip
    for place, level in enumerate(LEVELS):
        for shift, what in enumerate(("coverage", "above")):
            nominal = level / 100 if what == "coverage" else (100 - level) / 200
            column = 2 * place + shift + 1
            for suffix, name, colour, symbol in (
                ("", "all customers", ACCENT, "circle"),
                ("_top", "predicted top tenth", SECOND, "diamond"),
            ):
                dots = go.Scatter(
                    x=[record[f"{what}{suffix}_{level}"] for record in chosen],
                    y=names,
                    mode="markers",
                    marker={"color": colour, "size": 10, "symbol": symbol},
                    name=name,
                    showlegend=column == 1,
                )
                figure.add_trace(dots, row=1, col=column)
            figure.add_vline(
                x=nominal, line={"color": MUTED, "dash": "dash", "width": 1.5}, row=1, col=column
            )
            low, high = (0.6, 1.0) if what == "coverage" else (0.0, 0.25)
            figure.update_xaxes(range=[low, high], tickformat=".0%", row=1, col=column)
    figure.update_layout(template=TEMPLATE, height=220 + 40 * len(chosen))
    return figure.update_yaxes(autorange="reversed")


def _groups(records: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Put the records of one split and target together, in the order they come in."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for record in records:
        if record["target"] in {"purchases", "revenue"}:
            groups.setdefault((record["split"], record["target"]), []).append(record)
    return list(groups.values())


def _title(record: dict[str, Any]) -> str:
    return f"{record['target']}, {record['split'].replace('/', ' to ')}, {record['n']:,}"


def _rivals(group: Sequence[dict[str, Any]], metric: str) -> go.Scatter:
    """Draw one candidate a line; what lies out of the picture is an arrow at its edge."""
    rivals = [r for r in group if r["chosen"] or r.get(f"{metric}_worse") is not None]
    values = [0.0 if r["chosen"] else r[f"{metric}_worse"] for r in rivals]
    shown = [min(value, WIDEST) for value in values]
    ends = {
        side: [0.0 if r["chosen"] else (r.get(f"{metric}_worse_{side}") or 0.0) for r in rivals]
        for side in ("low", "high")
    }
    out = [value > WIDEST for value in values]
    return go.Scatter(
        x=shown,
        y=[f"<b>{r['model']}</b>" if r["chosen"] else r["model"] for r in rivals],
        mode="markers",
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [
                0.0 if far else max(high - x, 0.0)
                for x, high, far in zip(shown, ends["high"], out, strict=True)
            ],
            "arrayminus": [
                0.0 if far else max(x - low, 0.0)
                for x, low, far in zip(shown, ends["low"], out, strict=True)
            ],
            "color": MUTED,
        },
        marker={
            "size": 8,
            "symbol": ["triangle-right" if far else "circle" for far in out],
            "color": [
                SECOND if r["chosen"] else ACCENT if (low > 0 or far) else MUTED
                for r, low, far in zip(rivals, ends["low"], out, strict=True)
            ],
        },
        customdata=values,
        hovertemplate="%{y}: %{customdata:+.1%}<extra></extra>",
    )
