# ruff: noqa: INP001, T201 - a script beside what it writes to, no package
"""Print the figures of the card.

`ONLINE_RETAIL=… python models/churn/measure.py` prints those of the table. Any other split:

    python models/churn/measure.py cdnow 1997-12-31 90
    python models/churn/measure.py data/shop_3/transactions.parquet 2025-10-02 90

Everybody with a purchase is judged, at dates and horizons that no rule was made for. A source is
`cdnow`, `online_retail` (the file that ONLINE_RETAIL names) or what `winback simulate` wrote.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

import winback as wb
from winback.data.contracts import Transactions
from winback.evaluation.backtest import judge
from winback.evaluation.baseline_instead import baseline_instead
from winback.evaluation.bootstrap import bootstrap
from winback.evaluation.gate import BASELINES, evaluate_recipes
from winback.evaluation.windows import Window

SPLITS = {
    "CDNOW, 90 days": ("cdnow", date(1997, 9, 30), 90),
    "Online Retail, 90 days": ("online_retail", date(2011, 9, 10), 90),
    "Online Retail, 60 days": ("online_retail", date(2011, 10, 10), 60),
}
DRAWS = 500


@dataclass(frozen=True)
class Split:
    """What one look back found.

    Attributes
    ----------
    metrics
        A row a model: `auc, brier, ece`.
    chosen
        The model that training uses, from the past alone: what the contest chose, or the baseline
        that the gate showed to be better.
    against
        A row a metric and other model: the chosen model's value less the other's, with its 95%
        interval (paired customer bootstrap).
    """

    metrics: pd.DataFrame
    chosen: str
    against: pd.DataFrame


COLUMNS = {
    "online_retail": {
        "customer_id": "CustomerID",
        "timestamp": "InvoiceDate",
        "amount": "Quantity * UnitPrice",
    },
    "simulated": {
        "customer_id": "buyer",
        "timestamp": "ordered_at",
        "amount": "paid",
        "order_id": "order_no",
    },
}


def purchases(name: str) -> Transactions:
    """Return the purchases of a data set."""
    if name == "cdnow":
        return wb.read_transactions("sample:cdnow")
    if name == "online_retail":
        return wb.read_transactions(
            os.environ["ONLINE_RETAIL"],
            columns=COLUMNS["online_retail"],
            filter="CustomerID IS NOT NULL",
        )
    return wb.read_transactions(
        name,
        columns=COLUMNS["simulated"],
        policy=wb.IntakePolicy(timezone="Europe/Berlin", refunds="by_order", deduplicate=True),
    )


def measure(transactions: Transactions, as_of: date, days: int) -> Split:
    """Train at `as_of`, compare with what happened in the `days` after it."""
    window = Window(as_of, as_of + timedelta(days=days))
    churn = wb.ChurnSettings(None)
    settings = wb.BacktestSettings(churn=churn, n_replicates=1)
    found = judge(wb.Past(transactions, window.until), window, settings, targets=("churn",))
    records = pd.DataFrame(found.records).set_index("model")
    rows = found.predictions
    table = rows.pivot(index="customer_id", columns="model", values="predicted")  # noqa: PD010 - a key stands once
    actual = rows.drop_duplicates("customer_id").set_index("customer_id")["actual"]
    drawn = bootstrap(
        actual.reindex(table.index).to_numpy(),
        {str(name): table[name].to_numpy() for name in table},
        ("auc", "brier"),
        n_replicates=DRAWS,
        random_state=1,
    )
    instead = _baseline(wb.Past(transactions, as_of), days, churn)
    chosen = instead or str(records.index[records["chosen"]][0])
    against = []
    for other in table.columns.drop(chosen):
        for metric in ("auc", "brier"):
            gap = drawn.difference(chosen, str(other), metric)
            ends = (gap.estimate, gap.low, gap.high)
            if metric == "auc":  # the bootstrap speaks of losses, 1 - AUC
                ends = (-gap.estimate, -gap.high, -gap.low)
            against.append((metric, str(other), *ends))
    columns = ["metric", "other", "difference", "low", "high"]
    return Split(
        records[["n", "auc", "brier", "ece"]],
        chosen,
        pd.DataFrame(against, columns=columns).set_index(["metric", "other"]),
    )


def _baseline(past: wb.Past, days: int, churn: wb.ChurnSettings) -> str | None:
    """Return the baseline that takes the place of the contest's choice; None where none does."""
    recipes = {"challenger": {"estimator": "ChurnModel", "params": {}}, **BASELINES["churn"]}
    evidence = evaluate_recipes(past, recipes, horizon_days=days, churn=churn)
    names = tuple(BASELINES["churn"])
    instead = baseline_instead(evidence, challenger="challenger", baselines=names)
    return None if instead is None else instead.name


def lines(splits: dict[str, tuple[str, date, int]]) -> Iterator[str]:
    """Word every split."""
    known: dict[str, Transactions] = {}
    for title, (name, as_of, days) in splits.items():
        if name not in known:
            known[name] = purchases(name)
        split = measure(known[name], as_of, days)
        yield f"\n{title}, {as_of}: used {split.chosen}"
        yield split.metrics.round(4).to_string()
        yield split.against.round(4).to_string()


if __name__ == "__main__":
    asked = SPLITS
    if len(sys.argv) > 1:
        source, day, days = sys.argv[1:]
        asked = {f"{source}, {days} days": (source, date.fromisoformat(day), int(days))}
    for line in lines(asked):
        print(line, flush=True)
