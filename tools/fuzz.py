"""Write known tables in random ways, and see whether the same rows come back.

Run by ``make fuzz``. A seed makes a table (`known_table`) and a file (`known_files`); winback
reads it. Either the same rows come back, or what is missing is rejected and counted, or winback
says which of two readings it took, or it refuses the file by name. Anything else is a silent
difference, and a fault.
"""

import argparse
import os
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from known_files import write
from known_table import drawn

KINDS = ("same", "told", "rejected", "refused", "silent", "crash")
FAULTS = {"silent", "crash"}
CHUNK = 50


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    Attributes
    ----------
    kind
        ``same``: every row came back. ``told``: winback said which of two readings it took.
        ``rejected``: rows are missing, and as many were rejected and counted. ``refused``: by
        name. ``silent``, ``crash``: faults.
    why
        The reason or the error.
    traits
        How the file was written.
    """

    seed: int
    kind: str
    why: str
    traits: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return what became of it, and how it was written."""
        how = "; ".join(f"{what}: {choice}" for what, choice in self.traits.items())
        return f"seed {self.seed}, {self.kind}: {self.why}\n  {how}"


def tried(seed: int, folder: Path, engine) -> Outcome:
    """Write the file of a seed, and read it."""
    from winback.data.intake import read_transactions
    from winback.data.policy import IntakePolicy
    from winback.errors import WinbackError

    draw = random.Random(seed)
    table = drawn(draw)
    file = write(draw, table, folder)
    traits = {"language": table.language.header[0], **file.traits}
    meant = Counter(table.meant())
    try:
        read = read_transactions(
            str(file.path),
            columns=file.columns,
            policy=IntakePolicy(timezone=table.zone, max_rejected_share=1.0),
            engine=engine,
        )
    except WinbackError as error:
        why = re.sub(r"column \S.*|[\d,.]*\d", "…", str(error.what))
        return Outcome(seed, "refused", why, traits | {"error": str(error)})
    except Exception as error:  # noqa: BLE001 - any other is a fault, and counted as such
        return Outcome(seed, "crash", f"{type(error).__name__}: {error}"[:300], traits)
    rows = read.table.select("customer_id", "day", "amount").to_pyarrow()
    for used in (read.table, read.rejected):
        engine.raw_sql(f'DROP TABLE "{used.get_name()}"')
    got = Counter(
        (who, str(day), round(1000 * amount))
        for who, day, amount in zip(*(column.to_pylist() for column in rows), strict=True)
    )
    missing, more = meant - got, got - meant
    counts = read.counts
    left = sum(counts.rejected.values()) + counts.zero_amounts + counts.guests
    if not missing and not more:
        return Outcome(seed, "same", "", traits)
    if not more and missing.total() <= left:
        why = ", ".join(f"{n} {reason}" for reason, n in counts.rejected.items())
        return Outcome(seed, "rejected", why, traits)
    days = [Counter((who, day) for who, day, _ in rows.elements()) for rows in (meant, got)]
    if read.notes and not days[1] - days[0]:
        return Outcome(seed, "told", str(read.notes[0]), traits)
    why = f"missing {list(missing)[:3]}, more {list(more)[:3]} ({left} left out)"
    return Outcome(seed, "silent", why, traits)


def outcomes(seeds: range) -> list[Outcome]:
    """Try some seeds in one engine."""
    from winback.data.connect import open_engine

    engine = open_engine(threads=1)
    with tempfile.TemporaryDirectory() as folder:
        found = []
        for seed in seeds:
            found.append(tried(seed, Path(folder), engine))
            for file in Path(folder).iterdir():
                file.unlink()
    engine.disconnect()
    return found


def all_outcomes(seeds: range, workers: int) -> Iterator[Outcome]:
    """Try all seeds, and tell how far it is."""
    begun, parts = time.monotonic(), [seeds[n : n + CHUNK] for n in range(0, len(seeds), CHUNK)]
    done: Counter[str] = Counter()
    with ProcessPoolExecutor(workers) as pool:
        for part in pool.map(outcomes, parts):
            done.update(outcome.kind for outcome in part)
            for fault in part:
                if fault.kind in FAULTS:
                    print(fault, file=sys.stderr)
            shown = "  ".join(f"{kind} {done[kind]:,}" for kind in KINDS)
            seconds = time.monotonic() - begun
            print(f"{done.total():,} of {len(seeds):,}  {shown}  {seconds:.0f} s", file=sys.stderr)
            yield from part


def summary(found: list[Outcome]) -> str:
    """Return a table of the kinds by the form of the file, and the reasons of refusals."""
    kinds = Counter((o.traits.get("form", ""), o.kind) for o in found)
    forms = sorted({form for form, _ in kinds})
    lines = [f"{'':10}" + "".join(f"{kind:>10}" for kind in KINDS)]
    for form in [*forms, "all"]:
        of = [kinds[form, k] if form != "all" else sum(kinds[f, k] for f in forms) for k in KINDS]
        lines.append(f"{form:10}" + "".join(f"{n:>10,}" for n in of))
    refused = Counter(o.why for o in found if o.kind == "refused")
    lines += ["", "refused because", *(f"{n:>7,}  {why}" for why, n in refused.most_common())]
    return "\n".join(lines)


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--n", type=int, default=10_000, help="how many files")
    asked.add_argument("--seed", type=int, default=0, help="the first seed")
    asked.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked.add_argument("--kinds", default="silent,crash", help="which kinds to show, with commas")
    given = asked.parse_args()
    found = list(all_outcomes(range(given.seed, given.seed + given.n), given.workers))
    print(summary(found))
    for outcome in found:
        if outcome.kind in given.kinds.split(","):
            print(f"\n{outcome}")
    return int(any(o.kind in FAULTS for o in found))


if __name__ == "__main__":
    sys.exit(main())
