"""Where the customers of each tier have gone since an earlier date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from winback.errors import NotEnoughDataError
from winback.evaluation.tier_quality import migration as counts_of
from winback.messages import Words
from winback.reports.aggregator import plain
from winback.reports.charts.chart import Chart, Shown
from winback.reports.charts.notebook import Day, alone, day
from winback.reports.style import MUTED, SHADES, chart

NEW = "not yet a customer"
FLOWS = ("#2f7fc1", "#c8742b", "#8a68c4", "#4c9a6a", "#b0507f", "#7a8291")


def moves_of(content: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Put counts of moves into a matrix in the order of the tiers, newcomers last if any.

    Parameters
    ----------
    content
        ``before, after`` (dates), ``tiers``, ``kept`` (share) and ``counts`` (a row a tier).

    Returns
    -------
    dict or None
        ``before, after, befores, names, counts, n``, and ``kept, up, down``: shares of those in a
        tier before. None where nobody was.

    Examples
    --------
    >>> moves = moves_of({
    ...     "before": "2020-01-01", "after": "2020-07-01", "tiers": ["high", "low"], "kept": 0.8,
    ...     "counts": [{"before": "high", "high": 3, "low": 1},
    ...                {"before": "low", "high": 1, "low": 5}]})
    >>> moves["counts"], moves["kept"], moves["up"], moves["down"]
    ([[3, 1], [1, 5]], 0.8, 0.1, 0.1)
    """
    if not content:
        return None
    names = [str(name) for name in content["tiers"]]
    by_name = {str(row["before"]): [int(row[name]) for name in names] for row in content["counts"]}
    befores = [name for name in (*names, NEW) if sum(by_name.get(name, [0]))]
    were = [(names.index(name), by_name[name]) for name in befores if name in names]
    total = sum(sum(row) for _, row in were)
    if not total:
        return None
    moved = {
        way: sum(n for start, row in were for to, n in enumerate(row) if (to - start) * sign > 0)
        for way, sign in (("up", -1), ("down", 1))
    }
    return {
        "before": plain(content["before"]),
        "after": plain(content["after"]),
        "befores": befores,
        "names": names,
        "counts": [by_name[name] for name in befores],
        "n": total,
        "kept": plain(content.get("kept")),
        **{way: plain(n / total) for way, n in moved.items()},
    }


class Migration(Chart):
    """Where the customers of each earlier tier are now, as shares of that tier."""

    name = "migration"
    place = "tiers.hold"

    def of(self, report: Mapping[str, Any]) -> Shown | None:
        moves = report["tiers"] and report["tiers"]["migration"]
        return Shown(moves, moves["n"], moves["after"]) if moves else None

    def read(self, data: Mapping[str, Any], words: Words) -> str:
        """Return how many stayed, rose and fell."""
        return words(
            "chart.migration.reading",
            kept=data["kept"],
            up=data["up"],
            down=data["down"],
            before=data["before"],
        )

    def draw(self, data: Mapping[str, Any], words: Words) -> go.Figure:
        befores = [words.label("tier", name) for name in data["befores"]]
        shares = [[n / sum(row) for n in row] for row in data["counts"]]
        cells = go.Heatmap(
            x=[words.label("tier", name) for name in data["names"]],
            y=befores,
            z=shares,
            zmin=0,
            zmax=1,
            colorscale=SHADES,
            showscale=False,
            xgap=3,
            ygap=3,
            text=[
                [f"<b>{words.share(n / sum(row))}</b><br>{words.number(n)}" for n in row]
                for row in data["counts"]
            ],
            texttemplate="%{text}",
            hoverinfo="skip",
        )
        figure = chart(
            [cells],
            x=words("chart.migration.x", after=words.day(data["after"])),
            y=words("chart.migration.y", before=words.day(data["before"])),
            height=212 + 62 * len(befores),
        )
        figure.update_xaxes(showgrid=False, ticks="")
        return figure.update_yaxes(autorange="reversed", showgrid=False, ticks="")


class Flows(Migration):
    """The same as streams (Sankey): as wide as the customers are many."""

    name = "flows"

    def draw(self, data: Mapping[str, Any], words: Words) -> go.Figure:
        befores, afters, counts = data["befores"], data["names"], data["counts"]
        colours = dict(zip(afters, FLOWS, strict=False))
        sums = [sum(row) for row in (*counts, *zip(*counts, strict=True))]
        streams = [
            (source, len(befores) + target, n)
            for source, row in enumerate(counts)
            for target, n in enumerate(row)
            if n
        ]
        figure = chart([], height=430)
        figure.add_sankey(
            arrangement="snap",
            node={
                "label": [
                    f"{words.label('tier', name)}: {words.number(n)}"
                    for name, n in zip((*befores, *afters), sums, strict=True)
                ],
                "color": [colours.get(name, MUTED) for name in (*befores, *afters)],
                "pad": 22,
                "thickness": 14,
                "line": {"width": 0},
            },
            link={
                "source": [source for source, _, _ in streams],
                "target": [target for _, target, _ in streams],
                "value": [n for _, _, n in streams],
                "color": [_faint(colours.get(befores[source], MUTED)) for source, _, _ in streams],
            },
            hoverinfo="none",
        )
        figure.update_layout(margin={"l": 12, "r": 12, "b": 24})
        return figure


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.35)"


MIGRATION, STREAMS = Migration(), Flows()


def tier_migration(
    before: pd.Series[str],
    after: pd.Series[str],
    names: Sequence[str],
    *,
    since: Day,
    as_of: Day,
    kind: Literal["matrix", "flows"] = "matrix",
) -> go.Figure:
    """Draw where the customers of each tier have gone.

    Parameters
    ----------
    before, after
        Tier by customer (the index); by one and the same cut, or moves are the cut's.
    names
        Tiers, the most valuable first.
    since, as_of
        The two dates.
    kind
        A matrix of shares, or streams (Sankey).

    Raises
    ------
    NotEnoughDataError
        Nobody was a customer at both dates.

    Examples
    --------
    >>> import winback as wb
    >>> then, now = pd.Series({"a": "top", "b": "low"}), pd.Series({"a": "top", "b": "top"})
    >>> figure = wb.plot.tier_migration(then, now, ["top", "low"], since="2024-01-01",
    ...                                 as_of="2024-06-30")
    >>> figure.data[0].z
    ([1.0, 0.0], [1.0, 0.0])
    """
    counts = counts_of(before, after, names)
    square = counts.loc[list(names)].to_numpy()
    content = {
        "before": day(since),
        "after": day(as_of),
        "tiers": list(names),
        "kept": float(np.trace(square) / square.sum()) if square.sum() else None,
        "counts": [{"before": name, **row} for name, row in counts.to_dict(orient="index").items()],
    }
    moves = moves_of(content)
    if moves is None:
        raise NotEnoughDataError("nobody was a customer at both dates")
    drawn = STREAMS if kind == "flows" else MIGRATION
    return alone(drawn.figure(Shown(moves, moves["n"], moves["after"])))


CHARTS = (MIGRATION, STREAMS)
PLOTS = (tier_migration,)
