"""Make docs/value_rule.md: does the champion rule choose well, on shops whose future is known."""  # noqa: INP001

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd

from winback.data.intake import read_transactions
from winback.data.simulate import simulate
from winback.evaluation.contest import choose_value
from winback.evaluation.forward import value_forward
from winback.evaluation.metrics import value_metrics
from winback.evaluation.value_candidates import LITERATURE, VALUE_CANDIDATES
from winback.evaluation.windows import Window

PAGE = Path(__file__).with_name("value_rule.md")
FIRST, AS_OF, HORIZON, DAYS = date(2023, 1, 1), date(2024, 9, 30), 120, 800
CLOSE = 0.02
COLUMNS = {
    "customer_id": "buyer",
    "timestamp": "ordered_at",
    "amount": "paid",
    "order_id": "order_no",
}
ALWAYS = {"always BG/NBD": LITERATURE, "always LightGBM": "lightgbm_tweedie"}


def judge_shop(customers: int, seed: int, *, drift: bool, dropout: bool) -> dict[str, object]:
    """Choose at `AS_OF`, and look at what then happened."""
    with tempfile.TemporaryDirectory() as name:
        simulate(
            Path(name), customers=customers, seed=seed, first_day=FIRST, days=DAYS,
            drift=drift, dropout=dropout,
        )  # fmt: skip
        transactions = read_transactions(
            Path(name) / "transactions.parquet",
            columns=COLUMNS,
            refunds="by_order",
            deduplicate=True,
            not_after=FIRST + timedelta(days=DAYS),
        )
        begin = perf_counter()
        choice = choose_value(transactions, as_of=AS_OF, horizon_days=HORIZON)["revenue"]
        seconds = perf_counter() - begin
        window = Window(AS_OF, AS_OF + timedelta(days=HORIZON))
        test = value_forward(transactions, VALUE_CANDIDATES, window)["revenue"]
    loss = {}
    for model, predicted in test.predicted().items():
        m = value_metrics(test.actual, predicted)
        loss[model] = np.log([m["mae"], m["rmse"], 1 - m["gini"]]).mean()
    best = min(loss, key=loss.__getitem__)
    regret = {model: value - loss[best] for model, value in loss.items()}
    found: dict[str, object] = {
        "customers": len(test.actual), "drift": drift, "dropout": dropout, "seed": seed,
        "chosen": choice.name, "best in hindsight": best, "seconds": seconds,
        "the rule": regret[choice.name],
    }  # fmt: skip
    for name, model in ALWAYS.items():
        found[name] = regret.get(model, regret[LITERATURE])  # too few customers to learn from
    real = [value for model, value in regret.items() if model != "zero"]
    found["a coin"], found["coin close"] = np.mean(real), np.mean(np.array(real) <= CLOSE)
    return found


def main(sizes: Sequence[int], seeds: Sequence[int]) -> None:
    """Judge every shop, and write the page as it grows."""
    found = []
    for size, drift, dropout, seed in product(sizes, (True, False), (True, False), seeds):
        found.append(judge_shop(size, seed, drift=drift, dropout=dropout))
        _write(pd.DataFrame(found), sizes, seeds)  # what is known so far, should it be stopped


def _write(rows: pd.DataFrame, sizes: Sequence[int], seeds: Sequence[int]) -> None:
    policies = ["the rule", *ALWAYS, "a coin"]
    given = (" ".join(map(str, values)) for values in (sizes, seeds))
    command = "python docs/make_value_rule.py --sizes {} --seeds {}".format(*given)
    lines = [
        "# The rule for value, judged on simulated shops\n",
        f"Each shop (`winback.data.simulate`, with a season) is cut at {AS_OF}; the rule chooses",
        f"from what is known, and revenue of the {HORIZON} days after it says which candidate was",
        "best in hindsight. Loss is the geometric mean of MAE, RMSE and 1 - Gini. A coin takes any",
        "candidate but zero. Made by\n",
        "```sh",
        command,
        "```\n",
        f"| {len(rows)} shops | within {CLOSE:.0%} of the best | mean excess loss | largest |",
        "|---|--:|--:|--:|",
    ]
    for policy in policies:
        excess = rows[policy].astype(float)
        close = rows["coin close"].mean() if policy == "a coin" else (excess <= CLOSE).mean()
        mean, most = np.expm1([excess.mean(), excess.max()])
        lines.append(f"| {policy} | {close:.0%} | {mean:.1%} | {most:.1%} |")
    lines += [
        "",
        "| customers | drift | dropout | seed | chosen | excess | best in hindsight | contest, s |",
        "|--:|---|---|--:|---|--:|---|--:|",
    ]
    for row in rows.to_dict("records"):
        told = ["yes" if row[name] else "no" for name in ("drift", "dropout")]
        lines.append(
            f"| {row['customers']:,} | {' | '.join(told)} | {row['seed']} | {row['chosen']} | "
            f"{np.expm1(row['the rule']):.1%} | {row['best in hindsight']} | {row['seconds']:.0f} |"
        )
    PAGE.write_text("\n".join([*lines, ""]), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[300, 1000, 5000])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    arguments = parser.parse_args()
    main(arguments.sizes, arguments.seeds)
