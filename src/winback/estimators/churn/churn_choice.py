"""Which churn candidate is trusted: by which terms they compete, and what a judge has found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

import pandas as pd

from winback.economics import Economics
from winback.estimators.churn.calibrators import Calibrator
from winback.messages import Message

Judge = Callable[..., "ChurnChoice"]
"""Called with a `ChurnModel` whose candidates are fitted, the names of its contestants, and the
snapshots, labels and purchase models that it was fitted to."""


@dataclass(frozen=True)
class ContestTerms:
    """By which terms the candidates of a `ChurnModel` compete.

    Parameters
    ----------
    calibration
        ``"auto"`` (by evidence, for each candidate), or one of `CALIBRATIONS` for all.
    min_customers
        With fewer customers only `SIMPLE_CANDIDATES` compete.
    n_bootstrap
        Draws of the customer bootstrap.
    economics
        Of a contact; candidates alike in Brier score are told apart by what acting on them earns.
    """

    calibration: str = "auto"
    min_customers: int = 500
    n_bootstrap: int = 200
    economics: Economics = field(default_factory=Economics)

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> tuple[Self, dict[str, Any]]:
        """Take the terms out of a model's parameters, as plain data, or one by one among them.

        Returns
        -------
        terms : ContestTerms
        others : dict
            The parameters that are left.

        Examples
        --------
        >>> terms, others = ContestTerms.of({"gap_days": 7, "calibration": "beta", "margin": 0.5})
        >>> terms.calibration, terms.economics.margin, others
        ('beta', 0.5, {'gap_days': 7})
        """
        terms = params.get("contest", {})
        if isinstance(terms, Mapping):
            terms = cls(**{**terms, "economics": Economics(**terms.get("economics", {}))})
        given, money = _named(params, cls), _named(params, Economics)
        others = {
            name: value for name, value in params.items() if name not in {"contest", *given, *money}
        }
        economics = given.pop("economics", terms.economics)
        return replace(terms, **given, economics=replace(economics, **money)), others


def _named(params: Mapping[str, Any], kind: Any) -> dict[str, Any]:
    """Return the parameters that are fields of a dataclass."""
    return {field.name: params[field.name] for field in fields(kind) if field.name in params}


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
