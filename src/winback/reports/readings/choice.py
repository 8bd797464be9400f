"""The contest's choice in words: for the page, and for the card of a registered version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from winback.messages import Words
from winback.reports.choice import runners_up


def loss_ratio(entry: Mapping[str, Any], words: Words) -> str:
    """Return a candidate's loss as a ratio to the best, to a thousandth."""
    return words("missing") if entry["loss_ratio"] is None else f"{entry['loss_ratio']:.3f}"


def interval(entry: Mapping[str, Any]) -> str | None:
    """Return the 95% interval of the ratio; None where it is unknown, or of the best itself."""
    low, high = entry["low"], entry["high"]
    return None if low is None or high is None or low == high else f"{low:.3f}\N{EN DASH}{high:.3f}"


def choice_reading(told: Mapping[str, Any], words: Words) -> str:
    """Return what was chosen, and among how many."""
    model = words.label("model", told["chosen"])
    target = words.label("target", told["target"])
    n = len(told["candidates"])
    how = ".fallback" if told["fallback"] else "" if n else ".untested"
    return words(f"choice.reading{how}", model=model, target=target, n=n)


def foremost(told: Mapping[str, Any], n: int = 4) -> list[dict[str, Any]]:
    """Return the first `n` candidates, and the choice wherever it stands."""
    return [row for at, row in enumerate(told["candidates"]) if at < n or row["chosen"]]


def card_text(
    told: Mapping[str, Any] | None, reasons: str, caveats: Sequence[str], words: Words
) -> str:
    """Write the card of a model version in Markdown.

    Parameters
    ----------
    told
        From `winback.reports.choice.choice`; None: `reasons` is all there is to say.
    reasons
        Why this model, in one sentence.
    caveats
        What to know before relying on it.

    Returns
    -------
    str
        The choice, its reasons, the three runners-up with why each was left out, and the caveats.

    Examples
    --------
    >>> print(card_text(None, "zero, as the job names it", ["few customers"], Words()))
    Nobody buys again, as the job names it.
    <BLANKLINE>
    **Caveats**
    <BLANKLINE>
    * Few customers.
    """
    if told is None:
        parts = [words.sentences([reasons])]
    else:
        parts = [choice_reading(told, words), _bullets(told["reasons"], words)]
        rivals = [_rival(entry, words) for entry in runners_up(told)]
        if rivals:
            parts += [_title("choice.runners_up", words), "\n".join(rivals)]
    if caveats:
        parts += [_title("choice.caveats", words), _bullets(caveats, words)]
    return "\n\n".join(parts)


def _title(key: str, words: Words) -> str:
    return f"**{words(key)}**"


def _bullets(texts: Sequence[str], words: Words) -> str:
    return "\n".join(f"* {words.sentences([text])}" for text in texts)


def _rival(entry: Mapping[str, Any], words: Words) -> str:
    ends = interval(entry)
    told = words(
        "choice.rival",
        model=words.label("model", entry["model"]),
        ratio=loss_ratio(entry, words) + (f" ({ends})" if ends else ""),
        bias=words.metric(entry["bias"]),
    )
    if not entry["note"]:
        return f"* {told}"
    return f"* {told}; " + words("choice.out", why=words.sentence(entry["note"]))
