# ruff: noqa: INP001 - a script beside what it writes, no package
"""Write a golden model of each kind: tiny, fitted on invented customers, with inputs and scores.

Run once at a release, `python models/golden/make.py`: it writes `models/golden/VERSION/` and
refuses where that folder exists. What a released version has written is never written again;
`tests/e2e/test_golden.py` holds every later version to its scores.
"""

from __future__ import annotations

import datetime as dt
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import winback as wb
from winback.estimators.base.artifact import to_files

if TYPE_CHECKING:
    from winback.data.contracts import Transactions

SEED = 20240101
CUSTOMERS = 600  # enough for every churn candidate to compete
SCORED = 40
FIRST_DAY = dt.date(2023, 1, 1)
AS_OF = dt.date(2024, 1, 1)
HORIZON_DAYS = 60
ACTIVE_WITHIN_DAYS = 180
RFM = ["customer_id", "frequency", "recency", "T", "monetary_value"]


def invented_purchases() -> pd.DataFrame:
    """Draw purchases of customers with a rate, a lifetime and a price level of their own."""
    rng = np.random.default_rng(SEED)
    rate = rng.gamma(0.9, 1 / 25, CUSTOMERS) + 0.004  # purchases a day
    lifetime = rng.exponential(250, CUSTOMERS)
    level = rng.gamma(6, 5, CUSTOMERS)
    start = rng.uniform(0, 240, CUSTOMERS)
    waits = rng.exponential(1 / rate[:, None], (CUSTOMERS, 120))
    waits[:, 0] = 0  # the first purchase opens the relation
    since = waits.cumsum(axis=1)
    customer, order = np.nonzero(since < np.minimum(lifetime, 366 - start)[:, None])
    days = (start[customer] + since[customer, order]).astype(int)
    return pd.DataFrame(
        {
            "customer_id": [f"invented-{i:03}" for i in customer],
            "timestamp": pd.Timestamp(FIRST_DAY) + pd.to_timedelta(days, unit="D"),
            "amount": rng.gamma(4, level[customer] / 4).round(2) + 0.01,
            "channel": rng.choice(["web", "shop"], len(customer)),
        }
    )


def scored_customers(transactions: Transactions) -> pd.DataFrame:
    """Describe some customers at `AS_OF` by every behaviour feature."""
    table = wb.behaviour_table(
        transactions.table, [AS_OF], count_zero=False, horizon_days=HORIZON_DAYS
    )
    everybody: pd.DataFrame = table.order_by("customer_id").to_pyarrow().to_pandas()
    return everybody.iloc[:: len(everybody) // SCORED].reset_index(drop=True)


def value_model(transactions: Transactions) -> wb.CustomerValueModel:
    """Fit BG/NBD and Gamma-Gamma."""
    model = wb.CustomerValueModel(horizon_days=HORIZON_DAYS, margin=0.3, n_draws=200)
    return model.fit(wb.rfm_summary(transactions, as_of=AS_OF))


def churn_model(transactions: Transactions) -> wb.ChurnModel:
    """Fit every churn candidate on three snapshots."""
    dates = wb.snapshot_dates(
        first_day=FIRST_DAY,
        as_of=AS_OF,
        horizon_days=HORIZON_DAYS,
        gap_days=0,
        every_days=60,
        count=3,
        min_history_days=90,
    )
    features = wb.behaviour_table(
        transactions.table, dates, count_zero=False, horizon_days=HORIZON_DAYS
    )
    table = wb.training_table(
        features,
        transactions.table,
        dates,
        as_of=AS_OF,
        horizon_days=HORIZON_DAYS,
        gap_days=0,
        active_within_days=ACTIVE_WITHIN_DAYS,
        count_zero=False,
    )
    train = table.to_pyarrow().to_pandas()
    features = train.drop(columns=["purchases", "revenue", "churned"])
    few = {"n_estimators": 25}  # trees are most of the file
    model = wb.ChurnModel(HORIZON_DAYS, contest=wb.ContestTerms(n_bootstrap=50), lightgbm=few)
    return wb.choose_churn(model, features, train["churned"])


def golden() -> dict[str, tuple[Any, pd.DataFrame, pd.DataFrame]]:
    """Fit all three: name to model, inputs and scores."""
    transactions = wb.read_transactions(invented_purchases())
    customers = scored_customers(transactions)
    value, churn = value_model(transactions), churn_model(transactions)
    everybody = wb.rfm_summary(transactions, as_of=AS_OF)
    everybody["clv"] = value.predict(everybody)["clv"]
    tiers = wb.ValueTiers().fit(everybody)
    rfm = customers[RFM]
    worth = value.predict_frame(rfm)
    risk = churn.predict_frame(customers).join(churn.candidate_probabilities(customers))
    valued = rfm.assign(clv=worth["clv"])
    return {
        "value": (value, rfm, worth),
        "churn": (churn, customers[["customer_id", *churn.input_columns_]], risk),
        "tiers": (tiers, valued, tiers.predict_frame(valued)),
    }


def main() -> int:
    """Write the folder of the installed version, unless there is one."""
    folder = Path(__file__).parent / version("winback")
    if folder.exists():
        sys.stderr.write(f"{folder} exists, and a golden version is never written again\n")
        return 1
    for name, (model, inputs, expected) in golden().items():
        (folder / name).mkdir(parents=True)
        for file, text in to_files(model).items():
            (folder / name / file).write_text(text, encoding="utf-8")
        inputs.to_csv(folder / name / "inputs.csv", index=False)
        expected.to_csv(folder / name / "expected.csv", index=False)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
