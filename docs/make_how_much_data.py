# ruff: noqa: INP001 - a script beside what it writes, no package
"""Measure how much data is enough, into `docs/how-to/how_much_data.md`.

Usage: python docs/make_how_much_data.py [--draws 10]

The table of the page is replaced; its words are written by hand.
"""

from __future__ import annotations

import argparse
import re
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

import winback as wb

PAGE = Path(__file__).parent / "how-to" / "how_much_data.md"
AS_OF, UNTIL = date(1997, 9, 30), date(1998, 6, 30)
SIZES = (50, 100, 200, 500, 1_000, 2_000, 5_000)
CHURN_SIZES = (200, 500, 1_000, 5_000)
WEEKS = (4, 8, 13, 26, 39)
AHEAD = 91
BELOW = "<!-- measured -->"


def purchases_after(purchases: object, customers: pd.DataFrame, until: date) -> pd.Series:
    """Return the purchase days of customers between their table's date and `until`."""
    later = wb.rfm_summary(purchases, until).set_index("customer_id")["frequency"]
    return customers["customer_id"].map(later) - customers["frequency"]


def by_customers(purchases: object, draws: int) -> list[str]:
    """Fit on few customers, predict all the others, compare with what they did."""
    rfm = wb.rfm_summary(purchases, AS_OF)
    actual = purchases_after(purchases, rfm, UNTIL)
    days = (UNTIL - AS_OF).days
    whole = wb.BetaGeoModel().fit(rfm).expected_purchases(rfm, days)
    rows = []
    for size in SIZES:
        ratios, errors, failed = [], [], 0
        for draw in range(draws):
            few = rfm.sample(size, random_state=draw)
            others = rfm.index.difference(few.index)
            try:
                expected = wb.BetaGeoModel().fit(few).expected_purchases(rfm.loc[others], days)
            except wb.WinbackError:
                failed += 1
                continue
            ratios.append(expected.sum() / whole[others].sum())
            best = (whole[others] - actual[others]).abs().mean()
            errors.append((expected - actual[others]).abs().mean() / best - 1)
        if not ratios:
            rows.append(f"| {size:,} | | | {failed} of {draws} |")
            continue
        low, high = np.quantile(ratios, [0.1, 0.9])
        told = f"{low:.2f} to {high:.2f} | {np.median(errors):+.1%}"
        rows.append(f"| {size:,} | {told} | {failed} of {draws} |")
    head = ["| customers | total, over that of all 23,570 | MAE | no fit |", "|--:|---|--:|--:|"]
    return [*head, *rows]


def by_weeks(purchases: object) -> list[str]:
    """Cut the history short, and compare with the next 13 weeks."""
    rows = []
    for weeks in WEEKS:
        as_of = date(1996, 12, 31) + timedelta(weeks=weeks)
        rfm = wb.rfm_summary(purchases, as_of)
        actual = purchases_after(purchases, rfm, as_of + timedelta(days=AHEAD))
        expected = wb.BetaGeoModel().fit(rfm).expected_purchases(rfm, AHEAD)
        ranks = np.corrcoef(expected.rank(), actual.rank())[0, 1]
        rows.append(
            f"| {weeks} | {len(rfm):,} | {expected.sum() / actual.sum():.2f} | {ranks:.2f} |"
        )
    head = ["| weeks | customers | predicted over actual | rank correlation |", "|--:|--:|--:|--:|"]
    return [*head, *rows]


def churn_by_customers(purchases: wb.Transactions, draws: int) -> list[str]:
    """Train the churn score on few customers, and rank the others by it."""
    judged = date(1998, 3, 31)
    described = {"horizon_days": 90, "count_zero": True}
    settings = described | {"gap_days": 0, "active_within_days": 180}
    dates = wb.snapshot_dates(
        first_day=date(1997, 1, 1), as_of=judged, horizon_days=90, gap_days=0,
        every_days=30, count=6, min_history_days=60,
    )  # fmt: skip
    known, later = (
        wb.training_table(
            wb.behaviour_table(purchases.table, snapshots, **described),
            purchases.table, snapshots, as_of=as_of, **settings,
        ).to_pyarrow().to_pandas()
        for snapshots, as_of in ((dates, judged), ([judged], judged + timedelta(days=90)))
    )  # fmt: skip
    labels = ["purchases", "revenue", "churned"]
    everybody = later["customer_id"]
    rows = []
    for size in CHURN_SIZES:
        aucs, chosen = [], []
        for draw in range(draws):
            few = set(everybody.sample(size, random_state=draw))
            train, test = known[known["customer_id"].isin(few)], later[~everybody.isin(few)]
            model = wb.ChurnModel(horizon_days=90).fit(train.drop(columns=labels), train["churned"])
            predicted = model.predict_frame(test.drop(columns=labels))["p_churn"]
            aucs.append(roc_auc_score(test["churned"], predicted))
            chosen.append(model.selected_)
        names = ", ".join(f"{name} {n}" for name, n in pd.Series(chosen).value_counts().items())
        rows.append(f"| {size:,} | {np.mean(aucs):.3f} | {min(aucs):.3f} | {names} |")
    head = ["| customers | AUC on the others, mean | lowest | chosen |", "|--:|--:|--:|---|"]
    return [*head, *rows]


def main() -> None:
    """Measure, and put the tables into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=10)
    draws = parser.parse_args().draws
    purchases = wb.read_transactions("sample:cdnow")
    tables = [
        by_customers(purchases, draws),
        by_weeks(purchases),
        churn_by_customers(purchases, max(draws // 3, 1)),
    ]
    parts = re.split(f"({BELOW}\n)(?:\n(?:\\|.*\n)+)?", PAGE.read_text(encoding="utf-8"))
    text = parts[0]
    for table, after in zip(tables, parts[2::2], strict=True):
        text += f"{BELOW}\n\n" + "\n".join(table) + "\n" + after
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
