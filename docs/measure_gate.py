"""Make gate.md: how often the gate swaps equal models, and lets better and worse ones in.

python docs/measure_gate.py    # four minutes of a processor
"""  # noqa: INP001

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from winback.evaluation.forward import ForwardTest
from winback.evaluation.gate import MAX_AGE_DAYS, GateEvidence, decide
from winback.evaluation.metrics import deviances
from winback.evaluation.windows import Window
from winback.messages import Message

PAGE = Path(__file__).with_name("gate.md")
DAYS, START = 90, date(2024, 1, 1)
MANY = "20,000 customers"
ERROR, REFIT = 0.5, 0.02  # of a rate: a model's own, and what a night's data move it by


def nights(
    customers: int, better: float, looks: int, every: int, seed: int, replicates: int = 200
) -> Iterator[bool]:
    """Look at two models again and again, over the last `DAYS`; yield whether they change places.

    Customers buy at rates of their own. Each model knows them up to an error, and is refitted for
    every look; the challenger is better by so large a part of the Poisson deviance. Whoever is
    refused challenges again.
    """
    rng = np.random.default_rng(seed)
    rate = rng.gamma(0.6, 1 / (0.6 * DAYS), customers)
    bought = rng.poisson(rate[:, None], (customers, DAYS + looks * every)).astype(np.int32)
    total = np.cumsum(np.c_[np.zeros(customers, np.int32), bought], axis=1)
    mean = rate * DAYS
    least = float(deviances(rng.poisson(np.tile(mean, 20)), np.tile(mean, 20), 1.0).mean())
    # an error of mean 1 and variance s^2 of the logarithm adds s^2 per purchase to the deviance
    worst = least + mean.mean() * ERROR**2
    spread = {"one": ERROR, "other": float(np.sqrt(((1 - better) * worst - least) / mean.mean()))}
    known = {name: _off(rng, s, customers) for name, s in spread.items()}
    champion, challenger, since = "one", "other", 0
    who = pd.Series(np.arange(customers).astype(str))
    for look in range(looks):
        day = look * every
        frames = {
            name: pd.DataFrame({"predicted": mean * off * _off(rng, REFIT, customers)})
            for name, off in known.items()
        }
        frames["rate"] = pd.DataFrame({"predicted": np.full(customers, mean.mean())})
        actual = (total[:, day + DAYS] - total[:, day]).astype(np.float64)
        as_of = START + timedelta(days=day)
        window = Window(as_of, as_of + timedelta(days=DAYS))
        test = ForwardTest(window, "purchases", who, actual, frames)
        decision = decide(
            GateEvidence("value", window, [test], Message.of("drawn")),
            challenger=challenger,
            champion=champion,
            baselines=["rate"],
            overdue=Message.of("old") if day - since > MAX_AGE_DAYS else None,
            n_replicates=replicates,
            random_state=look,
        )
        if decision.accepted:
            champion, challenger, since = challenger, champion, day
        yield decision.accepted


def _off(rng: np.random.Generator, spread: float, n: int) -> np.ndarray:
    return np.asarray(np.exp(rng.normal(-(spread**2) / 2, spread, n)))


def share(found: list[bool]) -> str:
    """Say in how many of the shops, and within what the share lies (95%, Clopper-Pearson)."""
    ends = binomtest(sum(found), len(found)).proportion_ci(0.95)
    return f"{sum(found)} of {len(found)}, a share within {ends.low:.0%} and {ends.high:.0%}"


def main(shops: int) -> None:
    """Draw the shops, and write the page."""
    swaps = [sum(nights(2000, 0.0, 100, 1, seed)) for seed in range(shops)]
    better = [any(nights(20_000, 0.05, 10, 7, seed, 100)) for seed in range(2 * shops)]
    worse = [any(nights(20_000, -0.05, 10, 7, seed, 100)) for seed in range(3 * shops)]
    mean, error = np.mean(swaps), np.std(swaps) / np.sqrt(shops)
    rows = [
        ("two equal models, 2,000 customers, 100 nights: at most 5 swaps", "all",
         share([n <= 5 for n in swaps])),
        ("the same: swaps on average, and at most", "",
         f"{mean:.1f} (standard error {error:.1f}), {max(swaps)}"),
        (f"better by 5%, {MANY}: in within 10 retrains", "9 of 10", share(better)),
        (f"worse by 5%, {MANY}: in within 10 retrains", "at most 5%", share(worse)),
    ]  # fmt: skip
    lines = "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows)
    PAGE.write_text(
        f"""# The gate, on drawn shops

Made by `python docs/measure_gate.py --shops {shops}`: so many shops of two equal models, twice as
many with a better challenger, and three times as many with a worse one. Customers buy at rates of
their own; two models know the rates up to an error, are refitted for every look, and are judged on
the last {DAYS} days. Whoever is refused challenges again, every night (equal models) or every week;
after {MAX_AGE_DAYS} days a champion is old. Better and worse are of the Poisson deviance. Shares
have their 95% interval (Clopper and Pearson 1934): so few shops settle no more than that.

| | asked | found |
|---|---|---|
{lines}
""",
        encoding="utf-8",
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shops", type=int, default=10)
    main(parser.parse_args().shops)
