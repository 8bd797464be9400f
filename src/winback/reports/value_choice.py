"""Why this value model: what the contest inside the known past found, and its words.

For the page, and for the card of a registered version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from winback.messages import Message, Words
from winback.reports.aggregator import plain
from winback.reports.stored_messages import Sayable, kept, sentence, sentences

NAMED, FALLBACK = "contest.named", "fit.falls_back"
INSTEAD = ("gate.baseline_instead", "gate.baseline_stays")


def choice(
    chosen: str, reasons: Message, contest: Sequence[Mapping[str, Any]]
) -> dict[str, Any] | None:
    """Put a contest's choice, its reasons and the other candidates in order.

    Parameters
    ----------
    chosen
        The candidate, or the one that stands in for it.
    reasons
        Why, as `winback.evaluation.contest.Choice` says; what is said of its level added.
    contest
        Rows of its table, with ``target``; those whose ``as_of`` is ``pooled`` count, of
        ``revenue``, or of ``purchases`` where there are no amounts.

    Returns
    -------
    dict or None
        ``target, chosen``, ``fallback`` (it stands in for a choice that could not be fitted),
        ``instead`` (it is a baseline that takes the choice's place),
        ``reasons`` (a clause each) and ``candidates``: who was left in, the lowest loss first,
        then who was left out; of each ``model, chosen``, ``loss_ratio`` to the lowest loss that
        was left in with ``low`` and ``high`` (95%), ``bias`` (predicted over actual) and ``note``
        (why it was left out, or None). Plain data, messages as records. ``None`` where nothing
        was chosen, because the job names its model.

    Examples
    --------
    >>> row = {"target": "revenue", "as_of": "pooled", "low": 1.0, "high": 1.0, "bias": 0.9}
    >>> chosen = choice("rate", Message("contest.alone"), [
    ...     {**row, "candidate": "zero", "loss_ratio": 1.3, "note": "predicts 0"},
    ...     {**row, "candidate": "rate", "loss_ratio": 1.0, "note": None}])
    >>> chosen["chosen"], [entry["model"] for entry in chosen["candidates"]]
    ('rate', ['rate', 'zero'])
    """
    first = reasons.clauses[0].code
    if first == NAMED:
        return None
    target = "revenue" if any(row["target"] == "revenue" for row in contest) else "purchases"
    pooled = [row for row in contest if row["target"] == target and row["as_of"] == "pooled"]
    candidates = [_candidate(row, chosen) for row in pooled]
    if len(candidates) == 1:  # named, but another had to take its place
        return None
    return {
        "target": target,
        "chosen": chosen,
        "fallback": first == FALLBACK,
        "instead": first in INSTEAD,
        "reasons": [kept(clause) for clause in reasons.clauses],
        "candidates": sorted(candidates, key=_place),
    }


def runners_up(chosen: Mapping[str, Any], n: int = 3) -> list[dict[str, Any]]:
    """Return those that came closest to the choice."""
    return [entry for entry in chosen["candidates"] if not entry["chosen"]][:n]


def _candidate(row: Mapping[str, Any], chosen: str) -> dict[str, Any]:
    facts = {name: plain(row.get(name)) for name in ("loss_ratio", "low", "high", "bias")}
    name, note = str(row["candidate"]), row.get("note")
    return {"model": name, "chosen": name == chosen, **facts, "note": kept(note) if note else None}


def _place(entry: Mapping[str, Any]) -> tuple[bool, bool, float, bool]:
    """Order by loss, the choice before its twins; who could not be fitted has none."""
    ratio = entry["loss_ratio"]
    unknown = ratio is None
    return bool(entry["note"]), unknown, 0.0 if unknown else ratio, not entry["chosen"]


def loss_ratio(entry: Mapping[str, Any], words: Words) -> str:
    """Return a candidate's loss as a ratio to the best, to a thousandth."""
    return words("missing") if entry["loss_ratio"] is None else f"{entry['loss_ratio']:.3f}"


def interval(entry: Mapping[str, Any]) -> str | None:
    """Return the 95% interval of the ratio; None where it is unknown, or of the best itself."""
    low, high = entry["low"], entry["high"]
    return None if low is None or high is None or low == high else f"{low:.3f}\N{EN DASH}{high:.3f}"


def choice_reading(chosen: Mapping[str, Any], words: Words) -> str:
    """Return what was chosen, and among how many."""
    model = words.label("model", chosen["chosen"])
    target = words.label("target", chosen["target"])
    n = len(chosen["candidates"])
    stands_in = ".fallback" if chosen["fallback"] else ".instead" if chosen.get("instead") else ""
    how = stands_in or ("" if n else ".untested")
    return words(f"choice.reading{how}", model=model, target=target, n=n)


def foremost(chosen: Mapping[str, Any], n: int = 4) -> list[dict[str, Any]]:
    """Return the first `n` candidates, and the choice wherever it stands."""
    return [row for place, row in enumerate(chosen["candidates"]) if place < n or row["chosen"]]


def card_text(
    chosen: Mapping[str, Any] | None, reasons: Message, caveats: Sequence[Sayable], words: Words
) -> str:
    """Write the card of a model version in Markdown.

    Parameters
    ----------
    chosen
        From `choice`; None: `reasons` is all there is to say.
    reasons
        Why this model.
    caveats
        What to know before relying on it.

    Returns
    -------
    str
        The choice, its reasons, the three runners-up with why each was left out, and the caveats.

    Examples
    --------
    >>> named = Message("contest.named", model="zero")
    >>> print(card_text(None, named, ["few customers"], Words()))
    Nobody buys again, as the job names it.
    <BLANKLINE>
    **Caveats**
    <BLANKLINE>
    * Few customers.
    """
    if chosen is None:
        parts = [sentences([reasons], words)]
    else:
        parts = [choice_reading(chosen, words), _bullets(chosen["reasons"], words)]
        rivals = [_rival(entry, words) for entry in runners_up(chosen)]
        if rivals:
            parts += [_title("choice.runners_up", words), "\n".join(rivals)]
    if caveats:
        parts += [_title("choice.caveats", words), _bullets(caveats, words)]
    return "\n\n".join(parts)


def _title(key: str, words: Words) -> str:
    return f"**{words(key)}**"


def _bullets(notes: Sequence[Sayable], words: Words) -> str:
    return "\n".join(f"* {sentences([note], words)}" for note in notes)


def _rival(entry: Mapping[str, Any], words: Words) -> str:
    ends = interval(entry)
    line = words(
        "choice.rival",
        model=words.label("model", entry["model"]),
        ratio=loss_ratio(entry, words) + (f" ({ends})" if ends else ""),
        bias=words.metric(entry["bias"]),
    )
    if not entry["note"]:
        return f"* {line}"
    return f"* {line}; " + words("choice.out", why=sentence(entry["note"], words))
