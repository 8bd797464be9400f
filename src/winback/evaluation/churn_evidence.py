"""Evidence for the churn contest: predictions of snapshots by models that came before them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from winback.confidence import ENDS
from winback.errors import ModelError
from winback.estimators.base.equal_mass import calibration_error
from winback.estimators.churn.calibrators import fit_calibrator
from winback.estimators.churn.candidates import BetaGeoChurn, fit_candidates
from winback.estimators.churn.candidates.candidate import (
    MIN_ROWS_PER_CLASS,
    VALUE,
    Floats,
    day_text,
    snapshot_days,
)
from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.estimators.purchase.leaving import keepable_share
from winback.evaluation.bootstrap import weight_blocks
from winback.messages import Message

Indices = npt.NDArray[np.int64]
Split = tuple[Indices, Indices]

N_FOLDS = 3
"""Folds of customers where no snapshot lies after another's window."""


@dataclass(frozen=True)
class Evidence:
    """Out-of-sample predictions, row by row.

    Parameters
    ----------
    rows
        Positions in the training table.
    y, snapshot
        Labels and snapshot day numbers of these rows.
    customer
        Integer code of each row's customer.
    predictions
        Candidate name to P(churn), uncalibrated.
    failed
        Candidate name to the reason why it left the contest.
    forward
        Whether every prediction was made by a model of the past.
    note
        How the evidence was made.
    value
        What is at stake in each row, as known then; None: the same in all.
    keepable
        P(has not gone already | leaves) in each row, as known then; None: 1 in all.
    """

    rows: Indices
    y: Indices
    snapshot: Indices
    customer: Indices
    predictions: dict[str, Floats]
    failed: dict[str, Message]
    forward: bool
    note: Message
    value: Floats | None = None
    keepable: Floats | None = None


def forward_splits(days: Indices, *, horizon_days: int, gap_days: int) -> list[Split]:
    """Pair each snapshot with the rows whose label windows had closed by its date.

    Parameters
    ----------
    days
        Snapshot day number of each row.
    horizon_days, gap_days
        The label window.

    Returns
    -------
    list of (train, test) positions
        Oldest test snapshot first; snapshots with nothing before them are left out.

    Examples
    --------
    >>> [(a.tolist(), b.tolist())
    ...  for a, b in forward_splits(np.array([0, 30, 60, 90]), horizon_days=60, gap_days=0)]
    [([0], [2]), ([0, 1], [3])]
    """
    splits = []
    for day in np.unique(days):
        train = np.flatnonzero(days + gap_days + horizon_days <= day)
        test = np.flatnonzero(days == day)
        if len(train) == 0:
            continue
        if int(days[train].max()) + gap_days + horizon_days > int(days[test].min()):
            raise ModelError("a training label reaches into the test window")  # proved, not hoped
        splits.append((train, test))
    return splits


def grouped_splits(customer: Indices, random_state: int) -> list[Split]:
    """Cut customers (with all their rows) into `N_FOLDS` folds."""
    ids = np.unique(customer)
    fold_of = np.empty(int(ids.max()) + 1, dtype=np.int64)
    fold_of[ids] = np.random.default_rng(random_state).permutation(len(ids)) % N_FOLDS
    folds = fold_of[customer]
    return [(np.flatnonzero(folds != f), np.flatnonzero(folds == f)) for f in range(N_FOLDS)]


def gather(
    names: Sequence[str],
    X: pd.DataFrame,
    y: Indices,
    settings: dict[str, Any],
    purchase_models: Mapping[date, BetaGeoModel] | None = None,
) -> Evidence:
    """Predict snapshots by models of the past; where there is none, folds of customers.

    Parameters
    ----------
    names
        Candidates in the contest.
    X, y
        Sorted by `canonical`.
    settings
        `horizon_days`, `gap_days`, `random_state` and other candidate parameters.
    purchase_models
        Snapshot to the BG/NBD model of what was known then: `beta_geo` predicts it by that model,
        or leaves the contest where there is none. It needs no label, so nothing of it lies after
        the snapshot. BTYD features of a row come from the model of its own snapshot or the latest
        before. None: fitted on the training rows of each split.
    """
    days = snapshot_days(X)
    customer = np.asarray(pd.factorize(X["customer_id"].astype(str))[0], dtype=np.int64)
    splits, forward, note = _splits(days, customer, y, settings)
    parts: dict[str, list[Floats]] = {name: [] for name in names}
    failed: dict[str, Message] = {}
    for train, test in splits:
        day = day_text(days[test[0]])
        purchase_model = (purchase_models or {}).get(date.fromisoformat(day))
        if purchase_models is not None and purchase_model is None and BetaGeoChurn.name in parts:
            failed[BetaGeoChurn.name] = Message("evidence.no_purchase_model", day=day)
            del parts[BetaGeoChurn.name]
        by_date = None
        if purchase_models is not None:  # those younger than the test snapshot are not known yet
            by_date = {
                cut_off: model for cut_off, model in purchase_models.items() if str(cut_off) <= day
            }
        fitted, failures = fit_candidates(
            parts,
            X.iloc[train],
            y[train],
            settings,
            purchase_model=purchase_model,
            purchase_models=by_date,
        )
        for name, reason in failures.items():
            failed[name] = reason
            del parts[name]
        held_out = X.iloc[test]
        for name, predicted in parts.items():
            predicted.append(fitted[name].churn_probability(held_out))
    rows = np.concatenate([test for _, test in splits]) if splits else np.empty(0, dtype=np.int64)
    return Evidence(
        rows=rows,
        y=y[rows],
        snapshot=days[rows],
        customer=customer[rows],
        predictions={name: np.concatenate(p) for name, p in parts.items() if p},
        failed=failed,
        forward=forward,
        note=note,
        value=X[VALUE].to_numpy(dtype=np.float64)[rows] if VALUE in X else None,
        keepable=keepable_at(X.iloc[rows], settings, purchase_models or {}),
    )


