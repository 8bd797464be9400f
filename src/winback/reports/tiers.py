"""What the value tiers are worth, how far they differ, and how they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from winback.reports.plain import plain

NEW = "not yet a customer"
PROFILE = ("customers", "share", "frequency", "days_since_last", "monetary_value", "clv")


def tier_section(content: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Take from ``tiers.json`` what the report shows.

    Parameters
    ----------
    content
        As :mod:`winback.evaluation.tier_quality` made it; nothing where there is none.

    Returns
    -------
    dict or None
        ``tiers`` (names, the most valuable first), ``note, stability, separation,
        separation_reference, profile, held_out`` and ``migration`` (``before, after, names,
        counts``: a row per earlier tier, ``kept, up, down``: shares of those in a tier before).

    Examples
    --------
    >>> moved = tier_section({"tiers": ["high", "low"], "migration": {
    ...     "before": "2020-01-01", "after": "2020-07-01", "tiers": ["high", "low"], "kept": 0.8,
    ...     "counts": [{"before": "high", "high": 3, "low": 1},
    ...                {"before": "low", "high": 1, "low": 5}]}})["migration"]
    >>> moved["counts"], moved["kept"], moved["up"], moved["down"]
    ([[3, 1], [1, 5]], 0.8, 0.1, 0.1)
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
        "migration": _migration(content.get("migration")),
    }


def _migration(told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Put the counts into a matrix in the order of the tiers, newcomers last if there are any."""
    if not told:
        return None
    names = [str(name) for name in told["tiers"]]
    by_name = {str(row["before"]): [int(row[name]) for name in names] for row in told["counts"]}
    befores = [name for name in (*names, NEW) if sum(by_name.get(name, [0]))]
    known = [(names.index(name), by_name[name]) for name in befores if name in names]
    total = sum(sum(row) for _, row in known)
    if not total:
        return None
    moved = {
        way: sum(n for at, row in known for to, n in enumerate(row) if (to - at) * sign > 0)
        for way, sign in (("up", -1), ("down", 1))
    }
    return {
        "before": plain(told["before"]),
        "after": plain(told["after"]),
        "befores": befores,
        "names": names,
        "counts": [by_name[name] for name in befores],
        "n": total,
        "kept": plain(told.get("kept")),
        **{way: plain(n / total) for way, n in moved.items()},
    }
