"""What models promised, held against what has come since.

Only windows that are over count. A customer who was promised something on several nights is one
customer: the interval draws customers, with all their nights, so that nights which share an outcome
are not taken for so many proofs. It is the chance of who the customers were; what moves everybody
at once, a bad season, is in it only as far as nights differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from winback.evaluation.bootstrap import (
    BLOCK_CELLS,
    percentile_interval,
    statistic,
    weight_blocks,
)

LEVEL = 0.95
REPLICATES = 400
NEWEST = 4  # nights of a version that are judged: how it does now
FIGURES = {"churn": ("auc", "brier", "ece"), "purchases": ("bias", "gini", "mae")}
_ROLES = {"churn": "churn", "purchases": "value"}
_SCORES = {"churn": "p_churn", "purchases": "expected_purchases"}


@dataclass(frozen=True)
class Promise:
    """A window that a night's scores speak of.

    Attributes
    ----------
    target
        ``churn`` (no purchase day in the window) or ``purchases`` (purchase days in it).
    as_of
        The night.
    start, end
        The window is ``(start, end]``.
    """

    target: str
    as_of: date
    start: date
    end: date

    def is_over(self, today: date) -> bool:
        """Tell whether all of the window is known at the end of `today`."""
        return self.end <= today


def promises(kept: pd.DataFrame) -> list[Promise]:
    """Return the windows of kept scores, two a night, the earliest first.

    Parameters
    ----------
    kept
        As `winback.scoring.kept_scores.keep_scores` writes them, one night below the other.

    Examples
    --------
    >>> night = {"as_of": [date(2024, 1, 1)], "gap_days": [0], "churn_horizon_days": [30]}
    >>> [str(window.end) for window in promises(pd.DataFrame(night | {"value_horizon_days": [90]}))]
    ['2024-01-31', '2024-03-31']
    """
    windows = ["as_of", "gap_days", "churn_horizon_days", "value_horizon_days"]
    said = list[Promise]()
    nights = kept[windows].drop_duplicates().sort_values("as_of")
    for as_of, gap, churn, value in nights.itertuples(index=False, name=None):
        start = as_of + timedelta(days=int(gap))
        said.append(Promise("churn", as_of, start, start + timedelta(days=int(churn))))
        said.append(Promise("purchases", as_of, as_of, as_of + timedelta(days=int(value))))
    return said


def realised(
    kept: pd.DataFrame, outcomes: pd.DataFrame, *, today: date, random_state: int = 0
) -> pd.DataFrame:
    """Judge every version by its newest nights whose windows are over, four at most.

    Parameters
    ----------
    kept
        Kept scores, one night below the other.
    outcomes
        ``target, as_of, customer_id, purchases``: purchase days in each promise's window, of
        whoever had one; all others had none.
    today
        The last day that is known.
    random_state
        Of the intervals' draws.

    Returns
    -------
    DataFrame
        A row for each role, version and metric (see `winback.evaluation.metrics`; ``bias`` is what
        was promised over what came): ``role, version, target, metric, value, low, high`` (the
        95% interval; missing where customers do not differ), ``nights``, ``first`` and ``last`` of
        them, and ``customers``. No rows where nothing is over yet.
    """
    rows = [row for target in FIGURES for row in _of_target(kept, outcomes, target, today)]
    judged = [
        {**row, "metric": metric, **_figure(frame, metric, random_state)}
        for row, frame in rows
        for metric in FIGURES[str(row["target"])]
    ]
    columns = ["role", "version", "target", "metric", "value", "low", "high"]
    return pd.DataFrame(judged, columns=[*columns, "nights", "first", "last", "customers"])


def _of_target(
    kept: pd.DataFrame, outcomes: pd.DataFrame, target: str, today: date
) -> Iterator[tuple[dict[str, object], pd.DataFrame]]:
    """Yield each version that has made promises, with what came of them."""
    over = {p.as_of for p in promises(kept) if p.target == target and p.is_over(today)}
    score, role = _SCORES[target], _ROLES[target]
    made = kept[kept["as_of"].isin(over) & kept[score].notna()]
    came = outcomes.loc[outcomes["target"] == target, ["as_of", "customer_id", "purchases"]]
    made = made.merge(came, on=["as_of", "customer_id"], how="left")
    bought = made["purchases"].fillna(0.0)
    actual = (bought == 0).astype("float64") if target == "churn" else bought
    frame = pd.DataFrame(
        {"actual": actual, "score": made[score], "who": made["customer_id"], "at": made["as_of"]}
    )
    for version, nights in frame.groupby(made[f"{role}_version"]):
        own = nights[nights["at"].isin(sorted(nights["at"].unique())[-NEWEST:])]
        yield (
            {
                "role": role,
                "version": int(version),
                "target": target,
                "nights": own["at"].nunique(),
                "first": own["at"].min(),
                "last": own["at"].max(),
                "customers": own["who"].nunique(),
            },
            own,
        )


def _figure(frame: pd.DataFrame, metric: str, random_state: int) -> dict[str, float]:
    codes = pd.factorize(frame["who"])[0]
    who = int(codes.max()) + 1
    cells = BLOCK_CELLS * who // len(codes)
    of = statistic(metric, frame["actual"], frame["score"])
    draws = [
        of(np.asfortranarray(block[:, codes]))
        for block in weight_blocks(
            who, n_replicates=REPLICATES, random_state=random_state, block_cells=cells
        )
    ]
    low, high = percentile_interval(np.concatenate(draws), LEVEL)
    return {"value": float(of(np.ones((1, len(frame))))[0]), "low": low, "high": high}
