"""What the churn charts say, in one plain sentence each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from winback.messages import Words, capital


def gain_reading(curves: Sequence[dict[str, Any]], words: Words) -> str:
    """Return how many of those who left are among the riskiest fifth."""
    first = curves[0]
    captured = [_at(curve, 20) for curve in curves]
    total = first["churners"][100] or 1
    possible = min(1.0, first["n"][20] / total)
    text = words(
        "chart.gain.reading",
        captured=words.share(captured[0]),
        possible=words.share(possible),
    )
    return (
        text + _against(curves, [words.share(share) for share in captured], words) + words("stop")
    )


def lift_reading(curves: Sequence[dict[str, Any]], words: Words) -> str:
    """Return the lift of the riskiest tenth beside the highest possible."""
    first = curves[0]
    lifts = [_at(curve, 10) / (curve["n"][10] / curve["n"][100]) for curve in curves]
    rate = first["churners"][100] / first["n"][100]
    highest = min(1 / rate, 10.0) if rate else None
    text = words(
        "chart.lift.reading",
        lift=words.number(round(lifts[0], 2)),
        highest=words.number(None if highest is None else round(highest, 2)),
    )
    return (
        text
        + _against(curves, [words.number(round(value, 2)) for value in lifts], words)
        + words("stop")
    )


def precision_recall_reading(curves: Sequence[dict[str, Any]], words: Words) -> str:
    """Return how many of the riskiest tenth left, and how many of all that is."""
    first = curves[0]
    return words(
        "chart.precision_recall.reading",
        precision=words.share(first["churners"][10] / first["n"][10] if first["n"][10] else None),
        recall=words.share(_at(first, 10)),
        rate=words.share(first["churners"][100] / first["n"][100]),
    )


def profit_reading(data: dict[str, Any], capacity: float | None, words: Words) -> str:
    """Return where the profit is highest, and what the capacity takes of it."""
    chosen = data["models"][0]
    points = list(zip([0, *chosen["depth"]], [0, *chosen["profit"]], strict=True))
    depth, best = max(points, key=lambda point: point[1])
    text = words("chart.profit.reading", best=words.money(best), depth=words.share(depth))
    if capacity is not None and capacity < 1:
        text += words(
            "chart.profit.reading.capacity",
            depth=words.share(capacity),
            profit=words.money(_between(points, capacity)),
        )
    terms = data["terms"]
    return text + words(
        "chart.profit.reading.terms",
        saved=words.share(terms["save_rate"]),
        margin=words.share(terms["margin"]),
        contact=words.money(terms["contact_cost"]),
        offer=words.money(terms["offer_cost"]),
    )


def groups_reading(rows: Sequence[dict[str, Any]], by: str, words: Words) -> str:
    """Return in which group the forecast misses the level the most."""
    worst = max(rows, key=lambda row: abs(row["mean_predicted"] - row["churn_rate"]))
    kind = "tier" if by == "tier" else f"group.{by}"
    return words(
        "chart.groups.reading",
        group=words.label(kind, worst["group"]),
        predicted=words.share(worst["mean_predicted"]),
        actual=words.share(worst["churn_rate"]),
    )


def snapshots_reading(rows: Sequence[dict[str, Any]], chosen: str, words: Words) -> str:
    """Return on how many snapshots the chosen model was the best, and how the level moved."""
    days = sorted({row["snapshot"] for row in rows})
    best = [
        min((r for r in rows if r["snapshot"] == day), key=lambda r: r["brier"])["model"]
        for day in days
    ]
    rates = [row["base_rate"] for row in rows]
    return words(
        "chart.snapshots.reading",
        model=capital(words.label("model", chosen)),
        wins=words.number(best.count(chosen)),
        n=words.number(len(days)),
        low=words.share(min(rates)),
        high=words.share(max(rates)),
    )


def reasons_reading(rows: Sequence[dict[str, Any]], n: int, words: Words) -> str:
    """Return the most frequent first reason."""
    first = rows[0]
    return words(
        "chart.reasons.reading",
        reason=words.reason(first["code"]),
        n=words.number(first["first"]),
        total=words.number(n),
        share=words.share(first["first"] / n if n else None),
    )


def _at(curve: dict[str, Any], percent: int) -> float:
    """Share of all churners among the riskiest `percent`."""
    return float(curve["churners"][percent] / (curve["churners"][100] or 1))


def _against(curves: Sequence[dict[str, Any]], values: list[str], words: Words) -> str:
    others = [
        words("compared.one", model=words.label("model", curve["model"]), value=value)
        for curve, value in list(zip(curves, values, strict=True))[1:]
    ]
    return words("compared", others=words("comma").join(others)) if others else ""


def _between(points: Sequence[tuple[float, float]], x: float) -> float:
    """Profit at depth `x`, by a straight line between the points beside it."""
    left = max((point for point in points if point[0] <= x), key=lambda point: point[0])
    right = min((point for point in points if point[0] >= x), key=lambda point: point[0])
    if left[0] == right[0]:
        return left[1]
    return left[1] + (right[1] - left[1]) * (x - left[0]) / (right[0] - left[0])
