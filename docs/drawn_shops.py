# ruff: noqa: INP001 - a script beside what it writes, no package
"""Judge drawn shops, each once, and write a page as they come."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

Rows = list[dict[str, Any]]


def judge_all(
    title: str | None,
    kinds: Iterable[str],
    judge: Callable[[str, int], Rows],
    write: Callable[[pd.DataFrame, int, int], None],
    *,
    found: Path,
    first: int,
    seeds: int,
) -> None:
    """Read the command line, judge the shops that are not judged yet, and write as they come.

    Parameters
    ----------
    title
        What the command does.
    kinds, judge
        A shop of each kind and seed gives rows with ``kind`` and ``seed``.
    write
        Writes the page of all rows, the first seed and how many there are.
    found, first, seeds
        Defaults: where judged shops are kept, the first seed, shops of each kind.
    """
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--first", type=int, default=first, help="the first seed")
    parser.add_argument("--seeds", type=int, default=seeds, help="shops of each kind")
    parser.add_argument("--found", type=Path, default=found, help="kept; judged shops are read")
    given = parser.parse_args()
    given.found.parent.mkdir(parents=True, exist_ok=True)
    lines = given.found.read_text(encoding="utf-8").splitlines() if given.found.exists() else []
    rows: Rows = [json.loads(line) for line in lines]
    known = {(row["kind"], row["seed"]) for row in rows}
    asked = range(given.first, given.first + given.seeds)
    for seed, kind in product(asked, list(kinds)):
        if (kind, seed) not in known:
            more = judge(kind, seed)
            rows += more
            with given.found.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(row) + "\n" for row in more)
        judged = pd.DataFrame([row for row in rows if row["seed"] in asked])
        write(judged, given.first, given.seeds)
