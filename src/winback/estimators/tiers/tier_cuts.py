"""How customers are cut into tiers: nearest centre, mixture of Gaussians, or quadrants.

A cut is learned once; afterwards each customer is assigned alone. Every sum over columns is written
out, so that no prediction depends on the chunk or the order in which customers come.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

METHODS = ("kmeans", "gaussian_mixture")

WARM_START_LOSS = {"kmeans": 0.05, "gaussian_mixture": 0.1}
"""What the previous tiers' cut may cost before a new one is taken instead: a share of k-means'
inertia, or nats of log-likelihood per customer of a mixture (whose likelihood has many peaks)."""

REGULARISATION = 0.01
"""Added to the variances of a mixture, in squared standard deviations: purchases are counted in
whole days, and without it a component would shrink onto the customers who bought once."""


@dataclass(frozen=True)
class Cut:
    """Clusters, in the standardised space they were learned in.

    Parameters
    ----------
    centers : ndarray of shape (k, d)
    weights : ndarray of shape (k,), optional
        Of a mixture: the share of each component.
    precisions : ndarray of shape (k, d, d), optional
        Of a mixture: upper triangular factors P of the precision matrices, ``P P'``.
    """

    centers: Floats
    weights: Floats | None = None
    precisions: Floats | None = None

    def assign(self, points: Floats) -> Ints:
        """Return the cluster of each row, shape (n,).

        The nearest centre; under a mixture the component of the highest posterior probability
        (Bishop 2006, eq. 9.23).

        Examples
        --------
        >>> Cut(np.array([[0.0], [10.0]])).assign(np.array([[1.0], [7.0]]))
        array([0, 1])
        """
        if self.weights is None or self.precisions is None:
            return np.asarray(self._squared_distances(points).argmin(axis=1), dtype=np.int64)
        diagonal = np.diagonal(self.precisions, axis1=1, axis2=2)
        score = (
            np.log(self.weights) + np.log(diagonal).sum(axis=1) - 0.5 * self._mahalanobis(points)
        )
        return np.asarray(score.argmax(axis=1), dtype=np.int64)

    def reorder(self, order: Ints) -> Cut:
        """Return the same cut with its clusters in this order."""
        weights = None if self.weights is None else self.weights[order]
        precisions = None if self.precisions is None else self.precisions[order]
        return Cut(self.centers[order], weights, precisions)

    def _squared_distances(self, points: Floats) -> Floats:
        distance = np.zeros((len(points), len(self.centers)))
        for column in range(points.shape[1]):
            distance += (points[:, column, None] - self.centers[None, :, column]) ** 2
        return distance

    def _mahalanobis(self, points: Floats) -> Floats:
        assert self.precisions is not None  # noqa: S101 - only mixtures come here
        total = np.zeros((len(points), len(self.centers)))
        for column in range(points.shape[1]):
            scaled = np.zeros_like(total)
            for row in range(column + 1):  # upper triangular
                away = points[:, row, None] - self.centers[None, :, row]
                scaled += away * self.precisions[None, :, row, column]
            total += scaled**2
        return total


def learn(points: Floats, k: int, method: str, seed: int, *, n_init: int = 10) -> Cut:
    """Cut the points into k clusters, from fresh starts."""
    if method == "kmeans" or k == 1:  # a mixture of one is not worth its covariance
        return Cut(np.asarray(_kmeans(points, k, seed, n_init=n_init).cluster_centers_))
    return _cut_of(_mixture(points, k, seed, n_init=min(n_init, 3)))


def learn_after(points: Floats, previous: Cut, method: str, seed: int) -> Cut:
    """Cut the points as they were cut before, unless a fresh start is clearly better.

    The previous clusters are one more start; what is reached from there is kept unless a fresh
    start beats it by more than `WARM_START_LOSS`.
    """
    k = len(previous.centers)
    if method == "kmeans" or k == 1:
        fresh = _kmeans(points, k, seed)
        warm = _kmeans(points, k, seed, init=previous.centers, n_init=1)
        keeps = warm.inertia_ <= (1.0 + WARM_START_LOSS[method]) * fresh.inertia_
        return Cut(np.asarray((warm if keeps else fresh).cluster_centers_))
    fresh = _mixture(points, k, seed)
    warm = _mixture(points, k, seed, start=previous, n_init=1)
    keeps = warm.score(points) >= fresh.score(points) - WARM_START_LOSS[method]
    return _cut_of(warm if keeps else fresh)


def bic(points: Floats, k: int, seed: int) -> tuple[float, Cut]:
    """Return the Bayesian information criterion of a mixture of k components, and the mixture."""
    mixture = _mixture(points, k, seed)
    return float(mixture.bic(points)), _cut_of(mixture)


def rescaled(cut: Cut, location: Floats, scale: Floats, new: tuple[Floats, Floats]) -> Cut:
    """Return a cut as it stands in the space of another location and scale."""
    new_location, new_scale = new
    centers = (cut.centers * scale + location - new_location) / new_scale
    if cut.precisions is None:
        return Cut(centers)
    # x = D x' + const with D diagonal: the factor of the precision takes D from the left
    stretch = new_scale / scale
    return Cut(centers, cut.weights, cut.precisions * stretch[None, :, None])


def _kmeans(
    points: Floats, k: int, seed: int, *, init: Floats | None = None, n_init: int = 10
) -> KMeans:
    start = "k-means++" if init is None else init
    with warnings.catch_warnings():  # fewer distinct points than clusters: empty tiers are told
        warnings.simplefilter("ignore", ConvergenceWarning)
        return KMeans(n_clusters=k, init=start, n_init=n_init, random_state=seed).fit(points)


def _mixture(
    points: Floats, k: int, seed: int, *, start: Cut | None = None, n_init: int = 3
) -> GaussianMixture:
    given: dict[str, Floats] = {}
    if start is not None:
        given["means_init"] = start.centers
    if start is not None and start.weights is not None and start.precisions is not None:
        given["weights_init"] = start.weights / start.weights.sum()
        given["precisions_init"] = start.precisions @ start.precisions.transpose(0, 2, 1)
    with warnings.catch_warnings():  # EM that still creeps after 200 steps is a usable cut
        warnings.simplefilter("ignore", ConvergenceWarning)
        return GaussianMixture(
            k, reg_covar=REGULARISATION, n_init=n_init, max_iter=200, random_state=seed, **given
        ).fit(points)


def _cut_of(mixture: GaussianMixture) -> Cut:
    return Cut(
        np.asarray(mixture.means_),
        np.asarray(mixture.weights_),
        np.asarray(mixture.precisions_cholesky_),
    )


@dataclass(frozen=True)
class Quadrants:
    """Demand intensity by paying ability, each cut in two.

    Intensity is repeat purchase days per day, ``frequency / (T + typical_age)``: the typical age
    shrinks the rate of who has been a customer for a few days, as the prior does in the gamma
    posterior mean ``(r + x) / (alpha + T)``. Paying ability is `monetary_value`. High is the
    median of those above zero, or more.

    Parameters
    ----------
    points : ndarray of shape (3,)
        Typical age (days), cut of the intensity, cut of the spend; infinite where nobody is
        above zero.
    """

    points: Floats

    @classmethod
    def learn(cls, frequency: Floats, age: Floats, spend: Floats) -> Quadrants:
        """Learn the cut points."""
        typical_age = max(float(age.mean()), 1.0)
        sides = frequency / (age + typical_age), spend
        cuts = [float(np.median(x[x > 0])) if (x > 0).any() else np.inf for x in sides]
        return cls(np.array([typical_age, *cuts]))

    def assign(self, frequency: Floats, age: Floats, spend: Floats) -> Ints:
        """Return 0: often, much; 1: often, little; 2: rarely, much; 3: rarely, little.

        Examples
        --------
        >>> x, T, m = np.array([9.0, 9, 1, 0]), np.full(4, 90.0), np.array([80.0, 20, 50, 0])
        >>> Quadrants.learn(x, T, m).assign(x, T, m)
        array([0, 1, 2, 3])
        """
        typical_age, often, much = self.points
        rarely = frequency / (age + typical_age) < often
        return np.asarray(2 * rarely + (spend < much), dtype=np.int64)
