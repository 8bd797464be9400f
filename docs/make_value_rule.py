"""Make value_rule.md: what the rule for value loses on drawn shops of many kinds (`KINDS`)."""  # noqa: INP001

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from drawn_shops import judge_all

from winback.data.contracts import Transactions
from winback.data.intake import read_transactions
from winback.data.policy import IntakePolicy
from winback.data.simulate import ShopParameters, simulate
from winback.evaluation.contest import choose_value
from winback.evaluation.forward import value_forward
from winback.evaluation.metrics import value_metrics
from winback.evaluation.past import Past
from winback.evaluation.value_candidates import VALUE_CANDIDATES
from winback.evaluation.value_losses import DEVIANCE, at_level
from winback.evaluation.windows import Window

PAGE, FOUND = Path(__file__).with_name("value_rule.md"), Path("outputs/value_rule.jsonl")
ALWAYS = {
    "always BG/NBD with Gamma-Gamma": "beta_geo+gamma_gamma",
    "always own rate so far": "rate+own_mean",
}
UNSEEN = 3  # shops of earlier seeds had a say in the rule
FIRST, HORIZONS = date(2021, 1, 1), (61, 91, 182)
COLUMNS = {
    "customer_id": "buyer",
    "timestamp": "ordered_at",
    "amount": "paid",
    "order_id": "order_no",
}
UNSEEN_SAID = [
    f"The rule was settled on shops of seeds below {UNSEEN}: those of this page had no say in it.\n"
]
TIME = """\
## Time

What candidates have in common is fitted once per cut-off. Beyond 50,000 customers the contest is
held among about so many, drawn by a digest of their names:

```sh
ONLINE_RETAIL=… python docs/measure_contest.py pipelines/online_retail.yaml
python docs/measure_contest.py pipelines/cdnow.yaml
winback simulate --customers 1000000 --out data/million
python docs/measure_contest.py data/million/simulated_shop.yaml
```
"""
Curve = Callable[[np.random.Generator, np.ndarray, int], np.ndarray]


@dataclass(frozen=True)
class Kind:
    """What a kind of shop is drawn from.

    Attributes
    ----------
    what
        In words.
    sizes
        Fewest and most customers drawn.
    truth
        What is other than by default; a pair is drawn between its ends.
    level
        Logarithm, at most 0, of the share of orders that are kept on each day, of the random
        numbers, the days and the number of days that are known: thinned, a Poisson process stays
        one.
    every
        Of each customer's orders every so-many-th is there, the first one too: regular gaps.
    """

    what: str
    sizes: tuple[int, int] = (150, 6000)
    truth: dict[str, Any] = field(default_factory=dict)
    level: Curve | None = None
    every: int = 1


def growing(chance: np.random.Generator, day: np.ndarray, known: int) -> np.ndarray:  # noqa: ARG001
    """Let ever more, or ever fewer, of the orders be there: up to .6 of a logarithm a year."""
    slope = chance.uniform(-0.6, 0.6) * day / 365
    return np.asarray(slope - slope.max())


def broken(chance: np.random.Generator, day: np.ndarray, known: int) -> np.ndarray:
    """Let demand step by a third to a half, up or down, in the last half year known."""
    step, since = chance.uniform(0.3, 0.7), known - chance.integers(20, 180)
    return np.asarray(-step * ((day >= since) == (chance.random() < 0.5)))


