"""What comes after the cut-off judges tiers, and has no say in them."""

from dataclasses import replace
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from winback.data.connect import open_engine
from winback.data.intake import read_transactions
from winback.evaluation.past import Past
from winback.evaluation.tier_quality import tier_quality
from winback.evaluation.value_candidates import VALUE_CANDIDATES
from winback.evaluation.windows import Window

WINDOW = Window(date(1997, 12, 31), date(1998, 3, 31))
KNOWN_BEFORE = ("tier", "customers", "share", "revenue_before", "revenue_share", "arpu_before")


@pytest.fixture(scope="module")
def transactions():
    third = "CAST(customer_id AS INTEGER) % 3 = 0"
    return read_transactions("sample:cdnow-tenth", filter=third, engine=open_engine())


def rows_of(transactions):
    columns = ("customer_id", "day", "booked_on", "known_on", "amount")
    return transactions.table.select(*columns).to_pyarrow().to_pandas()


def with_rows(transactions, rows):
    table = pa.Table.from_pandas(rows, preserve_index=False)
    return replace(transactions, table=ibis.memtable(table))


def judged(transactions):
    return tier_quality(
        Past(transactions, date(1998, 6, 30)),
        WINDOW,
        tiers_recipe={"estimator": "ValueTiers", "params": {"n_tiers": "auto"}},
        value_recipe=VALUE_CANDIDATES["rate+own_mean"],
        churn_horizon_days=90,
    )


def before(quality):
    rows = [{name: row[name] for name in KNOWN_BEFORE} for row in quality["tiers"]]
    return rows, quality["concentration"]["before"], quality["note"]


def test_another_future_judges_the_same_tiers(transactions):
    rows = rows_of(transactions)
    past = rows[rows["day"] <= WINDOW.as_of]
    rng = np.random.default_rng(3)
    future = past.sample(500, random_state=3).assign(amount=rng.exponential(9000, 500))
    days = [WINDOW.as_of + timedelta(days=int(d)) for d in rng.integers(1, 90, 500)]
    future = future.assign(day=days, booked_on=days, known_on=days)
    late = future.assign(day=past["day"].iloc[:500].to_numpy())  # old days, heard of later
    other = with_rows(transactions, pd.concat([past, future, late]))
    real, changed = (judged(data) for data in (with_rows(transactions, rows), other))
    assert before(real) == before(changed)
    assert real["tiers"] != changed["tiers"]


def test_what_comes_after_the_window_changes_nothing(transactions):
    rows = rows_of(transactions)
    cut = rows[rows["known_on"] <= WINDOW.until]
    assert len(cut) < len(rows)
    assert judged(with_rows(transactions, cut)) == judged(with_rows(transactions, rows))


def test_a_change_of_the_past_would_be_seen(transactions):
    rows = rows_of(transactions)
    rows["amount"] = rows["amount"].where(rows["day"] > date(1997, 6, 30), rows["amount"] * 3)
    assert before(judged(with_rows(transactions, rows))) != before(judged(transactions))
