"""Run a shop's nights one after another, with what goes wrong in a shop's life, and look.

Run by ``make soak``. Every night the export grows by a file and `as_of` by a day; every seventh
night retrains. A feed stops for three days and comes late, a column is renamed, a file is delivered
twice, commands are killed at random moments and run again. What must hold is demanded every night;
what may move (lists, tiers, champions, memory, the store) is written down and drawn.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

RETRAIN_EVERY = 7
STEPS = ("score", "lists", "report", "alerts")
JOB = """\
name: soak
as_of: {first}
currency: {currency}
margin: 0.30
data:
  transactions: {{source: export/*.csv, deduplicate: true, refunds: by_day, zero_amounts: drop}}
horizon_days: 60
churn: {{active_within_days: 180}}
lists:
  churn_warning: {{capacity: 100}}
  win_back: {{budget: 300, capacity: 100}}
"""


@dataclass
class Shop:
    """Purchases day by day, and the first night."""

    days: dict[date, pd.DataFrame]
    first: date
    currency: str


def online_retail(path: Path, nights: int) -> Shop:
    """Return UCI's Online Retail, its last nights."""
    rows = pd.read_parquet(path)
    rows = rows[rows["CustomerID"].notna() & rows["StockCode"].astype(str).str.match(r"\d{5}")]
    return _shop(
        pd.DataFrame(
            {
                "customer_id": rows["CustomerID"].astype(float).astype(int).astype(str),
                "timestamp": pd.to_datetime(rows["InvoiceDate"]),
                "amount": (rows["Quantity"] * rows["UnitPrice"]).round(2),
                "order_id": rows["InvoiceNo"].astype(str),
                "product_id": rows["StockCode"].astype(str),
            }
        ),
        nights,
        "GBP",
    )


def cdnow_tenth(nights: int) -> Shop:
    """Return the tenth sample of CDNOW, its last nights."""
    import winback as wb

    rows = wb.read_transactions("sample:cdnow-tenth").table.to_pandas()
    rows = rows[["customer_id", "day", "amount"]].rename(columns={"day": "timestamp"})
    return _shop(rows, nights, "USD")


def _shop(rows: pd.DataFrame, nights: int, currency: str) -> Shop:
    day = pd.to_datetime(rows["timestamp"]).dt.date
    days = dict(tuple(rows.groupby(day)))
    return Shop(days, max(days) - timedelta(days=nights - 1), currency)


@dataclass
class Calendar:
    """What goes wrong, and in which night (from 1)."""

    stopped: range
    renamed: int
    doubled: int
    killed: dict[int, str] = field(default_factory=dict)

    @classmethod
    def drawn(cls, nights: int, draw: random.Random) -> "Calendar":
        """Spread the faults over the nights; the kills by lot."""
        stop = max(2, nights // 4)
        renamed = max(stop + 4, 2 * nights // 5)
        doubled = max(renamed + 1, 3 * nights // 5)
        quiet = set(range(2, nights)) - {*range(stop, stop + 4), renamed, doubled}
        killed = draw.sample(sorted(quiet), k=max(1, len(quiet) // 10))
        steps = {night: draw.choice(STEPS) for night in killed}  # `run` where a night retrains
        return cls(range(stop, stop + 3), renamed, doubled, steps)


class Soak:
    """A folder with a growing export, a job, a store and results.

    Parameters
    ----------
    shop, folder
        Purchases, and where all happens.
    draw
        Chance: when a command is killed.
    """

    def __init__(self, shop: Shop, folder: Path, draw: random.Random) -> None:
        self.shop, self.folder, self.draw = shop, folder, draw
        self.faults: list[str] = []
        self.seconds: dict[str, float] = {}
        (folder / "export").mkdir()
        text = JOB.format(first=shop.first, currency=shop.currency)
        (folder / "soak.yaml").write_text(text, encoding="utf-8")

    def export(self, day: date, *, late: bool = False, renamed: bool = False) -> None:
        """Deliver the purchases of a day."""
        rows = self.shop.days.get(day)
        if rows is not None:
            name = f"{day}{'_late' if late else ''}.csv"
            frame = rows.rename(columns={"amount": "order_total"}) if renamed else rows
            frame.to_csv(self.folder / "export" / name, index=False)

    def command(self, step: str, as_of: date, *, kill: bool = False) -> tuple[int, float, int]:
        """Run one command; return its exit code, seconds and peak memory in bytes."""
        line = [sys.executable, "-m", "winback", step, "soak.yaml"]
        line += [] if step == "verify" else ["--as-of", str(as_of)]
        began = time.monotonic()
        with (self.folder / "log.txt").open("a", encoding="utf-8") as log:
            log.write(f"\n# {step} {as_of}{' (to be killed)' if kill else ''}\n")
            log.flush()
            process = subprocess.Popen(line, cwd=self.folder, stdout=log, stderr=log)  # noqa: S603
            if kill:
                time.sleep(self.draw.uniform(0.1, 0.95) * self.seconds.get(step, 5.0))
                process.send_signal(signal.SIGKILL)
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        spent = time.monotonic() - began
        if not kill:
            self.seconds[step] = spent
        return process.returncode, spent, used.ru_maxrss * 1024

    def demand(self, holds: bool, what: str) -> None:
        """Note what does not hold."""
        if not holds:
            self.faults.append(what)
            print(f"FAULT {what}", file=sys.stderr)

    def result(self, name: str) -> Path:
        """Return where a result is."""
        return self.folder / "outputs" / "soak" / name

    def lists(self) -> bytes:
        """Return the lists, as they lie there."""
        return b"".join(
            self.result(f"{name}.parquet").read_bytes() for name in ("win_back", "churn_warning")
        )


def night(soak: Soak, calendar: Calendar, number: int, before: dict) -> dict:
    """Run one night; return what is to be seen of it."""
    as_of = soak.shop.first + timedelta(days=number - 1)
    said = []
    if number in calendar.stopped:
        said.append("the feed is silent")
    else:
        soak.export(as_of, renamed=number == calendar.renamed)
    if number == calendar.stopped.stop:
        said.append("the late files come")
        for back in range(len(calendar.stopped)):
            soak.export(as_of - timedelta(days=back + 1), late=True)
    if number == calendar.renamed:
        said.append("a column is renamed")
        kept = soak.lists()
        code, _, _ = soak.command("score", as_of)
        soak.demand(code == 3, f"night {number}: a renamed column ends with {code}, not 3")
        soak.demand(
            soak.lists() == kept, f"night {number}: the lists are no longer the last good ones"
        )
        soak.export(as_of)
    if number == calendar.doubled:
        said.append("a file comes twice")
        files = sorted((soak.folder / "export").glob("*.csv"))
        shutil.copy(files[-2], files[-2].with_name(f"{files[-2].stem}_again.csv"))
    steps = ("run", "alerts") if number % RETRAIN_EVERY == 1 else STEPS
    spent, peak = 0.0, 0
    for step in steps:
        if number in calendar.killed and step in (calendar.killed[number], "run"):
            said.append(f"{step} is killed")
            soak.command(step, as_of, kill=True)
            code, _, _ = soak.command("verify", as_of)
            soak.demand(code == 0, f"night {number}: after a kill `verify` ends with {code}")
        code, seconds, memory = soak.command(step, as_of)
        soak.demand(code == 0, f"night {number}: {step} ends with {code}")
        spent, peak = spent + seconds, max(peak, memory)
    return seen(soak, number, as_of, before) | {
        "fault": ", ".join(said), "seconds": round(spent, 1), "peak_mb": peak // 2**20,
    }  # fmt: skip


def seen(soak: Soak, number: int, as_of: date, before: dict) -> dict:
    """Measure what a night left."""
    manifest = json.loads(soak.result("manifest.json").read_text(encoding="utf-8"))
    scores = pd.read_parquet(soak.result("scores.parquet"), columns=["customer_id", "tier"])
    tiers = scores.set_index("customer_id")["tier"]
    row = {"night": number, "as_of": as_of, "customers": len(scores)}
    for name in ("win_back", "churn_warning"):
        listed = set(pd.read_parquet(soak.result(f"{name}.parquet"))["customer_id"])
        earlier = before.get(name, listed)
        together = len(listed | earlier)
        row[f"{name}_new"] = len(listed - earlier) / together if together else 0.0
        before[name] = listed
    both = tiers.index.intersection(before.get("tiers", tiers).index)
    row["tiers_moved"] = float((tiers[both] != before.get("tiers", tiers)[both]).mean())
    before["tiers"] = tiers
    for role, model in manifest["models"].items():
        row[f"{role}_version"] = model["version"]
    alerts = json.loads(soak.result("alerts.json").read_text(encoding="utf-8"))["alerts"]
    row["alerts"] = sum(alert["status"] == "firing" for alert in alerts)
    row["store_mb"] = (
        sum(f.stat().st_size for f in (soak.folder / "models").rglob("*") if f.is_file()) / 1e6
    )
    row["results_mb"] = (
        sum(
            f.lstat().st_size
            for f in (soak.folder / "outputs").rglob("*")
            if f.is_file() and not f.is_symlink()
        )
        / 1e6
    )
    return row


def main() -> None:
    """Run the nights; write what was seen, and fail where something did not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nights", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--online-retail", type=Path, default=os.environ.get("ONLINE_RETAIL"))
    parser.add_argument("--out", type=Path, default=Path("outputs/soak.csv"))
    options = parser.parse_args()
    draw = random.Random(options.seed)
    if options.online_retail:
        shop = online_retail(Path(options.online_retail), options.nights)
    else:
        print("no ONLINE_RETAIL in the environment: the nights are those of CDNOW's tenth sample")
        shop = cdnow_tenth(options.nights)
    calendar = Calendar.drawn(options.nights, draw)
    rows: list[dict] = []
    with tempfile.TemporaryDirectory(prefix="winback-soak-") as folder:
        soak, before = Soak(shop, Path(folder), draw), {}
        for day in sorted(shop.days):
            if day < shop.first:
                soak.export(day)
        for number in range(1, options.nights + 1):
            rows.append(night(soak, calendar, number, before))
            options.out.parent.mkdir(parents=True, exist_ok=True)
            pd.DataFrame(rows).to_csv(options.out, index=False)
            print(" ".join(f"{key}={value}" for key, value in rows[-1].items()), flush=True)
        shutil.copy(soak.folder / "log.txt", options.out.with_suffix(".log"))
    sys.exit(f"{len(soak.faults)} faults" if soak.faults else 0)


if __name__ == "__main__":
    main()
