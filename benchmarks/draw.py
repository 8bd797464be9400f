"""Draw a shop whose customers buy as BG/NBD says and spend as Gamma-Gamma says.

    python benchmarks/draw.py CUSTOMERS FOLDER

Parameters are those of the CDNOW sample in days (Fader, Hardie & Lee 2005; Fader & Hardie 2013).
Customers come in evenly over two years, so that histories differ much: that is harder on a fit
that groups equal histories than a cohort of twelve weeks. The folder gets ``orders_*.npy`` (one
row per order) and ``customers_*.npy`` (one per customer, on the day the two years end).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from terms import END

from winback.features.rfm import rfm_summary

R, ALPHA, A, B = 0.243, 4.414 * 7, 0.793, 2.426
P, Q, V = 6.25, 3.74, 15.44
DAYS = 730
FIRST = np.datetime64("2024-01-01")


def orders(n: int, seed: int = 7) -> pd.DataFrame:
    """Return all orders of n customers: ``customer_id``, ``date`` (a day) and ``amount``."""
    rng = np.random.default_rng(seed)
    rate, leave = rng.gamma(R, 1 / ALPHA, n), rng.beta(A, B, n)
    level = rng.gamma(Q, 1 / V, n)
    who, now = np.arange(n), rng.uniform(0, DAYS, n)
    parts = []
    while len(who):
        amount = np.maximum(rng.gamma(P, 1 / level[who]).round(2), 0.01)
        parts.append((who, now.astype(np.int64), amount))
        with np.errstate(divide="ignore", over="ignore"):
            now = now + rng.exponential(size=len(who)) / rate[who]
        # the first order ends no relation; any later one may
        stays = np.ones(len(who), bool) if len(parts) == 1 else rng.random(len(who)) > leave[who]
        kept = stays & (now < DAYS)
        who, now = who[kept], now[kept]
    who, day, amount = (np.concatenate(column) for column in zip(*parts, strict=True))
    mixed = rng.permutation(len(who))
    dates = (FIRST + day[mixed]).astype("datetime64[us]")
    return pd.DataFrame({"customer_id": who[mixed], "date": dates, "amount": amount[mixed]})


def main(n: int, folder: Path) -> None:
    """Write both tables, a file per column."""
    folder.mkdir(parents=True, exist_ok=True)
    table = orders(n)
    customers = rfm_summary(table, as_of=END)
    for name, frame in (("orders", table), ("customers", customers)):
        for column in frame.columns:
            np.save(folder / f"{name}_{column}.npy", frame[column].to_numpy())
    (folder / "rows.txt").write_text(f"{len(table)}\n", encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
