"""Figures of the value tiers: what they brought, whether they came back, where they moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from winback.messages import Words
from winback.reports.figures.style import (
    ACCENT,
    MUTED,
    SECOND,
    SHADES,
    bars,
    caption,
    chart,
    rows_chart,
)
from winback.reports.readings import tiers as readings

FLOWS = ("#2f7fc1", "#c8742b", "#8a68c4", "#4c9a6a", "#b0507f", "#7a8291")


def spend(told: dict[str, Any], words: Words) -> go.Figure:
    """Draw what a customer of each tier brought before the cut-off and after it."""
    rows = told["tiers"]
    reading = readings.spend_reading(told, words)
    figure_words = caption(
        f"tier_spend.{told['measure']}",
        reading,
        words,
        n=sum(row["customers"] for row in rows),
        as_of=words.day(told["as_of"]),
    )
    amount = words.money if told["measure"] == "revenue" else words.number
    names = [words.label("tier", row["tier"]) for row in rows]
    return rows_chart(
        [
            bars(names, [row[key] for row in rows], amount, colour).update(name=words(name))
            for key, name, colour in (
                ("arpu_before", "tier.before", MUTED),
                ("arpu_after", "tier.after", ACCENT),
            )
        ],
        figure_words,
        words,
        x="",
        rows=len(rows) + 1,
    )


def rates(told: dict[str, Any], words: Words) -> go.Figure:
    """Draw the share of each tier that bought again, and that of its active who left."""
    rows = told["tiers"]
    figure_words = caption(
        "tier_rates",
        readings.rates_reading(told, words),
        words,
        n=sum(row["customers"] for row in rows),
        as_of=words.day(told["as_of"]),
    )
    names = [words.label("tier", row["tier"]) for row in rows]
    figure = rows_chart(
        [
            bars(names, [row[key] for row in rows], words.share, colour).update(name=words(name))
            for key, name, colour in (
                ("repurchase_rate", "tier.repurchased", ACCENT),
                ("churn_rate", "tier.left", SECOND),
            )
        ],
        figure_words,
        words,
        x="",
        rows=len(rows) + 1,
    )
    return figure.update_xaxes(range=[0, 1.15], dtick=0.25, tickformat=".0%")


def migration(told: dict[str, Any], words: Words) -> go.Figure:
    """Draw where the customers of each earlier tier are now, as shares of that tier."""
    figure_words = _told("migration", told, words)
    befores = [words.label("tier", name) for name in told["befores"]]
    afters = [words.label("tier", name) for name in told["names"]]
    shares = [[n / sum(row) for n in row] for row in told["counts"]]
    figure = chart(
        [
            go.Heatmap(
                x=afters,
                y=befores,
                z=shares,
                zmin=0,
                zmax=1,
                colorscale=SHADES,
                showscale=False,
                xgap=3,
                ygap=3,
                text=[
                    [
                        f"<b>{words.share(share)}</b><br>{words.number(n)}"
                        for share, n in zip(row, counts, strict=True)
                    ]
                    for row, counts in zip(shares, told["counts"], strict=True)
                ],
                texttemplate="%{text}",
                hoverinfo="skip",
            )
        ],
        figure_words,
        words,
        x=words("chart.migration.x", after=words.day(told["after"])),
        y=words("chart.migration.y", before=words.day(told["before"])),
        height=212 + 62 * len(befores),
    )
    figure.update_xaxes(showgrid=False, ticks="")
    return figure.update_yaxes(autorange="reversed", showgrid=False, ticks="")


def flows(told: dict[str, Any], words: Words) -> go.Figure:
    """Draw the same as streams (Sankey): as wide as the customers are many."""
    figure_words = _told("flows", told, words)
    befores, afters = told["befores"], told["names"]
    colours = dict(zip(afters, FLOWS, strict=False))
    links = [
        (source, len(befores) + target, n)
        for source, row in enumerate(told["counts"])
        for target, n in enumerate(row)
        if n
    ]
    figure = chart([], figure_words, words, height=430)
    figure.add_sankey(
        arrangement="snap",
        node={
            "label": [
                *(
                    f"{words.label('tier', name)}: {words.number(sum(row))}"
                    for name, row in zip(befores, told["counts"], strict=True)
                ),
                *(
                    f"{words.label('tier', name)}: {words.number(sum(column))}"
                    for name, column in zip(afters, zip(*told["counts"], strict=True), strict=True)
                ),
            ],
            "color": [colours.get(name, MUTED) for name in (*befores, *afters)],
            "pad": 22,
            "thickness": 14,
            "line": {"width": 0},
        },
        link={
            "source": [source for source, _, _ in links],
            "target": [target for _, target, _ in links],
            "value": [n for _, _, n in links],
            "color": [_faint(colours.get(befores[source], MUTED)) for source, _, _ in links],
        },
        hoverinfo="none",
    )
    figure.update_layout(margin={"l": 12, "r": 12, "b": 24})
    return figure


def _told(name: str, told: dict[str, Any], words: Words) -> Any:
    reading = readings.migration_reading(told, words)
    return caption(name, reading, words, n=told["n"], as_of=words.day(told["after"]))


def _faint(colour: str) -> str:
    parts: Sequence[int] = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return f"rgba({parts[0]},{parts[1]},{parts[2]},0.35)"
