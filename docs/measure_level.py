"""Make level.md: what the level makes of totals on drawn shops whose demand moves in known ways.

python docs/measure_level.py [--shops 20]    # of each kind; half an hour
"""  # noqa: INP001

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from winback.data.intake import read_transactions
from winback.evaluation.churn_forward import ChurnData, ChurnSettings, fit_churn
from winback.evaluation.contest import choose_value
from winback.evaluation.forward import value_forward
from winback.evaluation.interval_calibration import covered_at_random
from winback.evaluation.metrics import churn_metrics
from winback.evaluation.past import Past
from winback.evaluation.value_candidates import VALUE_CANDIDATES
from winback.evaluation.value_judged import interval_record, levelled
from winback.evaluation.windows import Window

MODEL = "modified_beta_geo+gamma_gamma_all"
FIRST, HORIZON = date(2020, 1, 1), 91
CHURN_OF = ("steady", "seasonal", "growing")
PAGE = Path(__file__).with_name("level.md")
Curve = Callable[[np.random.Generator, int], np.ndarray]


def steady(_: np.random.Generator, days: int) -> np.ndarray:
    """Let demand never move."""
    return np.zeros(days)


def drifting(chance: np.random.Generator, days: int) -> np.ndarray:
    """Let demand stray and come back, by a tenth to a third, over two to ten months."""
    spread, memory = chance.uniform(0.1, 0.35), np.exp(-1 / chance.uniform(60, 300))
    steps = chance.normal(0, spread * np.sqrt(1 - memory**2), days)
    steps[0] = chance.normal(0, spread) * (1 - memory)
    return pd.Series(steps).ewm(alpha=1 - memory, adjust=False).mean().to_numpy() / (1 - memory)


def seasonal(chance: np.random.Generator, days: int) -> np.ndarray:
    """Let one time of the year be 1.4 to 4 times as busy as the rest, a quarter long or less."""
    strength, peak = chance.uniform(0.35, 1.4), chance.uniform(0, 365)
    apart = (np.arange(days) - peak + 182.5) % 365 - 182.5
    return strength * np.exp(-((apart / chance.uniform(25, 60)) ** 2) / 2)


def growing(chance: np.random.Generator, days: int) -> np.ndarray:
    """Let customers buy ever more, or ever less: by up to .6 of a logarithm a year."""
    return chance.uniform(-0.6, 0.6) * np.arange(days) / 365


def broken(chance: np.random.Generator, days: int) -> np.ndarray:
    """Let demand step by .3 of a logarithm within the last 20 to 60 days that are known."""
    since = days - HORIZON - chance.integers(20, 60)
    return chance.choice([-0.3, 0.3]) * (np.arange(days) >= since)


KINDS: dict[str, Curve] = {
    kind.__name__: kind for kind in (steady, drifting, seasonal, growing, broken)
}


def shop(curve: Curve, seed: int) -> tuple[pd.DataFrame, date]:
    """Draw purchases of 400 to 4,000 customers over two to three years, and the days to come."""
    chance = np.random.default_rng(seed)
    n, known = int(np.exp(chance.uniform(np.log(400), np.log(4000)))), chance.integers(750, 1100)
    days = int(known) + HORIZON
    pace = np.r_[0.0, np.cumsum(np.exp(curve(chance, days)))]
    born = chance.integers(0, known, n)
    rate = chance.gamma(chance.uniform(0.6, 1.5), 1.0, n)
    rate *= chance.uniform(2, 8) / 365 / rate.mean()
    stays = chance.exponential(chance.uniform(150, 800) / chance.gamma(1.0, 1.0, n))
    gone = np.minimum(days, born + 1 + np.minimum(stays, days)).astype(int)
    orders = chance.poisson(rate * (pace[gone] - pace[np.minimum(born + 1, gone)]))
    who = np.repeat(np.arange(n), orders)
    clock = chance.uniform(pace[born + 1][who], np.maximum(pace[gone], pace[born + 1])[who])
    when = np.r_[born, np.searchsorted(pace, clock) - 1]
    who = np.r_[np.arange(n), who]
    frame = pd.DataFrame(
        {
            "customer_id": who.astype(str),
            "timestamp": pd.Timestamp(FIRST) + pd.to_timedelta(when, unit="D"),
            "amount": chance.gamma(2.0, chance.gamma(3.0, 10.0, n)[who] / 2),
        }
    )
    return frame, FIRST + timedelta(days=int(known) - 1)


