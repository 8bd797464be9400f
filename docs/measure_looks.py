# ruff: noqa: INP001, T201 - a script beside what it is quoted in, that prints
"""Measure what the ledger's looks say of campaigns whose truth is known.

    python docs/measure_looks.py

Twelve waves of a campaign, half or a fifth left alone, over skewed spend: one customer in ten buys,
for a lognormal amount whose standard deviation is 1.3 times its mean. The looks are planned and
judged as the ledger does it. Without an effect: how often it says "works" or "harms", and how
often whoever reads every wave's 95% interval would. With the effect that was planned for: how often
it is shown. How long the interval is at the end, against that of one look. Prints the rows of the
tables in `docs/campaigns.md`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from winback.campaigns.looks import information_of
from winback.sequential import LOOKS, Plan

Floats = npt.NDArray[np.float64]

RATE, MEAN, CV = 0.10, 40.0, 1.3
WAVES = 15
GAIN = 0.02
CAMPAIGNS, CHUNK = 4000, 200
EFFECT = GAIN * MEAN
"""A gain of two points in the share that buys, in money a customer."""
SPREAD = RATE * MEAN**2 * (1 + CV**2) - (RATE * MEAN) ** 2
MIDDLE = (RATE + GAIN / 2) / RATE
"""With the gain more buy, so that spend spreads more."""


def spend(share: float, n: int, rng: np.random.Generator) -> Floats:
    """Draw what customers spend; shape (CHUNK, n)."""
    sigma = np.sqrt(np.log1p(CV**2))
    amount = rng.lognormal(np.log(MEAN) - sigma**2 / 2, sigma, (CHUNK, n))
    return np.where(rng.random((CHUNK, n)) < share, amount, 0.0)


def waves(n: int, gain: float, control: float, rng: np.random.Generator) -> tuple[Floats, ...]:
    """Sum up campaigns by wave and arm, control first: customers, spend, its squares, buyers."""
    left, sent = round(n * control), n - round(n * control)
    sizes, total, squares, buyers = [], [], [], []
    for _ in range(WAVES):
        arms = spend(RATE, left, rng), spend(RATE + gain, sent, rng)
        sizes.append(np.broadcast_to(np.array([left, sent], dtype="float64"), (CHUNK, 2)))
        total.append(np.stack([arm.sum(axis=1) for arm in arms], axis=-1))
        squares.append(np.stack([(arm**2).sum(axis=1) for arm in arms], axis=-1))
        buyers.append(sum((arm > 0).sum(axis=1) for arm in arms).astype("float64"))
    return tuple(np.stack(sums, axis=1) for sums in (sizes, total, squares, buyers))


def judge(sums: tuple[Floats, ...], plan: Plan) -> tuple[Floats, Floats, Floats]:
    """Judge each campaign at its looks.

    Returns
    -------
    side, ever, length
        1 or -1 where a look crosses; whether any wave's |z| exceeds 1.96; the interval at the end
        against the fixed one, missing where not all that was planned is known.
    """
    known = information_of(*sums)
    n, total, squares = (values.cumsum(axis=1) for values in sums[:3])
    variance = ((squares - total**2 / n) / (n - 1) / n).sum(axis=-1)
    apart = total / n
    z = (apart[..., 1] - apart[..., 0]) / np.sqrt(variance)
    fixed = norm.isf(0.025)
    side, length = np.zeros(len(z)), np.full(len(z), np.nan)
    for row, (information, scores) in enumerate(zip(known, z, strict=True)):
        due = plan.due(information)
        looked = information[due].tolist(), scores[due].tolist()
        side[row] = plan.judge(*looked)[1]
        judged = plan.judged(*looked)
        if judged and judged[-1]["fraction"] >= 1:
            length[row] = judged[-1]["boundary"] / fixed
    return side, (np.abs(z) > fixed).any(axis=1), length


def study(
    gain: float, control: float, *, campaigns: int = CAMPAIGNS, power: float = 0.8, seed: int = 0
) -> dict[str, float]:
    """Return how often campaigns are said to work or to harm, and how long intervals are."""
    rng = np.random.default_rng(seed)
    plan = Plan(EFFECT, power=power)
    wanted = plan.information * SPREAD * (MIDDLE if gain else 1.0)
    n = int(np.ceil(wanted / (control * (1 - control)) / LOOKS))
    chunks = [judge(waves(n, gain, control, rng), plan) for _ in range(max(1, campaigns // CHUNK))]
    side, ever, length = (np.concatenate(parts) for parts in zip(*chunks, strict=True))
    return {
        "customers": n * WAVES,
        "works": float((side > 0).mean()),
        "harms": float((side < 0).mean()),
        "ever": float(ever.mean()),
        "length": float(np.nanmedian(length)),
        "ended": float(np.isfinite(length).mean()),
    }


def main() -> None:
    """Print the rows."""
    print(f"{LOOKS} looks, {CAMPAIGNS:,} campaigns a row")
    for control in (0.5, 0.2):
        found = study(0.0, control)
        cells = [f"{found[name]:.1%}" for name in ("works", "harms", "ever")]
        print(f"| {control:.0%} | {' | '.join(cells)} | {found['length']:.3f} |")
    for power in (0.8, 0.9):
        for control in (0.5, 0.2):
            found = study(GAIN, control, power=power)
            print(
                f"| {control:.0%} | {power:.0%} | {found['works']:.1%} | {found['customers']:,} |"
            )


if __name__ == "__main__":
    main()
