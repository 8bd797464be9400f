"""The last lines of a command: which files there are now, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from winback.messages import Message

_NEXT = {
    "validate": "winback run {job}",
    "train": "winback promote {job}",
    "promote": "winback score {job}",
    "rollback": "winback score {job}",
    "score": "winback lists {job}",
    "lists": "winback report {job}",
    "report": "winback explain {job}",
    "run": "winback run {job} --as-of yesterday",
}


def last_lines(command: str, files: Sequence[str], out: Path, job: Path) -> list[Message]:
    """Name every file that a command has made, and the next command.

    Examples
    --------
    >>> lines = last_lines("lists", ["win_back.csv"], Path("outputs/shop"), Path("shop.yaml"))
    >>> [str(line) for line in lines]
    ['in outputs/shop: win_back.csv', 'next: winback report shop.yaml']
    >>> last_lines("explain", [], Path("outputs/shop"), Path("shop.yaml"))
    []
    """
    lines = [Message("end.files", out=str(out), files=files)] if files else []
    if command in _NEXT:
        following, page = _NEXT[command].format(job=job), str(out / "report.html")
        match command:
            case "report":
                lines.append(Message("end.report", file=page, command=following))
            case "run":
                lines.append(Message("end.run", file=page, command=following))
            case _:
                lines.append(Message("end.next", command=following))
    return lines
