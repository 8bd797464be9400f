"""ValueTiers: clusters of customers, ordered and named by expected value."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import linear_sum_assignment
from sklearn.base import BaseEstimator
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # comes with scikit-learn

from winback.errors import ModelError, NotEnoughDataError
from winback.estimators.frames import read_columns
from winback.estimators.state import PlainState

Floats = npt.NDArray[np.float64]

SCHEMES: dict[str, tuple[str, ...]] = {
    "strategic/potential/long-tail": ("strategic", "potential", "long-tail"),
    "potential/core/dormant": ("core", "potential", "dormant"),
    "new/potential/high-value/lost": ("high-value", "potential", "new", "lost"),
    "numbered": (),
}
"""Names from the highest expected value to the lowest; `numbered` gives tier-1, tier-2, ..."""

MAX_TIERS = 6
MAX_FIT_ROWS = 100_000
STABILITY_ROWS = 5_000
STABILITY_DRAWS = 10
STABLE = 0.7
"""Adjusted Rand index below which refits disagree so much that clusters are hardly real."""

WARM_START_LOSS = 0.02
"""Inertia that the previous tiers' cut may cost before a new one is taken instead."""

_COLUMNS = ("frequency", "recency", "T", "monetary_value", "clv")


class ValueTiers(PlainState, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Value clusters: k-means on the standardised logs of R, F, M and expected value.

    Learned once on training data; scoring assigns each customer to the nearest centre and never
    refits. Tiers are ordered and named by their mean expected value.

    Parameters
    ----------
    n_tiers
        2 to 6.
    scheme
        One of `SCHEMES`; another number of tiers than the scheme has names is numbered.
    min_tier_share
        A tier with a smaller share of the customers is pointed out in `note_`.
    random_state
        Seed of the starts of k-means and of the stability draws.

    Attributes
    ----------
    names_ : list of str
        From the highest mean expected value to the lowest.
    centers_ : ndarray of shape (k, 4)
        Cluster centres in this order, in standard deviations.
    location_, scale_ : ndarray of shape (4,)
        Mean and standard deviation of ``log(1 + .)`` of days since the last purchase, frequency,
        monetary value and expected value.
    profile_ : DataFrame, index = tier
        At training: customers, share, means of the columns, and clv_share.
    stability_ : float
        Mean adjusted Rand index of refits on bootstrap samples with this cut (1 = the same).
    note_ : str
        What to know about this cut; empty if nothing.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.poisson(3, 300)
    >>> customers = pd.DataFrame({"frequency": x, "recency": 80.0 * (x > 0), "T": 100.0,
    ...                           "monetary_value": 20.0 * (x > 0), "clv": 1.0 + 10.0 * x})
    >>> tiers = ValueTiers().fit(customers)
    >>> tiers.names_
    ['strategic', 'potential', 'long-tail']
    >>> bool(tiers.profile_["clv"].is_monotonic_decreasing)
    True
    """

    def __init__(
        self,
        n_tiers: int = 3,
        scheme: str = "strategic/potential/long-tail",
        *,
        min_tier_share: float = 0.01,
        random_state: int = 0,
    ) -> None:
        self.n_tiers = n_tiers
        self.scheme = scheme
        self.min_tier_share = min_tier_share
        self.random_state = random_state

    def fit(self, frame: pd.DataFrame, previous: ValueTiers | None = None) -> Self:
        """Learn the cut on one row per customer.

        At most `MAX_FIT_ROWS` rows are clustered: every so-manieth of them, sorted by value.

        Parameters
        ----------
        frame
            `frequency`, `recency`, `T` (days), `monetary_value`, `clv`. Where no amounts are
            known, `clv` holds the expected purchases instead.
        previous
            The tiers in use. k-means then also starts from their centres, and keeps what it
            reaches from there unless a fresh start is better by more than `WARM_START_LOSS`, so
            that customers keep their tiers. New centres are matched to old ones (the assignment
            of least squared distance, in the old scaling); `note_` says where a tier's order of
            value, and so its name, has changed.

        Raises
        ------
        NotEnoughDataError
            No customer at all.
        ModelError
            A parameter or a column is impossible.
        """
        self._check_parameters()
        logs = _logs(frame)
        if len(logs) == 0:
            raise NotEnoughDataError("no customer to cut into tiers", allowed="at least one row")
        logs = logs[np.lexsort(logs.T)]  # no result depends on the order of rows
        step = -(-len(logs) // MAX_FIT_ROWS)
        sample = logs[::step]
        self.location_ = sample.mean(axis=0)
        spread = sample.std(axis=0)
        self.scale_ = np.where(spread > 1e-9, spread, 1.0)
        points = (sample - self.location_) / self.scale_
        k = min(self.n_tiers, len(np.unique(points.round(9), axis=0)))
        notes = []
        if k < self.n_tiers:
            notes.append(
                f"only {k} of {self.n_tiers} tiers: customers differ in no more than {k} ways"
            )
        old = self._previous_centers(previous, k)
        with threadpool_limits(limits=1):  # sums over threads would differ in the last bits
            self.centers_ = _cluster(points, k, old, self.random_state)
            self.stability_ = _stability(points, self.centers_, self.random_state)
        self._order_by_value(frame)
        self.names_ = self._names(k)
        if previous is not None:
            notes += self._keep_identities(previous)
        self.profile_ = self._profile(frame)
        self.note_ = "; ".join(notes + self._warnings())
        return self

    def _check_parameters(self) -> None:
        if self.scheme not in SCHEMES:
            raise ModelError(
                "unknown naming scheme of tiers", got=self.scheme, allowed=", ".join(SCHEMES)
            )
        if not 2 <= self.n_tiers <= MAX_TIERS:
            raise ModelError(
                "impossible number of tiers", got=self.n_tiers, allowed=f"2 to {MAX_TIERS}"
            )

    def _previous_centers(self, previous: ValueTiers | None, k: int) -> Floats | None:
        """Return the previous centres in the new scaling, or None where they cannot serve."""
        if previous is None or len(previous.centers_) != k:
            return None
        logs = previous.centers_ * previous.scale_ + previous.location_
        return np.asarray((logs - self.location_) / self.scale_)

    def _order_by_value(self, frame: pd.DataFrame) -> None:
        nearest = self._nearest(frame)
        clv = frame["clv"].to_numpy(dtype=np.float64)
        k = len(self.centers_)
        count = np.bincount(nearest, minlength=k)
        # a centre that attracts nobody counts as worth nothing and comes last
        mean = np.bincount(nearest, weights=clv, minlength=k) / np.maximum(count, 1)
        self.centers_ = self.centers_[np.argsort(-mean, kind="stable")]

    def _names(self, k: int) -> list[str]:
        names = SCHEMES[self.scheme]
        if len(names) != self.n_tiers:
            names = tuple(f"tier-{position + 1}" for position in range(self.n_tiers))
        # with fewer tiers than names the lowest are used: nobody is strategic by accident
        return list(names[-k:])

    def _keep_identities(self, previous: ValueTiers) -> list[str]:
        if sorted(previous.names_) != sorted(self.names_):
            return ["names are not carried over: the previous tiers had others"]
        ours = self.centers_ * self.scale_ + self.location_
        ours = (ours - previous.location_) / previous.scale_
        distance = ((ours[:, None, :] - previous.centers_[None, :, :]) ** 2).sum(axis=2)
        matched = linear_sum_assignment(distance)[1]
        carried = [previous.names_[column] for column in matched]
        if carried == self.names_:
            return []
        now = ", ".join(self.names_)
        return [f"tiers changed places in value: {', '.join(carried)} of before are now {now}"]

    def _profile(self, frame: pd.DataFrame) -> pd.DataFrame:
        data = pd.DataFrame(read_columns(frame, _COLUMNS, reader="ValueTiers"))
        data["days_since_last"] = data["T"] - data["recency"]
        groups = data.groupby(self._nearest(frame))
        means = groups.mean().reindex(range(len(self.names_)))
        customers = groups.size().reindex(means.index, fill_value=0)
        worth = groups["clv"].sum().reindex(means.index, fill_value=0.0)
        total = float(worth.sum())
        profile = means.assign(
            customers=customers,
            share=customers / len(data),
            clv_share=worth / total if total > 0 else 0.0,
        )
        profile.index = pd.Index(self.names_, name="tier")
        return profile

    def _warnings(self) -> list[str]:
        small = self.profile_.index[self.profile_["share"] < self.min_tier_share]
        warnings = [
            f"tier {name} holds only {self.profile_.loc[name, 'share']:.2%} of the customers"
            for name in small
        ]
        if self.stability_ < STABLE:
            warnings.append(
                f"clusters are hardly real: refits agree only to {self.stability_:.2f} "
                "(adjusted Rand index); read tiers as cuts through a continuum"
            )
        return warnings

    def _nearest(self, frame: pd.DataFrame) -> npt.NDArray[np.int64]:
        return _assign((_logs(frame) - self.location_) / self.scale_, self.centers_)

    def predict(self, frame: pd.DataFrame) -> pd.Series[str]:
        """Return the tier of each customer by the learned cut, aligned with `frame`."""
        if not hasattr(self, "names_"):
            raise ModelError("these tiers are not fitted", hint="call fit first")
        names = np.array(self.names_, dtype=object)[self._nearest(frame)]
        return pd.Series(names, index=frame.index, name="tier", dtype="str")

    def predict_frame(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return `predict` as a frame with the column `tier`."""
        return self.predict(frame).to_frame()

    @property
    def input_columns_(self) -> list[str]:
        """Columns that a frame to be predicted must have."""
        return list(_COLUMNS)

    def input_example(self) -> pd.DataFrame:
        """Return three synthetic customers."""
        rows = [(0.0, 0.0, 40.0, 0.0, 5.0), (3.0, 90.0, 120.0, 25.0, 60.0)]
        rows.append((20.0, 300.0, 310.0, 80.0, 900.0))
        return pd.DataFrame(rows, columns=self.input_columns_)


def _logs(frame: pd.DataFrame) -> Floats:
    data = read_columns(frame, _COLUMNS, reader="ValueTiers")
    silent = data["T"] - data["recency"]
    return np.log1p(
        np.column_stack([silent, data["frequency"], data["monetary_value"], data["clv"]])
    )


def _assign(points: Floats, centers: Floats) -> npt.NDArray[np.int64]:
    """Return the nearest centre of each row; column by column, so that chunks do not matter."""
    distance = np.zeros((len(points), len(centers)))
    for column in range(points.shape[1]):
        distance += (points[:, column, None] - centers[None, :, column]) ** 2
    return np.asarray(distance.argmin(axis=1), dtype=np.int64)


def _cluster(points: Floats, k: int, old: Floats | None, seed: int) -> Floats:
    fresh = KMeans(n_clusters=k, n_init=10, random_state=seed).fit(points)
    if old is None:
        return np.asarray(fresh.cluster_centers_)
    warm = KMeans(n_clusters=k, init=old, n_init=1, random_state=seed).fit(points)
    keeps = warm.inertia_ <= (1.0 + WARM_START_LOSS) * fresh.inertia_
    return np.asarray((warm if keeps else fresh).cluster_centers_)


def _stability(points: Floats, centers: Floats, seed: int) -> float:
    """Refit on bootstrap samples and compare how they cut the same customers."""
    k = len(centers)
    if k < 2:
        return 1.0
    rng = np.random.default_rng(seed)
    rows = points[:: -(-len(points) // STABILITY_ROWS)]
    ours = _assign(rows, centers)
    scores = []
    for _ in range(STABILITY_DRAWS):
        drawn = rows[rng.integers(0, len(rows), len(rows))]
        if len(np.unique(drawn, axis=0)) < k:
            continue
        refit = KMeans(n_clusters=k, n_init=3, random_state=seed).fit(drawn)
        scores.append(adjusted_rand_score(ours, _assign(rows, refit.cluster_centers_)))
    return float(np.mean(scores)) if scores else 1.0
