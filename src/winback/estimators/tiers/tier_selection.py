"""How many tiers, and whether they are real: stability, separation, and a structureless reference.

A cut can be found in any data, and found again: k-means halves a single cloud in nearly the same
place each time. So two questions are asked. *Stability*: do refits on bootstrap samples cut the
same customers alike (mean adjusted Rand index; Hubert and Arabie 1985, Hennig 2007)? *Separation*:
are customers nearer to their own centre than to the next one (simplified silhouette; Rousseeuw
1987, Vendramin et al. 2010), and clearly more so than in clouds without clusters, cut the same way?
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score

from winback.estimators.tiers.tier_cuts import Cut, Floats, Ints, bic, learn

MAX_TIERS = 6
ROWS = 5_000
"""At most so many customers are looked at for any figure of this file."""

STABILITY_DRAWS = 10
STABLE = 0.7
"""Adjusted Rand index below which refits disagree so much that clusters are hardly real."""

REFERENCE_DRAWS = 19
"""Of each reference; beating the best of 19 is a Monte Carlo test at 5% (Besag and Diggle 1977)."""

AS_GOOD = {"kmeans": 0.05, "gaussian_mixture": 0.2}
"""The previous number of tiers is kept where it loses no more than this: a share of the silhouette,
or nats of log-likelihood per customer. A name that means something else every month is worse."""


class Separation(NamedTuple):
    """Simplified silhouette of a cut, and the highest one in data without clusters."""

    observed: float
    reference: float


def thin(points: Floats, rows: int = ROWS) -> Floats:
    """Return every so-manieth of the rows, at most `rows`."""
    return points[:: max(-(-len(points) // rows), 1)]


def stability(points: Floats, cut: Cut, method: str, seed: int) -> float:
    """Return the mean adjusted Rand index of refits on bootstrap samples with this cut."""
    k = len(cut.centers)
    if k < 2:
        return 1.0
    rng = np.random.default_rng(seed)
    rows = thin(points)
    ours = cut.assign(rows)
    scores = []
    for _ in range(STABILITY_DRAWS):
        drawn = rows[rng.integers(0, len(rows), len(rows))]
        if len(np.unique(drawn, axis=0)) < k:
            continue
        refit = learn(drawn, k, method, seed, n_init=3 if method == "kmeans" else 1)
        scores.append(agreement(ours, refit.assign(rows)))
    return float(np.mean(scores)) if scores else 1.0


def agreement(first: Ints, second: Ints) -> float:
    """Return the adjusted Rand index of two cuts of the same customers; 1 is the same cut."""
    return float(adjusted_rand_score(first, second))


def silhouette(points: Floats, labels: Ints) -> float:
    """Return the mean simplified silhouette: ``(b - a) / max(a, b)``, distances to centres.

    a is the distance to the own centre, b to the nearest other one (Vendramin et al. 2010, s. 3).

    Examples
    --------
    >>> round(silhouette(np.array([[0.0], [2.0], [20.0], [22.0]]), np.array([0, 0, 1, 1])), 3)
    0.95
    """
    present = np.unique(labels)
    if len(present) < 2:
        return 0.0
    centers = np.array([points[labels == label].mean(axis=0) for label in present])
    distance = np.sqrt(((points[:, None, :] - centers[None, :, :]) ** 2).sum(axis=2))
    own = np.searchsorted(present, labels)[:, None]
    a = np.take_along_axis(distance, own, axis=1)[:, 0]
    np.put_along_axis(distance, own, np.inf, axis=1)
    b = distance.min(axis=1)
    widest = np.maximum(a, b)
    return float(np.mean(np.divide(b - a, widest, out=np.zeros_like(a), where=widest > 0)))


def separation(
    points: Floats, k: int, seed: int, *, skewed: Callable[[np.random.Generator], Floats] | None
) -> Separation:
    """Compare how far apart k clusters are with what k-means finds in data without clusters.

    References of as many points are each drawn `REFERENCE_DRAWS` times: one Gaussian with the
    points' covariance (Liu et al. 2008), a uniform box along their principal axes (Tibshirani,
    Walther and Hastie 2001, s. 3), and one skewed population without segments
    (`winback.estimators.tiers.one_population`). All are cut in the same way.

    Parameters
    ----------
    points
        Standardised, shape (n, columns).
    k
        How many clusters.
    seed
        Of draws and starts.
    skewed
        Draws points of one fitted population, standardised. None: it could not be fitted.
    """
    rows = thin(points)
    if k < 2 or len(rows) <= k:
        return Separation(0.0, 0.0)

    def value(data: Floats) -> float:
        return silhouette(data, learn(data, k, "kmeans", seed, n_init=3).assign(data))

    rng = np.random.default_rng(seed)
    centered = rows - rows.mean(axis=0)
    spread, axes = np.linalg.svd(centered, full_matrices=False)[1:]
    along = centered @ axes.T
    low, high = along.min(axis=0), along.max(axis=0)
    deviation = spread / np.sqrt(len(rows))
    reference = 0.0
    for _ in range(REFERENCE_DRAWS):
        gaussian = rng.normal(size=along.shape) * deviation
        uniform = rng.uniform(low, high, size=along.shape)
        clouds = [gaussian, uniform] if skewed is None else [gaussian, uniform, skewed(rng)]
        reference = max(reference, *map(value, clouds))
    return Separation(value(rows), reference)


def choose(
    points: Floats, method: str, seed: int, *, most: int, min_share: float, previous: int | None
) -> pd.DataFrame:
    """Compare 2 to `most` tiers and choose.

    ================ ===============================================================
    kmeans           highest simplified silhouette among the stable (`STABLE`) numbers
    gaussian_mixture lowest BIC (Fraley and Raftery 2002)
    ================ ===============================================================

    Only numbers whose smallest tier holds `min_share` of the customers are admitted. Where k-means
    is stable with none of these, the most stable one is taken; where none is admitted, the one with
    the largest smallest tier. The previous number is kept where it is admitted and as good
    (`AS_GOOD`).

    Returns
    -------
    DataFrame, index = tiers
        ``smallest_share``, ``silhouette``, ``stability``, ``bic`` (NaN under k-means),
        ``admitted``, ``chosen``.
    """
    rows = thin(points)
    compared = []
    for k in range(2, most + 1):
        if method == "kmeans":
            criterion, cut = np.nan, learn(rows, k, method, seed)
        else:
            criterion, cut = bic(rows, k, seed)
        labels = cut.assign(rows)
        compared.append(
            {
                "smallest_share": float(np.bincount(labels, minlength=k).min() / len(rows)),
                "silhouette": silhouette(rows, labels),
                "stability": stability(rows, cut, method, seed),
                "bic": criterion,
            }
        )
    table = pd.DataFrame(compared, index=pd.RangeIndex(2, most + 1, name="tiers"))
    table["admitted"] = table["smallest_share"] >= min_share
    loss, tolerated = _loss(table, method, len(rows))
    best = loss.index[int(loss.argmin())]
    if previous is not None and previous in loss.index:
        best = previous if loss[previous] <= loss[best] + tolerated else best
    return table.assign(chosen=table.index == best)


def _loss(table: pd.DataFrame, method: str, n: int) -> tuple[pd.Series[float], float]:
    """Return what is to be smallest, of the numbers that are in question, and what is a tie."""
    admitted = table[table["admitted"]]
    if admitted.empty:
        return -table["smallest_share"], 0.0
    if method == "gaussian_mixture":
        return admitted["bic"], 2 * n * AS_GOOD[method]  # BIC counts log-likelihood twice
    stable = admitted[admitted["stability"] >= STABLE]
    if stable.empty:
        return -admitted["stability"], 0.0
    return -stable["silhouette"], AS_GOOD[method] * float(stable["silhouette"].max())
