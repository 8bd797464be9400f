"""Make level.md: what the level makes of totals on drawn shops whose demand moves in known ways.

python docs/measure_level.py [--shops 20]    # of each kind; minutes
"""  # noqa: INP001

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from winback.data.intake import read_transactions
from winback.evaluation.contest import choose_value
from winback.evaluation.forward import value_forward
from winback.evaluation.past import Past
from winback.evaluation.value_candidates import VALUE_CANDIDATES
from winback.evaluation.value_judged import levelled
from winback.evaluation.windows import Window

MODEL = "modified_beta_geo+gamma_gamma_all"
FIRST, HORIZON = date(2020, 1, 1), 91
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


def judge(curve: Curve, seed: int) -> dict[str, float]:
    """Return the logarithms that the total misses by, and whether the intervals hold it."""
    frame, as_of = shop(curve, seed)
    window = Window(as_of, as_of + timedelta(days=HORIZON))
    past = Past(read_transactions(frame), window.until)
    recipes = {MODEL: VALUE_CANDIDATES[MODEL]}
    known = past.at(as_of)
    choice = choose_value(known, horizon_days=HORIZON, candidates=recipes, n_replicates=20)
    level = choice["revenue"].level
    at_level = levelled(recipes, level, {MODEL})
    test = value_forward(past, at_level, window, with_totals=[MODEL])["revenue"]
    total, bounds = float(test.actual.sum()), test.totals[MODEL]
    missed = float(np.log(total / test.predicted()[MODEL].sum()))
    return {
        "without": missed + level.shift,
        "with": missed,
        "held": bounds["low_80"] <= total <= bounds["high_80"],
        "near": abs(np.expm1(missed)) <= 0.2,
        "near_without": abs(np.expm1(missed + level.shift)) <= 0.2,
    }


def main(shops: int) -> None:
    """Judge the shops, and write the page as they come."""
    lines = []
    for name, curve in KINDS.items():
        found = pd.DataFrame([judge(curve, seed) for seed in range(shops)])
        without, with_ = (float(np.sqrt((found[of] ** 2).mean())) for of in ("without", "with"))
        shares = (found[of].mean() for of in ("near_without", "near", "held"))
        cells = [name, f"{without:.3f}", f"{with_:.3f}", *(f"{share:.0%}" for share in shares)]
        lines.append(f"| {' | '.join(cells)} |")
        print(lines[-1], flush=True)  # noqa: T201 - a person waits
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
{chr(10).join(lines)}

{chr(10).join(f"* {kind}" for kind in kinds)}
""",
        encoding="utf-8",
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shops", type=int, default=20)
    main(parser.parse_args().shops)
