"""The mean uplift over campaigns that differ, with the prior kept: a hierarchical normal model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SPREAD = 1 / 3
"""Spread of the prior mean, as a share of the prior."""
CAMPAIGNS = 0.25
"""Scale of the campaigns' spread around the mean, likewise."""
FREEDOM = 4.0
"""Degrees of freedom of the prior: data that contradict it by far prevail."""
_MEANS, _SPREADS = 801, 31


@dataclass(frozen=True)
class Posterior:
    """What is believed of the mean uplift.

    Parameters
    ----------
    mean, sd
        Of the mean over campaigns: prior and data together.
    centre, error
        What the data alone say of it, and its standard error; missing and infinite without data.
    campaigns_sd
        How far campaigns stray from it, root mean square.
    """

    mean: float
    sd: float
    centre: float
    error: float
    campaigns_sd: float


def posterior(difference: npt.ArrayLike, variance: npt.ArrayLike, *, prior: float) -> Posterior:
    """Believe the campaigns' differences as far as they say more than the prior.

    ``d_j ~ N(theta_j, v_j)``, ``theta_j ~ N(mu, tau^2)``, mu Student's t around the prior, tau
    half-normal (Gelman, 2006, doi:10.1214/06-BA117A: with few campaigns it says that they may
    differ, without letting a single one say by how much). On a grid, without simulation.

    Parameters
    ----------
    difference, variance
        Of each campaign, shape (n,).
    prior
        The uplift assumed beforehand, above 0.

    Examples
    --------
    >>> nothing = posterior([], [], prior=0.02)
    >>> round(nothing.mean, 3), round(nothing.sd, 3), nothing.error
    (0.02, 0.009, inf)
    >>> little = posterior([0.06], [0.03**2], prior=0.02)
    >>> much = posterior([0.10], [0.002**2], prior=0.02)
    >>> round(little.mean, 3), round(little.centre, 3), round(much.mean, 3)
    (0.023, 0.06, 0.098)
    """
    d, v = np.asarray(difference, dtype="float64"), np.asarray(variance, dtype="float64")
    scale = SPREAD * prior
    taus = CAMPAIGNS * prior * np.linspace(0.0, 1.0, _SPREADS) ** 2 * 8
    ends = [prior - 25 * scale, prior + 25 * scale]
    if len(d):
        centre, error = _pooled(d, v)
        ends = [min(ends[0], centre - 8 * error), max(ends[1], centre + 8 * error)]
    # dense in the middle of either, the prior and the data
    t = np.sinh(np.linspace(-4.0, 4.0, _MEANS)) / np.sinh(4.0)
    half = max(prior - ends[0], ends[1] - prior)
    means = prior + half * t
    if len(d):
        means = np.union1d(means, centre + 8 * error * np.linspace(-1.0, 1.0, _MEANS))
    log = np.zeros((len(means), len(taus)))
    log += -0.5 * (FREEDOM + 1) * np.log1p(((means - prior) / scale) ** 2 / FREEDOM)[:, None]
    log += -0.5 * (taus / (CAMPAIGNS * prior)) ** 2
    for one, its in zip(d, v, strict=True):  # campaigns, not customers
        total = its + taus**2
        log += -0.5 * np.log(total) - 0.5 * (means[:, None] - one) ** 2 / total
    weight = np.exp(log - log.max()) * np.gradient(means)[:, None] * np.gradient(taus)
    weight /= weight.sum()
    of_mean = weight.sum(axis=1)
    mean = float(of_mean @ means)
    sd = float(np.sqrt(of_mean @ (means - mean) ** 2))
    tau2 = float(weight.sum(axis=0) @ taus**2)
    alone = _pooled(d, v + tau2) if len(d) else (float("nan"), float("inf"))
    return Posterior(mean, sd, *alone, campaigns_sd=float(np.sqrt(tau2)))


def _pooled(d: Floats, v: Floats) -> tuple[float, float]:
    weight = 1 / v
    return float(weight @ d / weight.sum()), float(1 / np.sqrt(weight.sum()))
