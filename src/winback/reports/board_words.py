"""The words and small pictures of the dashboard, the open cases, and the campaigns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from winback.messages import Message, Words, capital

SHOWN = 5
"""So many open cases stand on the first page; all of them in the file."""
_WIDTH, _HEIGHT, _EDGE = 96, 24, 3


def rows(group: Mapping[str, Any], report: Mapping[str, Any], words: Words) -> list[dict[str, Any]]:
    """Return the rows of one heading of the dashboard as texts.

    Returns
    -------
    list of dict
        ``name``; ``note``: which period it is, where that is not the newest; ``value``, ``range``,
        ``change`` (None where there is none); ``way``: ``good`` or ``bad`` where more than chance
        has moved it, else None; ``line``: the sparkline.
    """
    newest = report["board"]["period"]
    return [_row(row, newest, words) for row in group["rows"]]


def _row(row: Mapping[str, Any], newest: str | None, words: Words) -> dict[str, Any]:
    name = capital(words.label("indicator", row["indicator"]))
    if row["state"] != "known":
        said = words("board.early" if row["state"] == "early" else "board.few", n=row["n"])
        return {"name": name, "note": None, "value": said, "range": None, "change": None,
                "way": None, "line": "", "known": False}  # fmt: skip
    write = _write(row["unit"], words)
    ends = _write(row["unit"], replace(words, currency=None))  # the unit stands above
    has_range = row["low"] is not None and row["high"] is not None
    note = words("board.of", period=row["period"]) if row["period"] != newest else None
    return {
        "name": name,
        "note": note,
        "value": write(row["value"]),
        "range": words("board.range", low=ends(row["low"]), high=ends(row["high"]))
        if has_range
        else None,
        "change": _change(row, words),
        "way": _way(row),
        "line": sparkline(row["points"]),
        "known": True,
    }


def _write(unit: str, words: Words) -> Callable[[float], str]:
    """Return how a value of a unit is written."""
    if unit == "count":
        return lambda value: words.number(round(value))
    return {"money": words.money, "share": words.share}.get(unit, words.number)


def _change(row: Mapping[str, Any], words: Words) -> str | None:
    change = row["change"]
    if change is None:
        return None
    sign = "+" if change > 0 else "\u2212" if change < 0 else "\u00b1"
    if row["unit"] == "share":
        return words("board.points", change=sign + words.points(abs(change)))
    return sign + words.share(abs(change))


def _way(row: Mapping[str, Any]) -> str | None:
    if not row["beyond"] or row["direction"] == "none" or not row["change"]:
        return None
    return "good" if (row["change"] > 0) == (row["direction"] == "up") else "bad"


def sparkline(points: Sequence[float | None]) -> Markup:
    """Draw values over time as a line of a word's height; a missing one leaves a gap.

    Examples
    --------
    >>> sparkline([1.0, None, 2.0, 4.0]).count("M"), sparkline([]) == ""
    (2, True)
    """
    given = [point for point in points if point is not None]
    if len(given) < 2:
        return Markup("")
    low, size = min(given), (max(given) - min(given)) or 1.0
    step = (_WIDTH - 2 * _EDGE) / (len(points) - 1)
    tall = _HEIGHT - 2 * _EDGE
    path, pen, x, y = [], "M", 0.0, 0.0
    for at, point in enumerate(points):
        if point is None:
            pen = "M"
            continue
        x, y = _EDGE + at * step, _HEIGHT - _EDGE - tall * (point - low) / size
        path.append(f"{pen}{x:.1f} {y:.1f}")
        pen = "L"
    return Markup(
        '<svg class="spark" viewBox="0 0 {} {}" aria-hidden="true"><path d="{}"/>'
        '<circle cx="{:.1f}" cy="{:.1f}" r="2.2"/></svg>'
    ).format(_WIDTH, _HEIGHT, "".join(path), x, y)


def why(report: Mapping[str, Any], words: Words) -> list[str]:
    """Return why the health index and revenue moved."""
    return [capital(Message.of(record).say(words)) for record in report["board"]["why"]]


def left_out(report: Mapping[str, Any], words: Words) -> list[str]:
    """Return what could not be computed, by reason; whole parts first."""
    given = report["left_out"]
    because: dict[str, list[str]] = {}
    for kind in ("steering", "indicator"):
        for name, record in given.get(kind, {}).items():
            reason = Message.of(record).say(words)
            because.setdefault(reason, []).append(words.label(kind, name))
    return [
        capital(words("indicators.left_out", reason=reason, names=names))
        for reason, names in because.items()
    ]


def cases(report: Mapping[str, Any], words: Words) -> list[dict[str, Any]]:
    """Return the open cases that stand on the first page, as texts.

    Returns
    -------
    list of dict
        ``colour, name, what`` (value against what was expected), ``age, owner, step, by`` (the
        next deadline), ``late`` (whether one has passed), ``stake``; None where there is nothing.
    """
    return [_case(row, words) for row in report["alerts"]["rows"][:SHOWN]]


def _case(row: Mapping[str, Any], words: Words) -> dict[str, Any]:
    name = capital(words.label("indicator", row["indicator"]))
    if row["segment"] != "all":
        name = words("board.segment", name=name, segment=row["segment"])
    write = _write(row["unit"], words)
    if row["kind"] == "no_data":
        what = words("board.no_data", began=row["began"])
    else:
        facts = {"value": write(row["value"]), "expected": write(row["expected"])}
        what = words("board.against", grain=row["grain"], **facts)
    stake = row["at_stake"]
    step, late = (row["overdue"], True) if row["overdue"] else (row["next_step"], False)
    return {
        "colour": row["severity"],
        "name": name,
        "what": what,
        "age": words("board.open", days=row["days_open"]),
        "owner": words.label("owner", row["owner"]),
        "step": step and words.label("respond", step),
        "by": None if late or row["due"] is None else words("decide.by", day=row["due"]),
        "late": late,
        "stake": None if stake is None else words("board.stake", money=stake, grain=row["grain"]),
    }


def others(report: Mapping[str, Any], words: Words) -> str | None:
    """Say how many cases are not on the first page, and why."""
    alerts = report["alerts"]
    more = max(len(alerts["rows"]) - SHOWN, 0)
    counts = {"more": more, **{name: alerts[name] for name in ("waiting", "hidden", "silenced")}}
    said = [words(f"board.{name}", n=n) for name, n in counts.items() if n]
    return capital(words("clause.next").join(said)) + words("stop") if said else None


def campaign(row: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """Return one past campaign as texts.

    Returns
    -------
    dict
        ``name, days, treated, control, returned`` (of both arms), ``increment`` and its ``range``,
        ``cost, net, verdict``.
    """
    first, last = row["first_day"], row["last_day"]
    ends = replace(words, currency=None)  # it stands above
    both = (row["treated_return"], row["control_return"])
    return {
        "name": row["campaign"],
        "days": first if first == last else words("board.days", first=first, last=last),
        "treated": words.number(row["treated"]),
        "control": words.number(row["control"]),
        "returned": words("board.returned", treated=both[0], control=both[1]),
        "increment": words.money(row["increment"]),
        "range": None
        if row["increment_low"] is None
        else words(
            "board.range",
            low=ends.money(row["increment_low"]),
            high=ends.money(row["increment_high"]),
        ),
        "cost": words.money(row["cost"]),
        "net": words.money(row["net"]),
        "verdict": capital(Message.of(row["says"]).say(words)),
    }


def channel(row: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """Return one channel as texts.

    Returns
    -------
    dict
        ``customers, spend, cac, ltv, predicted`` (which share of it is), ``ratio`` and its
        ``range``, ``roi, payback, overlap, verdict``.
    """
    early = row["state"] != "known"
    predicted, days = row["predicted_share"], row["payback_days"]
    return {
        "customers": words.number(row["customers"]),
        "spend": words.money(row["spend"]),
        "cac": words.money(row["cac"]),
        "ltv": words.money(row["ltv"]),
        "predicted": words("channels.predicted", share=predicted) if predicted else None,
        "ratio": words.number(row["ltv_cac"]),
        "range": words("board.range", low=words.number(row["low"]), high=words.number(row["high"])),
        "roi": words.share(row["roi"]),
        "payback": words("channels.no_payback")
        if days is None
        else words.count(round(days), "day"),
        "overlap": words.share(row["overlap"]),
        "verdict": words("board.early") if early else words.label("worth", row["verdict"]),
    }


def orders(held: Mapping[str, Any], words: Words) -> list[str]:
    """Say of which channels it is known that one brings more for its money than the other."""
    said = [words("channels.order", **pair) for pair in held["orders"]]
    return said or [capital(words("channels.no_order"))]
