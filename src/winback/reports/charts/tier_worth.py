"""What the tiers brought after a cut-off that they had not seen, and how many came back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from winback.messages import Words
from winback.reports.charts.chart import Chart, Shown
from winback.reports.style import ACCENT, MUTED, PERCENT, SECOND, bars, rows_chart


class _HeldOut(Chart):
    """Of the tiers as they were cut at a past date."""

    place = "tiers.worth"

    def of(self, report: Mapping[str, Any]) -> Shown | None:
        tiers = report["tiers"]
        if not tiers or not tiers["held_out"]:
            return None
        data = tiers["held_out"]
        return Shown(data, sum(row["customers"] for row in data["tiers"]), data["as_of"])


class Spend(_HeldOut):
    """What a customer of each tier brought before the cut-off and after it."""

    name = "tier_spend"

    def title(self, data: Mapping[str, Any], words: Words) -> tuple[str, dict[str, str]]:  # noqa: ARG002
        return f"tier_spend.{data['measure']}", {}

    def read(self, data: Mapping[str, Any], words: Words) -> str:
        """Return what a customer of the best and of the last tier brought after the cut-off."""
        first, last = data["tiers"][0], data["tiers"][-1]
        amount = words.money if data["measure"] == "revenue" else words.number
        return words(
            "chart.tier_spend.reading",
            first=first["tier"],
            high=amount(first["arpu_after"]),
            last=last["tier"],
            low=amount(last["arpu_after"]),
            until=data["until"],
        )

    def draw(self, data: Mapping[str, Any], words: Words) -> go.Figure:
        amount = words.money if data["measure"] == "revenue" else words.number
        sides = (("arpu_before", "tier.before", MUTED), ("arpu_after", "tier.after", ACCENT))
        return _pairs(data, words, amount, sides)


class Rates(_HeldOut):
    """The share of each tier that bought again, and that of its active who left."""

    name = "tier_rates"

    def read(self, data: Mapping[str, Any], words: Words) -> str:
        """Return how many of the best and of the last tier came back."""
        first, last = data["tiers"][0], data["tiers"][-1]
        return words(
            "chart.tier_rates.reading",
            first=first["tier"],
            high=first["repurchase_rate"],
            last=last["tier"],
            low=last["repurchase_rate"],
            days=int(data["horizon_days"]),
            churn_days=int(data["churn_days"]),
        )

    def draw(self, data: Mapping[str, Any], words: Words) -> go.Figure:
        sides = (
            ("repurchase_rate", "tier.repurchased", ACCENT),
            ("churn_rate", "tier.left", SECOND),
        )
        figure = _pairs(data, words, words.share, sides)
        return figure.update_xaxes(range=[0, 1.15], **PERCENT)


def _pairs(data: Mapping[str, Any], words: Words, write: Any, sides: Any) -> go.Figure:
    rows = data["tiers"]
    names = [words.label("tier", row["tier"]) for row in rows]
    drawn = [
        bars(names, [row[key] for row in rows], write, colour).update(name=words(name))
        for key, name, colour in sides
    ]
    return rows_chart(drawn, rows=len(rows) + 1)


CHARTS = (Spend(), Rates())
