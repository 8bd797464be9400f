"""Predictions beside what happened, in the form that the report computes its tables from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from winback.reports.churn import curves
from winback.reports.plain import aggregator
from winback.reports.plot.notebook import Day, day, same_length
from winback.reports.quality import quality

Values: TypeAlias = npt.ArrayLike
Scores: TypeAlias = "npt.ArrayLike | Mapping[str, npt.ArrayLike]"
"""Predicted probabilities: of one model, or of several by name, the one in question first."""


def judged(actual: Values, predicted: Values, target: str, as_of: Day) -> dict[str, Any]:
    """Compute what the report says of one model's predictions of one target."""
    frame = _rows(actual, predicted, target, "model", as_of)
    record = {"split": f"{day(as_of)}/", "target": target, "model": "model", "n": len(frame)}
    return quality([{**record, "chosen": True}], frame)


def churn_curves(y: Values, p: Scores, as_of: Day) -> list[dict[str, Any]]:
    """Count leavers among the riskiest 0 to 100 percent, for each model."""
    drawn: list[dict[str, Any]] = []
    for name, scores in by_name(p).items():
        with aggregator(predictions=_rows(y, scores, "churn", name, as_of)) as engine:
            verdict = {"split": f"{day(as_of)}/", "target": "churn", "chosen": name, "table": []}
            drawn += curves(engine, verdict)
    return [{**curve, "chosen": at == 0} for at, curve in enumerate(drawn)]


def by_name(p: Scores) -> dict[str, Values]:
    """Return predictions by name of the model; one without a name is called `model`."""
    return dict(p) if isinstance(p, Mapping) else {"model": p}


def _rows(actual: Values, predicted: Values, target: str, model: str, as_of: Day) -> pd.DataFrame:
    columns = {
        name: np.asarray(values, dtype=np.float64)
        for name, values in (("actual", actual), ("predicted", predicted))
    }
    n = same_length(**columns)
    ends: Sequence[str] = ("low_80", "high_80", "low_90", "high_90")
    return pd.DataFrame(
        {
            "split": f"{day(as_of)}/",
            "target": target,
            "model": model,
            "customer_id": np.arange(n),
            **columns,
            **dict.fromkeys(ends, np.nan),
        }
    )
