"""The churn contest: who ranks best on unseen snapshots, and how each is calibrated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from winback.estimators.calibrators import Calibrator, choose_calibration, fit_calibrator
from winback.estimators.churn_evidence import Evidence, levelled, measure, paired_intervals


@dataclass(frozen=True)
class Contest:
    """The outcome.

    Parameters
    ----------
    table
        One row per candidate, simplest first; see `ChurnModel.contest_`.
    selected
        The winner's name.
    calibrators
        Fitted on all the evidence, by candidate.
    reason
        Why the winner won, in one sentence with its numbers.
    """

    table: pd.DataFrame
    selected: str
    calibrators: dict[str, Calibrator]
    reason: str


def hold_contest(
    evidence: Evidence,
    names: Sequence[str],
    *,
    calibration: str,
    horizon_days: int,
    n_bootstrap: int,
    random_state: int,
) -> Contest:
    """Compare candidates by Brier score once each snapshot's level is repaired for all alike.

    Parameters
    ----------
    evidence
        Out-of-sample predictions.
    names
        The contestants, simplest first.
    calibration
        "auto" or a kind of calibration for all.
    horizon_days
        Length of the label window.
    n_bootstrap, random_state
        Of the customer bootstrap.
    """
    y = evidence.y
    calibrators, records, losses = {}, [], {}
    for name in names:
        p, kind = evidence.predictions[name], calibration
        if kind == "auto":
            kind = choose_calibration(p, y, evidence.snapshot, horizon_days=horizon_days)[0]
        calibrators[name] = fit_calibrator(kind, p, y)
        losses[name] = (levelled(evidence, p, random_state) - y) ** 2
        record = {"candidate": name, "calibration": kind} | measure(y, p)
        records.append(record | {"levelled_brier": float(losses[name].mean())})
    table = pd.DataFrame.from_records(records).set_index("candidate")
    best = str(table["levelled_brier"].idxmin())
    table = table.join(
        paired_intervals(
            pd.DataFrame(losses),
            evidence.customer,
            best,
            n_bootstrap=n_bootstrap,
            random_state=random_state,
        )
    )
    # simplest first: the first one that cannot be told apart from the best
    selected = str(table.index[table["low"] <= 0.0][0])
    table["selected"] = table.index == selected
    reason = f"{_explain(table, selected, best, len(y))}; calibration {calibrators[selected].kind}"
    return Contest(table.reset_index(), selected, calibrators, reason)


def _explain(table: pd.DataFrame, selected: str, best: str, rows: int) -> str:
    briers, won = table["levelled_brier"], table.loc[selected]
    text = f"{selected}: levelled Brier {briers[selected]:.4f} on {rows:,} unseen rows"
    if selected != best:
        text += (
            f", not told apart from {best} ({briers[best]:.4f}, difference "
            f"{won['low']:+.4f} to {won['high']:+.4f}) and simpler"
        )
    others = briers.drop(index=[selected, best], errors="ignore")
    if len(others):
        text += f", against {others.idxmin()} {others.min():.4f}"
    return text
