"""What a churn model says of itself in a notebook."""

from __future__ import annotations

from typing import Any

from winback.cards import Table, card

_CONTEST = ("candidate", "brier", "log_loss", "auc", "ece", "calibration")


def churn_card(model: Any) -> str:
    """Describe a churn model: its window, the contest and its winner."""
    snapshots, contest = model.base_rate_by_snapshot_, model.contest_
    after = f" after a gap of {model.gap_days}" if model.gap_days else ""
    facts: dict[str, Any] = {
        "predicts": f"P(no purchase within {model.horizon_days} days{after})",
        "winner": model.selected_,
        "calibration": model.calibration_,
        "features": len(model.input_columns_),
    }
    tables = []
    if len(snapshots):
        facts["learned from"] = (
            f"{int(snapshots['n'].sum()):,} rows of {len(snapshots)} snapshots, "
            f"{snapshots['snapshot'].min()} to {snapshots['snapshot'].max()}"
        )
    if len(contest):
        names = [name for name in _CONTEST if name in contest.columns]
        rows = contest.sort_values("brier")[names].itertuples(index=False)
        tables = [Table(names, rows, "Forward evidence, the smallest Brier score first")]
    drift = model.base_rate_drift_
    drift_clauses = drift["message"].clauses if drift else []
    facts["why"] = "; ".join(str(why) for why in model.reasons_.clauses if why not in drift_clauses)
    dropped = "; ".join(f"{name}: {why}" for name, why in model.dropped_.items())
    notes = [
        drift["message"] if drift.get("notable") else None,
        f"did not compete: {dropped}" if dropped else None,
    ]
    return card("ChurnModel", facts, tables=tables, notes=notes)
