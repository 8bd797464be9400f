"""What became of the source's rows: counts, and their sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from winback.messages import Words
from winback.reports.aggregator import plain


def intake_counts(intake: Mapping[str, Any]) -> dict[str, Any]:
    """Take what the report shows of an intake: counts, days, and why rows were rejected."""
    facts = plain(intake)
    rejected = facts.get("rejected") or {}
    return {
        **{
            name: facts.get(name) or 0
            for name in (
                "rows_in",
                "filtered_out",
                "zero_amounts",
                "after_as_of",
                "accepted",
                "customers",
            )
        },
        "first_day": facts.get("first_day"),
        "last_day": facts.get("last_day"),
        "has_amounts": bool(facts.get("has_amounts", True)),
        "rejected": [
            {"reason": reason, "n": n}
            for reason, n in sorted(rejected.items(), key=lambda entry: (-entry[1], entry[0]))
            if n
        ],
        "rejected_rows": sum(rejected.values()),
    }


def data_reading(intake: dict[str, Any], words: Words) -> str:
    """Return how many rows were used and why others were not."""
    return words(
        "data.reading",
        accepted=words.number(intake["accepted"]),
        rows=words.count(intake["rows_in"], "row"),
        share=words.share(intake["accepted"] / intake["rows_in"] if intake["rows_in"] else None),
        rejected=words.number(intake["rejected_rows"]),
        why=_why(intake["rejected"], "data.why", "rejected", words),
    )


def _why(reasons: Sequence[dict[str, Any]], key: str, kind: str, words: Words) -> str:
    """Return the most frequent reason; the reasons come sorted."""
    if not reasons:
        return ""
    first = reasons[0]
    return words(key, reason=words.label(kind, first["reason"]), n=words.number(first["n"]))
