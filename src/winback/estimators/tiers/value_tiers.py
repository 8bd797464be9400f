"""ValueTiers: clusters of customers, ordered and named by expected value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator
from threadpoolctl import threadpool_limits

from winback.errors import ModelError, NotEnoughDataError, Sentence
from winback.estimators.base.frames import read_columns
from winback.estimators.base.state import PlainState
from winback.estimators.tiers import tier_cuts, tier_identity, tier_selection
from winback.estimators.tiers.one_population import one_population
from winback.estimators.tiers.tier_cuts import METHODS, Cut, Floats, Ints, Quadrants
from winback.estimators.tiers.tier_selection import MAX_TIERS, STABLE
from winback.estimators.tiers.tiers_card import tiers_card
from winback.messages import Message

QUADRANT = "quadrant"
AUTO = "auto"

SCHEMES: dict[str, tuple[str, ...]] = {
    "strategic/potential/long-tail": ("strategic", "potential", "long-tail"),
    "potential/core/dormant": ("core", "potential", "dormant"),
    "new/potential/high-value/lost": ("high-value", "potential", "new", "lost"),
    QUADRANT: ("key", "loyal", "big-ticket", "occasional"),
    "numbered": (),
}
"""Names from the highest expected value to the lowest; `numbered` gives tier-1, tier-2, ...
Those of the quadrant are places, not ranks; see `ValueTiers`."""

MAX_FIT_ROWS = 100_000
MIN_SHARE, MIN_SHARE_AUTO = 0.01, 0.05

_COLUMNS = ("frequency", "recency", "T", "monetary_value", "clv")


class ValueTiers(PlainState, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Value clusters on the standardised logs of R, F, M and expected value, or quadrants.

    Learned once on training data; scoring assigns each customer by the learned cut and never
    refits. Tiers are ordered and named by their mean expected value.

    Parameters
    ----------
    n_tiers
        2 to 6, or `auto`: chosen by `winback.estimators.tiers.tier_selection.choose` (k-means: the
        highest simplified silhouette among the stable numbers; mixtures: the lowest BIC) among
        the numbers whose tiers all hold `min_tier_share`.
    scheme
        One of `SCHEMES`; another number of tiers than the scheme has names is numbered. Under
        `quadrant` there are always four, whatever `n_tiers` and `method`: demand intensity
        (repeat purchase days per day) by paying ability (`monetary_value`), each cut at the
        median of those above zero (`winback.estimators.tiers.tier_cuts.Quadrants`):

        =========== ============ ========================
        ..          spends much  spends little or not yet
        =========== ============ ========================
        buys often  key          loyal
        buys rarely big-ticket   occasional
        =========== ============ ========================
    method
        `kmeans`: the nearest centre. `gaussian_mixture`: the likeliest component, for tiers of
        unlike size and shape.
    min_tier_share
        A tier with a smaller share of the customers is pointed out in `note_`, and not admitted
        by `auto`. None: .01, and .05 under `auto`.
    random_state
        Seed of the starts and of the draws.

    Attributes
    ----------
    names_ : list of str
        From the highest mean expected value to the lowest.
    centers_ : ndarray of shape (k, 4)
        Cluster centres in this order, in standard deviations; absent under `quadrant`.
    weights_, precisions_ : ndarray of shape (k,) and (k, 4, 4)
        Of a mixture; see `winback.estimators.tiers.tier_cuts.Cut`. None for k-means.
    location_, scale_ : ndarray of shape (4,)
        Mean and standard deviation of ``log(1 + .)`` of days since the last purchase, frequency,
        monetary value and expected value.
    quadrants_ : ndarray of shape (3,)
        Under `quadrant` only: typical age (days), cuts of intensity and of spend.
    profile_ : DataFrame, index = tier
        At training: customers, share, means of the columns, and clv_share.
    selection_ : DataFrame or None
        Under `auto`: each number of tiers, its figures, whether admitted, and which was chosen.
    stability_ : float
        Mean adjusted Rand index of refits on bootstrap samples with this cut (1 = the same).
    separation_, separation_reference_ : float
        Simplified silhouette of as many clusters, and the highest one that data without segments
        give (`winback.estimators.tiers.tier_selection.separation`); 0: quadrants.
    note_ : Message or None
        What to know about this cut, if anything.

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

    messages = ("note_",)

    def __init__(
        self,
        n_tiers: int | str = 3,
        scheme: str = "strategic/potential/long-tail",
        *,
        method: str = "kmeans",
        min_tier_share: float | None = None,
        random_state: int = 0,
    ) -> None:
        self.n_tiers = n_tiers
        self.scheme = scheme
        self.method = method
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
            The tiers in use. Clustering then also starts from theirs, and keeps what it reaches
            from there unless a fresh start is clearly better, so that customers keep their
            tiers; under `auto` their number is kept where it is as good. Names are carried over
            by `winback.estimators.tiers.tier_identity`, and `note_` says where they had to move.

        Raises
        ------
        NotEnoughDataError
            No customer at all.
        ModelError
            A parameter or a column is impossible.
        """
        self._check_parameters()
        if len(frame) == 0:
            raise NotEnoughDataError("no customer to cut into tiers", allowed="at least one row")
        self.selection_: pd.DataFrame | None = None
        self.separation_ = self.separation_reference_ = 0.0
        with threadpool_limits(limits=1):  # sums over threads would differ in the last bits
            quadrant = self.scheme == QUADRANT
            notes = self._cut_quadrants(frame) if quadrant else self._cluster(frame, previous)
        self.profile_ = self._profile(frame)
        notes += self._warnings()
        self.note_ = Message.of_all(notes) if notes else None
        return self

    def _html_repr(self) -> str:
        """Return a card for a notebook; before the fit, scikit-learn's own diagram."""
        if not hasattr(self, "names_"):
            return str(super()._html_repr())
        return tiers_card(self)

    def _check_parameters(self) -> None:
        if self.scheme not in SCHEMES:
            raise ModelError(
                "unknown naming scheme of tiers", got=self.scheme, allowed=", ".join(SCHEMES)
            )
        if self.method not in METHODS:
            raise ModelError("unknown method of tiers", got=self.method, allowed=", ".join(METHODS))
        allowed = Sentence("2 to {most}, or {auto}", most=MAX_TIERS, auto=AUTO)
        wrong = isinstance(self.n_tiers, str) or not 2 <= self.n_tiers <= MAX_TIERS
        if self.n_tiers != AUTO and wrong:
            raise ModelError("impossible number of tiers", got=self.n_tiers, allowed=allowed)
        share = self.min_tier_share
        if share is not None and not 0 <= share <= 1 / 2:
            raise ModelError("impossible smallest share of a tier", got=share, allowed="0 to 0.5")

    # ------------------------------------------------------------------ learning

    def _cluster(self, frame: pd.DataFrame, previous: ValueTiers | None) -> list[Message]:
        logs = _logs(frame)
        logs = logs[np.lexsort(logs.T)]  # no result depends on the order of rows
        sample = tier_selection.thin(logs, MAX_FIT_ROWS)
        self.location_ = sample.mean(axis=0)
        spread = sample.std(axis=0)
        self.scale_ = np.where(spread > 1e-9, spread, 1.0)
        points = (sample - self.location_) / self.scale_
        before = previous if hasattr(previous, "centers_") else None
        k, notes = self._number(points, before)
        start = None if before is None else before.as_seen_from(self.location_, self.scale_)
        if start is not None and len(start.centers) == k:
            cut = tier_cuts.learn_after(points, start, self.method, self.random_state)
        else:
            cut = tier_cuts.learn(points, k, self.method, self.random_state)
        self.stability_ = tier_selection.stability(points, cut, self.method, self.random_state)
        self.separation_, self.separation_reference_ = tier_selection.separation(
            points, k, self.random_state, skewed=_one_population(frame)
        )
        labels = cut.assign((_logs(frame) - self.location_) / self.scale_)
        value = frame["clv"].to_numpy(dtype=np.float64)
        order = tier_identity.by_value(labels, value, k)
        self.names_ = self._names(k)
        if start is not None and before is not None:
            space = before.location_, before.scale_
            order, said = tier_identity.carried_over(
                self.names_,
                before.names_,
                centers=tier_cuts.rescaled(cut, self.location_, self.scale_, space).centers,
                previous_centers=before.centers_,
                order=order,
                labels=labels,
                value=value,
            )
            notes += said
        cut = cut.reorder(order)
        self.centers_: Floats = cut.centers
        self.weights_, self.precisions_ = cut.weights, cut.precisions
        return notes

    def _number(self, points: Floats, previous: ValueTiers | None) -> tuple[int, list[Message]]:
        """Return how many tiers to learn, and what to say about it."""
        distinct = len(np.unique(points.round(9), axis=0))
        if not isinstance(self.n_tiers, str):
            k = min(self.n_tiers, distinct)
            few = Message("cut.few_tiers", n=k, wanted=self.n_tiers)
            return k, [few] if k < self.n_tiers else []
        most = min(MAX_TIERS, distinct, len(points) - 1)
        if most < 2:
            return 1, [Message("cut.one_tier")]
        before = None if previous is None else len(previous.names_)
        self.selection_ = tier_selection.choose(
            points,
            self.method,
            self.random_state,
            most=most,
            min_share=self._least(),
            previous=before,
        )
        chosen = int(self.selection_.index[int(self.selection_["chosen"].to_numpy().argmax())])
        return chosen, [Message("cut.most_tiers", n=chosen)] if chosen == MAX_TIERS else []

    def as_seen_from(self, location: Floats, scale: Floats) -> Cut:
        """Return the learned clusters in the space of another location and scale."""
        return tier_cuts.rescaled(self._cut(), self.location_, self.scale_, (location, scale))

    def _cut(self) -> Cut:
        # tiers registered by version 0.1.0 know k-means only
        weights, precisions = getattr(self, "weights_", None), getattr(self, "precisions_", None)
        return Cut(self.centers_, weights, precisions)

    def _cut_quadrants(self, frame: pd.DataFrame) -> list[Message]:
        data = read_columns(frame, _COLUMNS, reader="ValueTiers")
        sides = [data[name] for name in ("frequency", "T", "monetary_value")]
        self.quadrants_ = Quadrants.learn(*sides).points
        labels = self._assign(frame)
        rng = np.random.default_rng(self.random_state)
        rows = np.lexsort(sides)
        rows = rows[:: -(-len(rows) // tier_selection.ROWS)]
        scores = []
        for _ in range(tier_selection.STABILITY_DRAWS):
            drawn = rng.choice(rows, len(rows))
            refit = Quadrants.learn(*(side[drawn] for side in sides))
            again = refit.assign(*(side[rows] for side in sides))
            scores.append(tier_selection.agreement(labels[rows], again))
        self.stability_ = float(np.mean(scores))
        names = SCHEMES[QUADRANT]
        order = tier_identity.by_value(labels, data["clv"], len(names))
        self.names_ = [names[number] for number in order]
        empty = [name for number, name in enumerate(names) if not (labels == number).any()]
        return [Message("cut.empty", tiers=empty)] if empty else []

    def _names(self, k: int) -> list[str]:
        names = SCHEMES[self.scheme]
        wanted = k if isinstance(self.n_tiers, str) else self.n_tiers
        if len(names) != wanted:
            names = tuple(f"tier-{position + 1}" for position in range(wanted))
        # with fewer tiers than names the lowest are used: nobody is strategic by accident
        return list(names[-k:])

    def _least(self) -> float:
        if self.min_tier_share is not None:
            return self.min_tier_share
        return MIN_SHARE_AUTO if self.n_tiers == AUTO else MIN_SHARE

    # ------------------------------------------------------------------ describing

    def _profile(self, frame: pd.DataFrame) -> pd.DataFrame:
        data = pd.DataFrame(read_columns(frame, _COLUMNS, reader="ValueTiers"))
        data["days_since_last"] = data["T"] - data["recency"]
        groups = data.groupby(self.predict(frame).to_numpy())
        means = groups.mean().reindex(self.names_)
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

    def _warnings(self) -> list[Message]:
        small = self.profile_.index[self.profile_["share"] < self._least()]
        warnings = [
            Message("cut.small_tier", tier=name, share=self.profile_.loc[name, "share"])
            for name in small
            if self.scheme != QUADRANT or self.profile_.loc[name, "customers"] > 0
        ]
        doubts = []
        if self.stability_ < STABLE:
            doubts.append(Message("cut.unstable", value=self.stability_))
        if self.separation_ < self.separation_reference_:
            seen, chance = self.separation_, self.separation_reference_
            doubts.append(Message("cut.close", value=seen, reference=chance))
        if len(doubts) == 2:
            doubts = [Message("cut.both", first=doubts[0], second=doubts[1])]
        if doubts and self.scheme != QUADRANT:
            warnings.append(Message("cut.unreal", doubts=doubts[0]))
        return warnings

    # ------------------------------------------------------------------ assigning

    def _assign(self, frame: pd.DataFrame) -> Ints:
        if self.scheme == QUADRANT:
            data = read_columns(frame, _COLUMNS, reader="ValueTiers")
            return Quadrants(self.quadrants_).assign(
                data["frequency"], data["T"], data["monetary_value"]
            )
        return self._cut().assign((_logs(frame) - self.location_) / self.scale_)

    def predict(self, frame: pd.DataFrame) -> pd.Series[str]:
        """Return the tier of each customer by the learned cut, aligned with `frame`."""
        if not hasattr(self, "names_"):
            raise ModelError("these tiers are not fitted", hint="call fit first")
        names = SCHEMES[QUADRANT] if self.scheme == QUADRANT else self.names_
        tier = np.array(names, dtype=object)[self._assign(frame)]
        return pd.Series(tier, index=frame.index, name="tier", dtype="str")

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


def _one_population(frame: pd.DataFrame) -> Callable[[np.random.Generator], Floats] | None:
    """Return what draws customers without segments, each draw in standard deviations of its own."""
    data = read_columns(frame, _COLUMNS, reader="ValueTiers")
    order = np.lexsort([data[name] for name in _COLUMNS])
    sample = order[:: -(-len(order) // tier_selection.ROWS)]
    draw = one_population({name: data[name][sample] for name in _COLUMNS})
    if draw is None:
        return None

    def points(rng: np.random.Generator) -> Floats:
        logs = _logs(draw(rng))
        spread = logs.std(axis=0)
        scaled: Floats = (logs - logs.mean(axis=0)) / np.where(spread > 1e-9, spread, 1.0)
        return scaled

    return points


def _logs(frame: pd.DataFrame) -> npt.NDArray[np.float64]:
    data = read_columns(frame, _COLUMNS, reader="ValueTiers")
    silent = data["T"] - data["recency"]
    return np.log1p(
        np.column_stack([silent, data["frequency"], data["monetary_value"], data["clv"]])
    )