_CALM = {"season": False, "drift": False}
KINDS: dict[str, Kind] = {
    "stationary": Kind("demand never moves", truth=_CALM),
    "growing": Kind("demand grows, or falls, by up to .6 of a logarithm a year", (150, 6000),
                    _CALM, growing),
    "seasonal": Kind("a quarter is up to three times as busy as another, and the level strays",
                     truth={"months": (1, 1, 1, 1, 1, 1, 1, 1, 1.3, 2, 2.6, 3.0)}),
    "broken": Kind("demand steps by a third to a half in the last half year known", (150, 6000),
                   {"season": False}, broken),
    "one-timers": Kind("nine of ten never come back", (600, 8000),
                       {"r": (0.05, 0.12), "a": (1.0, 2.0)}),
    "heavy tails": Kind("a few wholesalers bring most of it", (150, 6000),
                        {"r": (0.25, 0.5), "q": (1.15, 1.6), "p": (1.0, 3.0)}),
    "frequent": Kind("households that buy some forty days a year", (150, 2500),
                     {"r": (1.0, 3.0), "alpha": (12.0, 25.0), "a": (0.2, 0.6), "b": (8.0, 20.0)}),
    "large": Kind("20,000 customers, as the simulated shop is", (20_000, 20_000)),
}  # fmt: skip


def draw(kind: str, seed: int, folder: Path) -> tuple[Transactions, date, int]:
    """Draw a shop into a folder: its rows, its `as_of`, and the horizon to be predicted."""
    of, chance = KINDS[kind], np.random.default_rng([seed, list(KINDS).index(kind)])
    customers = int(np.exp(chance.uniform(*np.log(of.sizes))))
    known = int(chance.integers(300, 1100)) if kind != "large" else 640
    horizon = int(chance.choice([days for days in HORIZONS if 3 * days <= known]))
    truth = {
        name: chance.uniform(*value) if name in {"r", "alpha", "a", "b", "q", "p"} else value
        for name, value in of.truth.items()
    }
    if kind == "seasonal":
        truth["months"] = tuple(np.roll(truth["months"], chance.integers(12)).tolist())
    simulate(
        folder, customers=customers, seed=seed, first_day=FIRST, days=known + horizon,
        parameters=ShopParameters(**truth),
    )  # fmt: skip
    path = folder / "transactions.parquet"
    if of.level is not None:
        rows = pq.read_table(path).to_pandas()
        first = rows.groupby("order_no")["ordered_at"].transform("min")
        day = (first - pd.Timestamp(FIRST)).dt.days.to_numpy()
        level = of.level(chance, np.arange(known + horizon), known)
        order = pd.factorize(rows["order_no"])[0]
        stays = np.random.default_rng(seed).random(order.max() + 1)[order]
        rows[stays < np.exp(level[np.clip(day, 0, known + horizon - 1)])].to_parquet(path)
    if of.every > 1:
        rows = pq.read_table(path).to_pandas()
        first = rows.groupby(["buyer", "order_no"])["ordered_at"].min().reset_index()
        first["place"] = first.sort_values("ordered_at").groupby("buyer").cumcount() % of.every
        rows[rows["order_no"].isin(first["order_no"][first["place"] == 0])].to_parquet(path)
    read = read_transactions(
        path,
        columns=COLUMNS,
        policy=IntakePolicy(
            refunds="by_order",
            deduplicate=True,
            not_after=FIRST + timedelta(days=known + horizon - 1),
        ),
    )
    return read, FIRST + timedelta(days=known - 1), horizon


def judge(kind: str, seed: int) -> list[dict[str, Any]]:
    """Let the rule choose at `as_of`, and set it beside every candidate in what then happened.

    Each candidate is at the level that the contest saw for it, the choice at the one it is used at.
    """
    with tempfile.TemporaryDirectory() as name:
        transactions, as_of, horizon = draw(kind, seed, Path(name))
        ahead = Window(as_of, as_of + timedelta(days=horizon))
        past = Past(transactions, ahead.until)
        choices = choose_value(past.at(as_of), horizon_days=horizon)
        tests = value_forward(past, VALUE_CANDIDATES, ahead)
    found = []
    for target, choice in choices.items():
        used = {**choice.shifts, choice.name: choice.level.shift}
        test = at_level(tests[target], used)
        scores = {
            model: value_metrics(test.actual, predicted)
            for model, predicted in test.predicted().items()
            if model != "zero"
        }
        row = {"kind": kind, "seed": seed, "target": target, "n": len(test.actual)}
        row |= {"days": horizon, "chosen": choice.name, "bias": scores[choice.name]["bias"]}
        for metric in ("rmse", DEVIANCE[target]):
            lost = {model: score[metric] for model, score in scores.items()}
            best = min(lost, key=lost.__getitem__)
            short = metric if metric == "rmse" else "deviance"
            row |= {short: lost[choice.name] / lost[best] - 1, f"best_{short}": best}
            row |= {f"{short}_{of}": lost[model] / lost[best] - 1 for of, model in ALWAYS.items()
                    if model in lost}  # fmt: skip
        found.append(row)
    return found


