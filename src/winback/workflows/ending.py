"""The last lines of a command: which files there are now, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_NEXT = {
    "validate": "winback run {job}",
    "train": "winback promote {job}",
    "promote": "winback score {job}",
    "rollback": "winback score {job}",
    "score": "winback lists {job}",
    "lists": "winback report {job}",
    "report": "open {out}/report.html in a browser; winback explain {job}",
    "run": "open {out}/report.html in a browser; every night: winback run {job} --as-of yesterday",
}


def last_lines(command: str, files: Sequence[str], out: Path, job: Path) -> list[str]:
    """Name every file that a command has made, and the next command.

    Examples
    --------
    >>> last_lines("lists", ["win_back.csv"], Path("outputs/shop"), Path("shop.yaml"))
    ['in outputs/shop: win_back.csv', 'next: winback report shop.yaml']
    >>> last_lines("explain", [], Path("outputs/shop"), Path("shop.yaml"))
    []
    """
    lines = [f"in {out}: {', '.join(files)}"] if files else []
    following = _NEXT.get(command)
    if following is not None:
        lines.append("next: " + following.format(job=job, out=out))
    return lines
