# ruff: noqa: INP001, T201 - a script beside what it is quoted in, that prints
"""Measure how far the uplift that is believed exceeds the truth, by prior and contacts.

    python docs/measure_prior.py

A true gain of one point over returns of 10%, one campaign, half of it left alone. Prints rows of
the table in `docs/explanation/uplift.md`: what is believed over what is true, where z exceeds 1.96;
what 12 campaigns that differ by a quarter make of it, and of how many shops their interval holds
the truth; and of how many "measured" is said at planned looks, with a prior twice the truth.
"""

from __future__ import annotations

import numpy as np

from winback.estimators.uplift.hierarchy import posterior
from winback.sequential import Plan

TRUTH, BASE = 0.01, 0.10
CONTACTS = (650, 1500, 3000, 12_000, 24_000, 48_000)
PRIORS = (0.5, 1.0, 1.5, 2.0)
SHOPS, ASKED, COVERED = 6000, 100, 1000


def exaggeration(prior: float, contacts: int, rng: np.random.Generator) -> float:
    """Return believed over true, mean over campaigns told apart from 0."""
    half = contacts // 2
    treated = rng.binomial(half, BASE + TRUTH, SHOPS) / half
    control = rng.binomial(half, BASE, SHOPS) / half
    variance = (treated * (1 - treated) + control * (1 - control)) / half
    difference = treated - control
    apart = np.flatnonzero(difference > 1.96 * np.sqrt(variance))[:ASKED]
    believed = [posterior([difference[i]], [variance[i]], prior=prior).mean for i in apart]
    return float(np.mean(believed)) / TRUTH


def pooled(
    prior: float, contacts: int, rng: np.random.Generator, *, campaigns: int = 12
) -> tuple[float, float]:
    """Spread the contacts over campaigns whose effects differ.

    Returns
    -------
    exaggeration, coverage
        Believed over true, mean over shops whose campaigns together are told apart from 0; and of
        how many of all shops the interval of the data holds the truth.
    """
    half = max(contacts // campaigns // 2, 1)
    effects = TRUTH + rng.normal(0, TRUTH / 4, (SHOPS, campaigns))
    treated = rng.binomial(half, BASE + effects) / half
    control = rng.binomial(half, BASE, (SHOPS, campaigns)) / half
    rate = (half * (treated + control) + 1) / (2 * half + 2)  # as the model has it: one for both
    variance, difference = 2 * rate * (1 - rate) / half, treated - control
    z = (difference / variance).sum(axis=1) / np.sqrt((1 / variance).sum(axis=1))
    apart = np.flatnonzero(z > 1.96)[:ASKED]
    believed = [posterior(difference[i], variance[i], prior=prior).mean for i in apart]
    found = [posterior(difference[i], variance[i], prior=prior) for i in range(COVERED)]
    held = [abs(each.centre - TRUTH) <= 1.96 * each.error for each in found]
    return float(np.mean(believed)) / TRUTH, float(np.mean(held))


def measured(prior: float, contacts: int, rng: np.random.Generator) -> float:
    """Return the share of shops told of a benefit at a planned look, counting every 50 contacts."""
    plan, so_far = Plan(prior), np.arange(50, contacts + 1, 50)
    information = so_far / 4 / (BASE * (1 - BASE))
    due = plan.due(information)
    half = so_far[due] / 2
    rates = [
        rng.binomial(25, rate, (SHOPS, len(so_far))).cumsum(axis=1)[:, due] / half
        for rate in (BASE + TRUTH, BASE)
    ]
    variance = sum(rate * (1 - rate) for rate in rates) / half
    z = (rates[0] - rates[1]) / np.sqrt(np.maximum(variance, 1e-9))
    told = [plan.judge(information[due].tolist(), list(shop)) for shop in z]
    return float(np.mean([look >= 0 and side > 0 for look, side in told]))


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    for factor in PRIORS:
        cells = [f"{exaggeration(factor * TRUTH, n, rng):.2f}" for n in CONTACTS]
        print(f"| {factor:g} x the truth | {' | '.join(cells)} |")
    several = [pooled(TRUTH, n, rng) for n in CONTACTS]
    print(f"| the truth, 12 campaigns | {' | '.join(f'{ratio:.2f}' for ratio, _ in several)} |")
    print(f"| the interval holds it | {' | '.join(f'{held:.1%}' for _, held in several)} |")
    for n in (650, 1500, 3000, 12_000):
        print(f"measured by {n:,} contacts: {measured(2 * TRUTH, n, rng):.1%}")