def keepable_at(
    X: pd.DataFrame,
    settings: Mapping[str, Any],
    purchase_models: Mapping[date, BetaGeoModel],
) -> Floats:
    """Return of each row P(has not gone already | leaves), by what was known at its snapshot.

    By the purchase model of the row's own snapshot; without one, by the customer's own rhythm, as
    rules of thumb have it (`winback.estimators.purchase.leaving`).
    """
    days, share = snapshot_days(X), np.ones(len(X))
    for day in np.unique(days):
        here = days == day
        model = purchase_models.get(date.fromisoformat(day_text(day)))
        share[here] = keepable_share(
            model,
            X[here],
            gap_days=float(settings["gap_days"]),
            window_days=float(settings["horizon_days"]),
        )
    return share


def _splits(
    days: Indices, customer: Indices, y: Indices, settings: Mapping[str, Any]
) -> tuple[list[Split], bool, Message]:
    """Split forward in time or, where the past teaches nothing yet, the newest rows by customer."""
    window = {key: int(settings[key]) for key in ("horizon_days", "gap_days")}

    def learnable(split: Split) -> bool:
        counts = np.bincount(y[split[0]], minlength=2)
        return bool(counts.min() >= MIN_ROWS_PER_CLASS)

    splits = [split for split in forward_splits(days, **window) if learnable(split)]
    if splits:
        dates = [day_text(days[test[0]]) for _, test in splits]
        return splits, True, Message("evidence.forward", dates=dates)
    newest = days == days.max()
    folds = grouped_splits(customer, settings["random_state"])
    splits = [(train, test[newest[test]]) for train, test in folds]
    between, newest_day = sum(window.values()), day_text(days.max())
    note = Message("evidence.folds", days=between, newest=newest_day, folds=N_FOLDS)
    return [split for split in splits if learnable(split)], False, note


def measure(y: Indices, p: Floats) -> dict[str, float]:
    """Return brier, log_loss, auc (NaN if all rows are of one kind) and ece."""
    mixed = 0 < y.sum() < len(y)
    return {
        "brier": float(brier_score_loss(y, p)),
        "log_loss": float(log_loss(y, p, labels=[0, 1])),
        "auc": float(roc_auc_score(y, p)) if mixed else float("nan"),
        "ece": calibration_error(y, p),
    }


def levelled(evidence: Evidence, p: Floats, random_state: int) -> Floats:
    """Repair each snapshot's level and spread, so that only the ranking is left to compare.

    Customers are cut in two halves; within a snapshot each half is recalibrated (Platt) by the
    other. The base rate moves for every candidate alike and can be repaired later, a poor ranking
    cannot; and models of the first, short histories are off in level as the final one will not be.
    """
    codes = int(evidence.customer.max()) + 1
    half = np.random.default_rng(random_state).permutation(codes)[evidence.customer] % 2
    repaired = np.array(p)
    for day in np.unique(evidence.snapshot):
        for side in (0, 1):
            here = (evidence.snapshot == day) & (half == side)
            other = (evidence.snapshot == day) & (half != side)
            if here.any() and other.any():
                calibrator = fit_calibrator("platt", p[other], evidence.y[other])
                repaired[here] = calibrator.predict(p[here])
    return repaired


def evidence_frame(evidence: Evidence) -> pd.DataFrame:
    """Return one row per candidate and snapshot: n, both means and `measure`."""
    records = []
    for name, p in evidence.predictions.items():
        for day in np.unique(evidence.snapshot):
            here = evidence.snapshot == day
            y = evidence.y[here]
            record = {"candidate": name, "snapshot": day_text(day), "n": len(y)}
            record |= {"base_rate": float(y.mean()), "mean_predicted": float(p[here].mean())}
            records.append(record | measure(y, p[here]))
    return pd.DataFrame.from_records(records)


def paired_intervals(
    losses: pd.DataFrame, customer: Indices, best: str, *, n_bootstrap: int, random_state: int
) -> pd.DataFrame:
    """Bootstrap customers for the mean loss of each candidate minus that of the best.

    Parameters
    ----------
    losses
        One column per candidate, one row per prediction.
    customer
        Integer code of each row's customer; a customer is drawn with all their rows.
    best
        The column to compare with.
    n_bootstrap, random_state
        Number of draws, and their seed.

    Returns
    -------
    DataFrame, index = candidate
        difference, low, high (95%).
    """
    differences = losses.sub(losses[best], axis=0).assign(n=1.0)
    sums = differences.groupby(customer).sum().to_numpy()
    blocks = weight_blocks(len(sums), n_replicates=n_bootstrap, random_state=random_state)
    totals = np.vstack([drawn @ sums for drawn in blocks])
    draws = totals[:, :-1] / totals[:, -1:]
    low, high = np.quantile(draws, ENDS, axis=0)
    point = differences[list(losses.columns)].mean().to_numpy()
    return pd.DataFrame({"difference": point, "low": low, "high": high}, index=losses.columns)
