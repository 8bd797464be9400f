"""The mean of two candidates in log-odds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from winback.estimators.churn_candidates.base import Candidate, Floats, log_odds
from winback.estimators.churn_candidates.boosted import BoostedTrees
from winback.estimators.churn_candidates.logistic import LogisticRFM


class Blend(Candidate):
    """The logit mean of the logistic regression and LightGBM.

    The first extrapolates where the trees are flat, the second sees what a line cannot; their
    errors differ, so the mean is often better calibrated than either.

    Parameters
    ----------
    horizon_days, gap_days, exclude, n_jobs, random_state
        Handed on to `BoostedTrees`.

    Attributes
    ----------
    members_ : tuple of Candidate
        The two fitted candidates.
    """

    members_: tuple[Candidate, ...]
    name: ClassVar[str] = "blend"
    member_names: ClassVar[tuple[str, str]] = (LogisticRFM.name, BoostedTrees.name)

    def __init__(
        self,
        horizon_days: int = 90,
        gap_days: int = 0,
        *,
        exclude: tuple[str, ...] = (),
        n_jobs: int | None = 1,
        random_state: int = 0,
    ) -> None:
        self.horizon_days = horizon_days
        self.gap_days = gap_days
        self.exclude = exclude
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _fit(self, X: pd.DataFrame, y: npt.NDArray[np.int64]) -> None:
        trees = BoostedTrees(**self.get_params())
        self.members_ = (LogisticRFM().fit_ordered(X, y), trees.fit_ordered(X, y))

    def with_members(self, members: Sequence[Candidate]) -> Self:
        """Return this blend over members that are fitted already, in the order of their names."""
        self.members_ = tuple(members)
        return self.mark_fitted()

    def _predict(self, X: pd.DataFrame) -> Floats:
        first, second = (log_odds(member.churn_probability(X)) for member in self.members_)
        return np.asarray(expit((first + second) / 2.0))

    def _to_state(self) -> tuple[dict[str, Any], dict[str, str]]:
        state, texts = super()._to_state()
        members = []
        for member in state["fitted"].pop("members_"):
            member_state, member_texts = member._to_state()  # noqa: SLF001  # the contract of this room
            members.append(member_state)
            texts |= member_texts
        return {**state, "members": members}, texts

    @classmethod
    def _from_state(cls, state: dict[str, Any], texts: dict[str, str]) -> Self:
        kinds: tuple[type[Candidate], ...] = (LogisticRFM, BoostedTrees)
        members = zip(kinds, state["members"], strict=True)
        blend = super()._from_state(state, texts)
        return blend.with_members(
            [kind._from_state(part, texts) for kind, part in members]  # noqa: SLF001  # the contract of this room
        )
