"""What the charts of the tiers say, in one plain sentence each."""

from __future__ import annotations

from typing import Any

from winback.messages import Words


def spend_reading(told: dict[str, Any], words: Words) -> str:
    """Return what a customer of the best and of the last tier brought after the cut-off."""
    first, last = told["tiers"][0], told["tiers"][-1]
    amount = words.money if told["measure"] == "revenue" else words.number
    return words(
        "chart.tier_spend.reading",
        first=words.label("tier", first["tier"]),
        high=amount(first["arpu_after"]),
        last=words.label("tier", last["tier"]),
        low=amount(last["arpu_after"]),
        until=words.day(told["until"]),
    )


def rates_reading(told: dict[str, Any], words: Words) -> str:
    """Return how many of the best and of the last tier came back."""
    first, last = told["tiers"][0], told["tiers"][-1]
    return words(
        "chart.tier_rates.reading",
        first=words.label("tier", first["tier"]),
        high=words.share(first["repurchase_rate"]),
        last=words.label("tier", last["tier"]),
        low=words.share(last["repurchase_rate"]),
        days=words.count(int(told["horizon_days"]), "day"),
        churn_days=words.count(int(told["churn_days"]), "day"),
    )


def migration_reading(told: dict[str, Any], words: Words) -> str:
    """Return how many stayed, rose and fell."""
    return words(
        "chart.migration.reading",
        kept=words.share(told["kept"]),
        up=words.share(told["up"]),
        down=words.share(told["down"]),
        before=words.day(told["before"]),
    )


def differentiation(told: dict[str, Any] | None, words: Words) -> str | None:
    """Return whether the tiers differ in what their customers later brought."""
    if not told or told.get("epsilon_squared") is None or told.get("p") is None:
        return None
    p = told["p"]
    return words(
        "tiers.differ",
        p=words("tiers.p.tiny") if p < 0.001 else f"{p:.3f}",
        size=f"{told['epsilon_squared']:.2f}",
        effect=words.label("effect", told["effect"]),
    )
