"""Which churn candidate is trusted, and why: what a judge finds, and a fitted model keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import pandas as pd

from winback.estimators.churn.calibrators import Calibrator
from winback.messages import Message

Judge = Callable[..., "ChurnChoice"]
"""Called with a `ChurnModel` whose candidates are fitted, the names of its contestants, and the
snapshots, labels and purchase models that it was fitted to."""


@dataclass(frozen=True)
class ChurnChoice:
    """The choice among the candidates of a `ChurnModel`.

    Parameters
    ----------
    selected : str
        The candidate that is trusted; empty if there is none.
    reason : Message
        Why.
    note : Message
        How the evidence was made.
    table : DataFrame
        One row per candidate, simplest first; see `ChurnModel.contest_`.
    calibrators : dict of str to Calibrator
        By candidate; who is missing stays as it is.
    evidence : DataFrame
        See `ChurnModel.evidence_`.
    drift : dict
        See `ChurnModel.base_rate_drift_`.
    failed : dict of str to Message
        Candidates that left the contest, and why.
    """

    selected: str
    reason: Message
    note: Message
    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    calibrators: dict[str, Calibrator] = field(default_factory=dict)
    evidence: pd.DataFrame = field(default_factory=pd.DataFrame)
    drift: dict[str, Any] = field(default_factory=dict)
    failed: dict[str, Message] = field(default_factory=dict)

    @classmethod
    def unjudged(cls, names: Sequence[str]) -> Self:
        """Take the last of the candidates, without evidence."""
        name = names[-1] if names else ""
        return cls(name, Message("churn.unjudged", model=name), Message("evidence.unjudged"))
