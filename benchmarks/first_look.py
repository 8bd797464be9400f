"""Measure `winback init` on files of 64 MB: processor time, and beside Python's own csv reader.

    python benchmarks/first_look.py

Two files are drawn: plain numbers and days, and amounts with a currency, thousands and decimal
commas beside days such as 31.12.2023. Seconds depend on the machine; how many times the reader's
they are hardly does, and that is what is held: the exit code is 1 above ``LIMIT``.
"""

from __future__ import annotations

import csv
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

SIZE = 64_000_000  # bytes
LIMIT = 15.0  # times the reader's processor time
BEGIN = datetime(2022, 1, 1)  # noqa: DTZ001 - a shop's own time


def main() -> int:
    """Draw the files, look at each, and print a line for each."""
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        for name, draw in {"plain": plain, "written": written}.items():
            path = Path(folder) / f"{name}.csv"
            rows = fill(path, draw)
            reader, init = of_reader(path), of_init(path)
            ratios.append(init / reader)
            print(
                f"{name}: {path.stat().st_size / 1e6:.0f} MB, {rows:,} rows: {init:.1f} s of"
                f" processor time, {ratios[-1]:.1f} times a csv reader's {reader:.2f} s"
            )
    return int(max(ratios) > LIMIT)


def plain(draw: random.Random, n: int, moment: datetime) -> list[str]:
    """Return a row as a program writes it."""
    state = draw.choice(["paid", "paid", "cancelled"])
    amount = f"{draw.lognormvariate(3, 1):.2f}"
    return [f"{n}", f"C{draw.randrange(120_000):06}", f"{moment}", amount, state, "web"]


def written(draw: random.Random, n: int, moment: datetime) -> list[str]:
    """Return a row as a spreadsheet in Germany writes it."""
    amount = f"{draw.lognormvariate(4, 1.4):,.2f} €".translate(str.maketrans(",.", ".,"))
    day = moment.strftime("%d.%m.%Y %H:%M")
    return [f"{n}", f"{draw.randrange(120_000)}", day, amount, "bezahlt", "4,90"]


NAMES = {
    plain: ["Order ID", "Customer ID", "Order Date", "Total", "Status", "Channel"],
    written: ["Bestellnr.", "Kundennummer", "Bestelldatum", "Gesamtbetrag", "Status", "Versand"],
}


def fill(path: Path, row: Callable[[random.Random, int, datetime], list[str]]) -> int:
    """Write rows until the file is as large as it is to be; return how many."""
    draw, n = random.Random(64), 0
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, delimiter=";" if row is written else ",")
        rows.writerow(NAMES[row])
        while n % 1000 or file.tell() < SIZE:
            n += 1
            rows.writerow(row(draw, n, BEGIN + timedelta(seconds=draw.randrange(63_000_000))))
    return n


def of_reader(path: Path) -> float:
    """Return the seconds of processor time in which Python takes the rows apart."""
    begun = time.process_time()
    with path.open(encoding="utf-8", newline="") as file:
        sum(1 for _ in csv.reader(file, delimiter=";" if path.stem == "written" else ","))
    return time.process_time() - begun


def of_init(path: Path) -> float:
    """Return the seconds of processor time of the whole command, its start included."""
    command = [sys.executable, "-m", "winback", "init", str(path), "--yes"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=path.parent, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    sys.exit(main())