def page(rows: pd.DataFrame, first: int, seeds: int) -> str:
    """Write what was found, of so many shops of each kind."""
    judged, wanted = len(rows) // 2, seeds * len(KINDS)
    so_far = [] if judged == wanted else [f"So far {judged} of {wanted} shops are judged.\n"]
    lines = [
        "# The rule for value, judged on drawn shops\n",
        "Shops of eight kinds are drawn by `winback.data.simulate`. At the last day that is known",
        "the rule chooses a candidate, at the level that it is used at, and what happens next says",
        "by how much it loses more than the best of all candidates in hindsight, each at its own",
        "level: in RMSE, and in deviance (Poisson's for purchases, Tweedie's for revenue). The",
        "best in hindsight is another one for each score, and partly so by luck. Made by\n",
        "```sh",
        f"python docs/make_value_rule.py --first {first} --seeds {seeds}",
        "```\n",
        *(UNSEEN_SAID if first >= UNSEEN else []),
        *so_far,
        f"| {len(rows) // 2} shops | RMSE: median | 90th | deviance: median | 90th percentile |",
        "|---|--:|--:|--:|--:|",
    ]
    for target, part in rows.groupby("target"):
        lines.append(_line(f"**{target}, the rule**", part, "rmse", "deviance"))
        lines += [_line(f"{target}, {of}", part, f"rmse_{of}", f"deviance_{of}") for of in ALWAYS]
    lines += ["", "| kind | what | shops | RMSE: median | largest | deviance: median | largest |",
              "|---|---|--:|--:|--:|--:|--:|"]  # fmt: skip
    for kind, of in KINDS.items():
        part = rows[rows["kind"] == kind]
        cells = [
            f"{part[m].agg(how):.1%}" for m in ("rmse", "deviance") for how in ("median", "max")
        ]
        if len(part):
            lines.append(f"| {kind} | {of.what} | {len(part) // 2} | {' | '.join(cells)} |")
    names = ("kind", "customers", "days ahead", "chosen", "predicted / actual", "RMSE",
             "best in RMSE", "deviance", "best in deviance")  # fmt: skip
    lines += ["", "## Shop by shop, revenue\n", f"| {' | '.join(names)} |",
              "|---|--:|--:|---|--:|--:|---|--:|---|"]  # fmt: skip
    for row in rows[rows["target"] == "revenue"].to_dict("records"):
        lines.append(
            f"| {row['kind']} | {row['n']:,} | {row['days']} | {row['chosen']} | {row['bias']:.2f} "
            f"| {row['rmse']:.1%} | {row['best_rmse']} | {row['deviance']:.1%} "
            f"| {row['best_deviance']} |"
        )
    return "\n".join([*lines, "", TIME])


def _line(title: str, part: pd.DataFrame, *columns: str) -> str:
    cells = [f"{part[name].quantile(q):.1%}" for name in columns for q in (0.5, 0.9)]
    return f"| {title} | {' | '.join(cells)} |"


def write(judged: pd.DataFrame, first: int, seeds: int) -> None:
    """Write the page."""
    PAGE.write_text(page(judged, first, seeds), encoding="utf-8")


if __name__ == "__main__":
    judge_all(__doc__, KINDS, judge, write, found=FOUND, first=UNSEEN, seeds=6)
