# ruff: noqa: INP001, T201 - a script beside what it is quoted in, that prints
"""Measure whether evidence of old campaigns should count less, where effects wander and where not.

    python docs/measure_age.py

Three years of campaigns, half of each left alone, over returns of 10%; a true gain around the prior
of two points that stays, wanders as a random walk, wears out, or breaks a year ago. What is
believed at the end is set beside the truth of the next quarter, with all evidence counted alike and
with evidence whose weight halves with age. Prints the rows of the table in
`docs/explanation/uplift.md`: the root mean squared error of the gain, in points.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from winback.estimators.uplift.hierarchy import posterior

Floats = npt.NDArray[np.float64]

PRIOR, SPREAD, BASE = 0.02, 0.02 / 3, 0.10
QUARTERS, SHOPS = 12, 400
CONTACTS = (300, 1500, 6000, 24_000)
HALF_LIVES = (np.inf, 8.0, 4.0, 2.0)
"""In quarters; infinity: all evidence counts alike."""
WORLDS = {
    "stays": 0.0,
    "wanders by a quarter of itself a year": 0.25,
    "wanders by a half of itself a year": 0.5,
    "wears out by half in three years": "wears out",
    "falls to half a year ago": "breaks",
}


def gains(world: float | str, rng: np.random.Generator) -> Floats:
    """Draw the true gain by quarter, the next one last; shape (shops, quarters + 1)."""
    start = np.maximum(rng.normal(PRIOR, SPREAD, (SHOPS, 1)), 0.0)
    quarters = np.arange(QUARTERS + 1)
    if world == "wears out":
        return start * 0.5 ** (quarters / QUARTERS)
    if world == "breaks":
        return start * np.where(quarters >= QUARTERS - 4, 0.5, 1.0)
    steps = rng.normal(0.0, float(world) * PRIOR / 2, (SHOPS, QUARTERS + 1))
    steps[:, 0] = 0.0
    return np.clip(start + steps.cumsum(axis=1), -BASE, 1 - BASE)


def errors(world: float | str, contacts: int, rng: np.random.Generator) -> dict[float, float]:
    """Return the root mean squared error of what is believed, by half-life."""
    truth, half = gains(world, rng), contacts // 2
    treated = rng.binomial(half, BASE + truth[:, :-1]) / half
    control = rng.binomial(half, BASE, (SHOPS, QUARTERS)) / half
    rates = [(half * rate + 1) / (half + 2) for rate in (treated, control)]
    variance = sum(rate * (1 - rate) for rate in rates) / half
    age = QUARTERS - 1 - np.arange(QUARTERS)
    found = {}
    for half_life in HALF_LIVES:
        weight = 0.5 ** (age / half_life)
        believed = [
            posterior(d, v / weight, prior=PRIOR).mean
            for d, v in zip(treated - control, variance, strict=True)
        ]
        found[half_life] = float(np.sqrt(np.mean((np.array(believed) - truth[:, -1]) ** 2)))
    return found


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    heads = ["all alike", *(f"half after {life / 4:g} years" for life in HALF_LIVES[1:])]
    print(f"| the true gain | contacts a quarter | {' | '.join(heads)} |")
    print("|---|--:|" + "--:|" * len(heads))
    for name, world in WORLDS.items():
        for contacts in CONTACTS:
            cells = [f"{100 * error:.2f}" for error in errors(world, contacts, rng).values()]
            print(f"| {name} | {contacts:,} | {' | '.join(cells)} |")
