"""Make docs/value_rule.md: does the champion rule choose well, on shops whose future is known."""  # noqa: INP001

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

from winback.data.intake import read_transactions
from winback.data.policy import IntakePolicy
from winback.data.simulate import Parameters, simulate
from winback.evaluation.contest import choose_value
from winback.evaluation.forward import value_forward
from winback.evaluation.metrics import value_metrics
from winback.evaluation.past import Past
from winback.evaluation.value_candidates import LITERATURE, VALUE_CANDIDATES
from winback.evaluation.value_judged import levelled
from winback.evaluation.windows import Window

PAGE = Path(__file__).with_name("value_rule.md")
FOUND = Path("outputs/value_rule.jsonl")
FIRST, AS_OF, HORIZON, DAYS = date(2023, 1, 1), date(2024, 9, 30), 120, 800
CLOSE = 0.02
COLUMNS = {
    "customer_id": "buyer",
    "timestamp": "ordered_at",
    "amount": "paid",
    "order_id": "order_no",
}
ALWAYS = {"always BG/NBD": LITERATURE, "always LightGBM": "lightgbm_tweedie"}
TIME = """\
## Time

What candidates have in common is fitted once per cut-off. Beyond 50,000 customers the contest is
held among about so many, drawn by a digest of their names. On two cores it took 18 s on CDNOW
(23,570 customers), 7 s on Online Retail (4,362) and 29 s on a simulated shop of a million customers
(848,546 of them by its `as_of`), with 1.0 GB of memory for all that was read:

```sh
ONLINE_RETAIL=… python docs/measure_contest.py pipelines/online_retail.yaml
python docs/measure_contest.py pipelines/cdnow.yaml
winback simulate --customers 1000000 --out data/million
python docs/measure_contest.py data/million/simulated_shop.yaml
```
"""
Shop = tuple[int, int, bool, bool]  # customers, seed, drift, dropout


def judge_shop(shop: Shop) -> dict[str, Any]:
    """Choose at `AS_OF`, and look at what then happened."""
    customers, seed, drift, dropout = shop
    with tempfile.TemporaryDirectory() as name:
        simulate(
            Path(name), customers=customers, seed=seed, first_day=FIRST, days=DAYS,
            parameters=Parameters(drift=drift, dropout=dropout),
        )  # fmt: skip
        transactions = read_transactions(
            Path(name) / "transactions.parquet",
            columns=COLUMNS,
            policy=IntakePolicy(
                refunds="by_order", deduplicate=True, not_after=FIRST + timedelta(days=DAYS)
            ),
        )
        begin = perf_counter()
        window = Window(AS_OF, AS_OF + timedelta(days=HORIZON))
        past = Past(transactions, window.until)
        choice = choose_value(past.at(AS_OF), horizon_days=HORIZON)["revenue"]
        seconds = perf_counter() - begin
        test = value_forward(past, levelled(VALUE_CANDIDATES, choice.level, ()), window)["revenue"]
    loss = {}
    for model, predicted in test.predicted().items():
        m = value_metrics(test.actual, predicted)
        loss[model] = float(np.log([m["mae"], m["rmse"], 1 - m["gini"]]).mean())
    pooled = choice.table[choice.table["as_of"] == "pooled"].set_index("candidate")
    return {
        "shop": shop,
        "customers": len(test.actual),
        "chosen": choice.name,
        "seconds": seconds,
        "loss": loss,
        "level": choice.level.windows,
        "evidence": json.loads(pooled.to_json(orient="index")),
    }


def shops(sizes: list[int], seeds: list[int], large: list[int]) -> Iterator[Shop]:
    """Small shops of every kind and seed; of the large ones one with drift and one without."""
    for size, seed, drift, dropout in product(sizes, seeds, (True, False), (True, False)):
        yield size, seed, drift, dropout
    for size, drift in product(large, (True, False)):
        yield size, seeds[0], drift, True


