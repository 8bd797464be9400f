"""Why this value model: what the contest inside the known past found, as its training kept it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from winback.reports.plain import plain

_NAMED = "as the job names it"
_CLAUSES = re.compile(r"; (?!allowed: |[^()]*\))")  # what an error or brackets hold stays whole
_CHOSEN = re.compile(r"(the value model falls back on )?([\w+]+)")


def choice(
    reasons: str | None, contest: Sequence[Mapping[str, Any]], target: str
) -> dict[str, Any] | None:
    """Put a contest's choice, its reasons and the other candidates in order.

    Parameters
    ----------
    reasons
        The sentence of `winback.evaluation.contest.Choice`, that of its level added.
    contest
        Rows of its table, with ``target``; those whose ``as_of`` is ``pooled`` count.
    target
        ``revenue``, or ``purchases`` where there are no amounts.

    Returns
    -------
    dict or None
        ``target, chosen``, ``fallback`` (it stands in for a choice that could not be fitted),
        ``reasons`` (a clause each, in English) and ``candidates``: who was
        left in, the lowest loss first, then who was left out; of each ``model, chosen``,
        ``loss_ratio`` to the lowest loss that was left in with ``low`` and ``high`` (95%),
        ``bias`` (predicted over actual) and ``note`` (why it was left out, or None). ``None``
        where nothing was chosen, because the job names its model.

    Examples
    --------
    >>> row = {"target": "revenue", "as_of": "pooled", "low": 1.0, "high": 1.0, "bias": 0.9}
    >>> told = choice("rate, judged on 1 inner cut-off of 90 days: total 0.90 of the actual", [
    ...     {**row, "candidate": "zero", "loss_ratio": 1.3, "note": "predicts 0"},
    ...     {**row, "candidate": "rate", "loss_ratio": 1.0, "note": ""}], "revenue")
    >>> told["chosen"], [entry["model"] for entry in told["candidates"]]
    ('rate', ['rate', 'zero'])
    """
    if not reasons or _NAMED in reasons or not (found := _CHOSEN.match(reasons)):
        return None
    pooled = [row for row in contest if row["target"] == target and row["as_of"] == "pooled"]
    candidates = [_candidate(row, found[2]) for row in pooled]
    if len(candidates) == 1:  # named, but another had to take its place
        return None
    return {
        "target": target,
        "chosen": found[2],
        "fallback": bool(found[1]),
        "reasons": _CLAUSES.split(reasons.strip()),
        "candidates": sorted(candidates, key=_place),
    }


def runners_up(told: Mapping[str, Any], n: int = 3) -> list[dict[str, Any]]:
    """Return those that came closest to the choice."""
    return [entry for entry in told["candidates"] if not entry["chosen"]][:n]


def _candidate(row: Mapping[str, Any], chosen: str) -> dict[str, Any]:
    facts = {name: plain(row.get(name)) for name in ("loss_ratio", "low", "high", "bias", "note")}
    name = str(row["candidate"])
    return {"model": name, "chosen": name == chosen, **facts, "note": facts["note"] or None}


def _place(entry: Mapping[str, Any]) -> tuple[bool, bool, float, bool]:
    """Order by loss, the choice before its twins; who could not be fitted has none."""
    ratio = entry["loss_ratio"]
    unknown = ratio is None
    return bool(entry["note"]), unknown, 0.0 if unknown else ratio, not entry["chosen"]
