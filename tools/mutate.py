"""Break the source in one small place at a time, and see whether the room's tests notice.

Run by ``make mutate``. A sample of Cosmic Ray's mutants, drawn by a seed, room by room in turn,
until the time is over; the work is done in a copy. What survives is shown as a diff.
"""

import argparse
import ast
import difflib
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, zip_longest
from pathlib import Path
from queue import Queue

ROOT = Path(__file__).parents[1]
READ_BY_TESTS = ("src", "tests", "pipelines", "docs", "models")
ROOMS = ("lists", "evaluation", "data")
SECONDS = 3600
PATIENCE = 600  # seconds for one mutant: one that never ends is noticed too


def annotations(source):
    """Return where annotations stand: they are not run, and no test could notice."""
    spans = []
    for node in ast.walk(ast.parse(source)):
        for part in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if part is not None:
                end = (part.end_lineno, part.end_col_offset)
                spans.append(((part.lineno, part.col_offset), end))
    return spans


def drawn(rooms, seed, root=ROOT):
    """Return mutants of each room in random order, the rooms taking turns."""
    from cosmic_ray.commands.init import _all_work_items

    decks = []
    for room in rooms:
        files = sorted((root / "src/winback" / room).rglob("*.py"))
        if not files:
            raise SystemExit(f"there is no room {room!r} in src/winback")
        spans = {str(file): annotations(file.read_text("utf-8")) for file in files}
        deck = []
        for item in _all_work_items(files, {}):
            (mutation,) = item.mutations
            path, at = str(mutation.module_path), tuple(mutation.start_pos)
            if not any(start <= at < end for start, end in spans[path]):
                deck.append((room, mutation))
        random.Random(f"{seed} {room}").shuffle(deck)
        decks.append(deck)
    return [mutant for mutant in chain(*zip_longest(*decks)) if mutant is not None]


def tests_of(room, file, root):
    """Return the room's tests, those of the file first: they end a mutant soonest."""
    folder = root / "tests/unit" / room
    own = sorted(folder.rglob(f"test_{Path(file).stem}.py"))
    return [*own, folder]


def changed(before, after):
    """Return the lines that differ, as in a diff."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def passes(copy, tests):
    """Run tests in a copy."""
    from cosmic_ray.testing import run_tests
    from cosmic_ray.work_item import TestOutcome

    options = f"-x -q -p no:cacheprovider -p no:xdist --rootdir {copy} -c {copy}/pyproject.toml"
    python = f"env PYTHONPATH={copy}/src {sys.executable}"
    command = f"{python} -m pytest {options} {' '.join(map(str, tests))}"
    return run_tests(command, PATIENCE)[0] == TestOutcome.SURVIVED


def tried(copy, room, mutation, root=ROOT):
    """Run the tests of one mutant in a copy; return whether they noticed, and its diff."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    file = copy / Path(mutation.module_path).relative_to(root)
    before = file.read_text("utf-8")
    operator = get_operator(mutation.operator_name)(**mutation.operator_args)
    after = mutate_code(before, operator, mutation.occurrence)
    file.write_text(after, "utf-8")
    try:
        return not passes(copy, tests_of(room, file, copy)), changed(before, after)
    finally:
        file.write_text(before, "utf-8")


def table(outcomes):
    """Return one line per room: how many were noticed, how many survived."""
    lines = [f"{'room':<12}{'killed':>8}{'survived':>10}"]
    for room in sorted({room for room, _ in outcomes}):
        killed, survived = (outcomes[room, noticed] for noticed in (True, False))
        lines.append(f"{room:<12}{killed:>8}{survived:>10}")
    return "\n".join(lines)


def main(arguments=None):
    """Try mutants until the time is over, then print the table and what survived."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rooms", nargs="+", default=ROOMS, metavar="ROOM")
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args(arguments)
    deadline = time.monotonic() + asked.seconds
    mutants = drawn(asked.rooms, asked.seed)
    outcomes, survivors = Counter(), []
    with tempfile.TemporaryDirectory() as folder:
        copies = Queue()
        for number in range(asked.workers):
            copy = Path(folder) / str(number)
            for name in READ_BY_TESTS:
                shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("local"))
            shutil.copy(ROOT / "pyproject.toml", copy)
            copies.put(copy)
        for room in asked.rooms:
            if not passes(copy, [copy / "tests/unit" / room]):
                raise SystemExit(f"the tests of {room!r} fail on the source as it is")

        def attempt(mutant):
            if time.monotonic() > deadline:
                return
            copy = copies.get()
            try:
                noticed, diff = tried(copy, *mutant)
            finally:
                copies.put(copy)
            outcomes[mutant[0], noticed] += 1
            if not noticed:
                survivors.append((os.path.relpath(mutant[1].module_path, ROOT), diff))

        with ThreadPoolExecutor(asked.workers) as pool:
            list(pool.map(attempt, mutants))
    print(table(outcomes), f"\n{sum(outcomes.values())} tried of {len(mutants)} mutants")
    for path, diff in survivors:
        print(f"\n{path}", *diff, sep="\n")


if __name__ == "__main__":
    main()
