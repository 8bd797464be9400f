"""The mean of three candidates in log-odds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from winback.estimators.churn.candidates.boosted import BoostedTrees, GrowsTrees
from winback.estimators.churn.candidates.boosted_btyd import BoostedBTYD
from winback.estimators.churn.candidates.candidate import (
    Candidate,
    Floats,
    PurchaseModels,
    log_odds,
)
from winback.estimators.churn.candidates.logistic import LogisticRFM
from winback.estimators.purchase.beta_geo import BetaGeoModel


class Blend(GrowsTrees):
    """The logit mean of the logistic regression, LightGBM, and LightGBM with BTYD features.

    The first extrapolates where trees are flat, trees see what a line cannot, and the purchase
    model brings what is known about dropping out; their errors differ, so the mean is often
    better calibrated than any of them.

    Attributes
    ----------
    members_ : tuple of Candidate
        The fitted candidates, in the order of `member_names`.
    """

    members_: tuple[Candidate, ...]
    name: ClassVar[str] = "blend"
    kinds: ClassVar[tuple[type[Candidate], ...]] = (LogisticRFM, BoostedTrees, BoostedBTYD)
    member_names: ClassVar[tuple[str, ...]] = tuple(kind.name for kind in kinds)
    _known: tuple[BetaGeoModel | None, PurchaseModels | None] = (None, None)

    def _fit(self, X: pd.DataFrame, y: npt.NDArray[np.int64]) -> None:
        settings = self.get_params()
        members = (LogisticRFM(), BoostedTrees(**settings), BoostedBTYD(**settings))
        self.members_ = tuple(m.knowing(*self._known).fit_ordered(X, y) for m in members)

    def knowing(self, newest: BetaGeoModel | None, by_date: PurchaseModels | None) -> Self:
        """Hand these purchase models on to the members."""
        self._known = (newest, by_date)
        return self

    def with_members(self, members: Sequence[Candidate]) -> Self:
        """Return this blend over members that are fitted already, in the order of their names."""
        self.members_ = tuple(members)
        return self.mark_fitted()

    def _predict(self, X: pd.DataFrame) -> Floats:
        total = np.zeros(len(X))
        for member in self.members_:  # added one by one: the same bits alone and in a chunk
            total += log_odds(member.churn_probability(X))
        return np.asarray(expit(total / len(self.members_)))

    def to_state(self) -> tuple[dict[str, Any], dict[str, str]]:
        """Return plain data, and the trees as texts by name."""
        state, texts = super().to_state()
        members = []
        for member in state["fitted"].pop("members_"):
            member_state, member_texts = member.to_state()
            members.append(member_state)
            texts |= member_texts
        return {**state, "members": members}, texts

    @classmethod
    def from_state(cls, state: dict[str, Any], texts: dict[str, str]) -> Self:
        """Rebuild what `to_state` gave."""
        members = zip(cls.kinds, state["members"], strict=True)
        blend = super().from_state(state, texts)
        return blend.with_members([kind.from_state(part, texts) for kind, part in members])