def judge(kind: str, seed: int) -> dict[str, float]:
    """Return what the total misses by, and how intervals of it and of customers do."""
    frame, as_of = shop(KINDS[kind], seed)
    window = Window(as_of, as_of + timedelta(days=HORIZON))
    past = Past(read_transactions(frame), window.until)
    recipes = {MODEL: VALUE_CANDIDATES[MODEL]}
    choice = choose_value(past.at(as_of), horizon_days=HORIZON, candidates=recipes, n_replicates=20)
    level = choice["revenue"].level
    at_level = levelled(recipes, level, {MODEL})
    tests = value_forward(past, at_level, window, with_intervals=True, with_totals=[MODEL])
    test = tests["revenue"]
    total, bounds = float(test.actual.sum()), test.totals[MODEL]
    missed = float(np.log(total / test.predicted()[MODEL].sum()))
    found = {
        "without": missed + level.shift,
        "with": missed,
        "held": bounds["low_80"] <= total <= bounds["high_80"],
        "near": abs(np.expm1(missed)) <= 0.2,
        "near_without": abs(np.expm1(missed + level.shift)) <= 0.2,
    }
    for target, judged in tests.items():
        predicted = judged.predicted()[MODEL]
        ours, plain = (
            interval_record(judged, of[MODEL], predicted)
            for of in (judged.predictions, judged.unlevelled)
        )
        ends = [end for end in level.ends if end.target == target]
        shifts = {"revenue": level.shift, "purchases": level.purchase_shift}
        found[f"{target}_plain"] = ours["coverage_80"]
        found[f"{target}_score"] = np.log(ours["interval_score_80"] / plain["interval_score_80"])
        found[f"{target}_held"] = covered_at_random(
            past, recipes[MODEL], tests, target, shifts, ends, 0.8
        )
    return found | (churn(past, window) if kind in CHURN_OF else {})


def churn(past: Past, window: Window) -> dict[str, float]:
    """Return how a logistic regression's P(no purchase) does with the level and without."""
    recipe = {"estimator": "ChurnModel", "params": {"candidates": ("logistic",), "n_bootstrap": 10}}
    data = ChurnData(past.at(window.as_of), window, ChurnSettings())
    model = fit_churn(recipe, data, window)
    actual = past.outcomes(window, data.population["customer_id"])["churned"]
    shown = {"after": churn_metrics(actual, model.predict_proba(data.population)[:, 1])}
    model.level_shifts_ = {}
    shown["before"] = churn_metrics(actual, model.predict_proba(data.population)[:, 1])
    return {
        f"{metric}_{when}": of[metric] for when, of in shown.items() for metric in ("brier", "ece")
    }


def table(kind: str, found: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield the kind's line of each table."""
    without, with_ = (float(np.sqrt((found[of] ** 2).mean())) for of in ("without", "with"))
    shares = [f"{found[of].mean():.0%}" for of in ("near_without", "near", "held")]
    yield "totals", " | ".join([kind, f"{without:.3f}", f"{with_:.3f}", *shares])
    cells = [
        text
        for target in ("purchases", "revenue")
        for text in (
            f"{found[f'{target}_plain'].mean():.1%}",
            f"{found[f'{target}_held'].mean():.1%}",
            f"{np.expm1(found[f'{target}_score'].mean()):+.1%}",
        )
    ]
    yield "customers", " | ".join([kind, *cells])
    if "brier_after" in found:
        names = ("brier_before", "brier_after", "ece_before", "ece_after")
        better = (found["brier_after"] < found["brier_before"]).mean()
        cells = [f"{found[name].mean():.4f}" for name in names]
        yield "churn", " | ".join([kind, *cells, f"{better:.0%}"])


def main(shops: int) -> None:
    """Judge the shops, and write the page as they come."""
    lines: dict[str, list[str]] = {"totals": [], "customers": [], "churn": []}
    with ProcessPoolExecutor(2) as workers:
        for kind in KINDS:
            found = pd.DataFrame(list(workers.map(judge, [kind] * shops, range(shops))))
            for name, cells in table(kind, found):
                lines[name].append(f"| {cells} |")
                print(name, lines[name][-1], flush=True)  # noqa: T201 - a person waits
    rows = {name: "\n".join(of) for name, of in lines.items()}
    kinds = [
        f"**{name}**: {' '.join((kind.__doc__ or '').split())}" for name, kind in KINDS.items()
    ]
    PAGE.write_text(
        f"""# The level on drawn shops

Made by `python docs/measure_level.py --shops {shops}`: so many shops of each kind, 400 to 4,000
customers, two to three years of history, revenue of the next {HORIZON} days, by
`{MODEL}`. The error is the root mean square of log (actual / predicted total).

| demand | error without the level | with | within a fifth, without | with | 80% interval holds |
|---|---|---|---|---|---|
{rows["totals"]}

{chr(10).join(f"* {kind}" for kind in kinds)}

## Customers' intervals

Of 80%, for the same customers. *As they are*: the share of outcomes within. Whole numbers, and
revenue of customers most of whom will not return, cover more than is promised whatever one does.
*By their stretches*: an outcome that lies at an end counts in part, as the model's chances have it
(randomised coverage), at the level that was predicted. *Score*: the interval score, against
intervals that take the expected level for certain and their chances from the model as it is; below
0 is better.

| demand | purchases, as they are | stretches | score | revenue, as it is | stretches | score |
|---|---|---|---|---|---|---|
{rows["customers"]}

## Churn

P(no purchase within {HORIZON} days) of a logistic regression on its snapshots, those around a year
before among them, before and after the level moves it.

| demand | Brier score before | after | ECE before | after | better in |
|---|---|---|---|---|---|
{rows["churn"]}
""",
        encoding="utf-8",
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shops", type=int, default=20)
    main(parser.parse_args().shops)