def main(wanted: list[Shop], path: Path, command: str) -> None:
    """Judge the shops that are not judged yet, and write the page as they come."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    found: dict[Shop, dict[str, Any]] = {}
    for line in lines:
        row = json.loads(line)
        found[tuple(row["shop"])] = row
    for shop in wanted:
        if shop not in found:
            found[shop] = judge_shop(shop)
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(found[shop]) + "\n")
        _write([found[shop] for shop in wanted if shop in found], command)


def _excess(row: dict[str, Any]) -> dict[str, Any]:
    """Say by how much each policy lost more than the best in hindsight (logarithms)."""
    loss = row["loss"]
    best = min(loss, key=loss.__getitem__)
    regret = {model: value - loss[best] for model, value in loss.items()}
    customers, seed, drift, dropout = row["shop"]
    told: dict[str, Any] = {
        "size": customers, "customers": row["customers"], "drift": drift, "dropout": dropout,
        "seed": seed, "chosen": row["chosen"], "best in hindsight": best,
        "seconds": row["seconds"], "the rule": regret[row["chosen"]],
    }  # fmt: skip
    for name, model in ALWAYS.items():
        told[name] = regret.get(model, regret[LITERATURE])  # too few customers to learn from
    real = np.array([value for model, value in regret.items() if model != "zero"])
    told["a coin"], told["coin close"] = real.mean(), (real <= CLOSE).mean()
    return told


def _write(found: list[dict[str, Any]], command: str) -> None:
    rows = pd.DataFrame([_excess(row) for row in found])
    lines = [
        "# The rule for value, judged on simulated shops\n",
        f"Each shop (`winback.data.simulate`, with a season) is cut at {AS_OF}; the rule chooses",
        f"from what is known, and revenue of the {HORIZON} days after it says which candidate was",
        "best in hindsight. Loss is the geometric mean of MAE, RMSE and 1 - Gini; excess is by how",
        "much more a choice loses than the best in hindsight. A coin takes any candidate but zero;",
        "always LightGBM takes BG/NBD where there are too few customers to learn from. Made by\n",
        "```sh",
        command,
        "```\n",
        *_summary(rows, f"all {len(rows)} shops"),
        "Of the smallest shops, some 230 customers are known at the cut-off. Three windows of them",
        "tell hardly any two candidates apart: the rule keeps away from the bad ones, as a coin",
        "does not, but always taking BG/NBD is as good or better. From about a thousand on the",
        "rule is.\n",
    ]
    for name, part in (
        ("drift", rows[rows["drift"]]),
        ("no drift", rows[~rows["drift"]]),
        ("dropout", rows[rows["dropout"]]),
        ("no dropout", rows[~rows["dropout"]]),
        *((f"{size:,} drawn", part) for size, part in rows.groupby("size")),
    ):
        if len(part):
            lines += _summary(part, f"{name}, {len(part)} shops")
    lines += [
        "## Shop by shop\n",
        "| customers | drift | dropout | seed | chosen | excess | best in hindsight | contest, s |",
        "|--:|---|---|--:|---|--:|---|--:|",
    ]
    for row in rows.to_dict("records"):
        told = ["yes" if row[name] else "no" for name in ("drift", "dropout")]
        lines.append(
            f"| {row['customers']:,} | {' | '.join(told)} | {row['seed']} | {row['chosen']} | "
            f"{np.expm1(row['the rule']):.1%} | {row['best in hindsight']} | {row['seconds']:.0f} |"
        )
    PAGE.write_text("\n".join([*lines, "", TIME]), encoding="utf-8")


def _summary(rows: pd.DataFrame, title: str) -> list[str]:
    lines = [
        f"| {title} | within {CLOSE:.0%} of the best | mean excess loss | largest |",
        "|---|--:|--:|--:|",
    ]
    for policy in ("the rule", *ALWAYS, "a coin"):
        excess = rows[policy].astype(float)
        close = rows["coin close"].mean() if policy == "a coin" else (excess <= CLOSE).mean()
        mean, most = np.expm1([excess.mean(), excess.max()])
        lines.append(f"| {policy} | {close:.0%} | {mean:.1%} | {most:.1%} |")
    return [*lines, ""]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[300, 1500, 6000])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--large", type=int, nargs="*", default=[])
    parser.add_argument("--found", type=Path, default=FOUND, help="kept; judged shops are read")
    given = parser.parse_args()
    texts = (f"--{name} {' '.join(map(str, getattr(given, name)))}" for name in
             ("sizes", "seeds", "large") if getattr(given, name))  # fmt: skip
    main(
        list(shops(given.sizes, given.seeds, given.large)),
        given.found,
        f"python docs/make_value_rule.py {' '.join(texts)}",
    )
