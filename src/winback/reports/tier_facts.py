"""What the value tiers are worth, how far they differ, and how they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from winback.messages import Words
from winback.reports.aggregator import plain
from winback.reports.charts.tier_moves import moves_of

PROFILE = ("customers", "share", "frequency", "days_since_last", "monetary_value", "clv")


def tier_facts(content: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Take from ``tiers.json`` what the report shows.

    Parameters
    ----------
    content
        As :mod:`winback.evaluation.tier_quality` made it; nothing where there is none.

    Returns
    -------
    dict or None
        ``tiers`` (names, the most valuable first), ``note, stability, separation,
        separation_reference, profile, held_out`` and ``migration`` (see
        :func:`winback.reports.charts.tier_moves.moves_of`).

    Examples
    --------
    >>> tier_facts({"tiers": ["high", "low"], "stability": 0.9})["stability"]
    0.9
    """
    if not content or not content.get("tiers"):
        return None
    facts = {
        name: plain(content.get(name))
        for name in ("note", "stability", "separation", "separation_reference", "held_out")
    }
    return {
        "tiers": [str(name) for name in content["tiers"]],
        **facts,
        "profile": [
            {"tier": str(row["tier"]), **{name: plain(row.get(name)) for name in PROFILE}}
            for row in content.get("profile") or []
        ],
        "migration": moves_of(content.get("migration")),
    }


def differentiation(test: Mapping[str, Any] | None, words: Words) -> str | None:
    """Return whether the tiers differ in what their customers later brought."""
    if not test or test.get("epsilon_squared") is None or test.get("p") is None:
        return None
    p = test["p"]
    return words(
        "tiers.differ",
        p=words("tiers.p.tiny") if p < 0.001 else f"{p:.3f}",
        size=f"{test['epsilon_squared']:.2f}",
        effect=words.label("effect", test["effect"]),
    )
