"""Which churn candidate is trusted, and why: what a judge finds, and a fitted model keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import pandas as pd

from winback.estimators.churn.calibrators import Calibrator

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
    reason : str
        Why, in one sentence.
    table : DataFrame
        One row per candidate, simplest first; see `ChurnModel.contest_`.
    calibrators : dict of str to Calibrator
        By candidate; who is missing stays as it is.
    evidence : DataFrame
        See `ChurnModel.evidence_`.
    note : str
        How the evidence was made.
    drift : dict
        See `ChurnModel.base_rate_drift_`.
    failed : dict of str to str
        Candidates that left the contest, and why.
    """

    selected: str
    reason: str
    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    calibrators: dict[str, Calibrator] = field(default_factory=dict)
    evidence: pd.DataFrame = field(default_factory=pd.DataFrame)
    note: str = ""
    drift: dict[str, Any] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    @classmethod
    def unjudged(cls, names: Sequence[str]) -> Self:
        """Take the last of the candidates, without evidence."""
        note = "no evidence: nobody has judged the candidates"
        return cls(
            names[-1] if names else "", f"{''.join(names[-1:])}, without evidence", note=note
        )
