"""What fitted models say of themselves in a notebook: what they are, on whom, and the caveats."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from winback.cards import Table, card

if TYPE_CHECKING:
    from winback.estimators.churn import ChurnModel
    from winback.estimators.customer_value import CustomerValueModel
    from winback.estimators.learned_value import LearnedValueModel
    from winback.estimators.likelihood_model import LikelihoodModel
    from winback.estimators.tiers import ValueTiers
    from winback.estimators.uplift import UpliftModel

_CONTEST = ("candidate", "brier", "log_loss", "auc", "ece", "calibration")


def value_card(model: CustomerValueModel | LearnedValueModel) -> str:
    """Describe a value model: its two halves with their parameters, and its economics.

    Examples
    --------
    >>> from winback.estimators.customer_value import CustomerValueModel
    >>> model = CustomerValueModel("rate", "own_mean", horizon_days=90)
    >>> text = value_card(model.fit(model.input_example()))
    >>> "90 days" in text, "customers" in text
    (True, True)
    """
    facts: dict[str, Any] = {
        "fitted on": f"{model.n_:,} customers",
        "predicts": f"the {model.horizon_days:,g} days after as_of",
        "margin": model.margin,
        "discount rate": f"{model.discount_rate:.0%} a year",
        "spread of the level": model.level_spread or None,
        "mean of": getattr(model, "members", None),
        "learned from": _learned(model),
    }
    rows = [
        (role, _name(part), _parameters(part))
        for role, part in (("how often", model.purchase_model_), ("how much", model.spend_model_))
        if part is not None
    ]
    if model.spend_model_ is None:
        facts["amounts"] = "none: nothing about money is predicted"
    return card(
        type(model).__name__,
        facts,
        tables=[Table(("part", "model", "parameters"), rows)],
        notes=model.caveats_,
    )


def likelihood_card(model: LikelihoodModel) -> str:
    """Describe a model fitted by maximum likelihood: its parameters, and how well it fits."""
    facts = {
        "fitted on": f"{model.n_:,.0f} customers",
        "log-likelihood": f"{model.log_likelihood_:,.2f}",
        "AIC": f"{model.aic_:,.2f}",
        "BIC": f"{model.bic_:,.2f}",
        "converged": model.converged_,
    }
    summary = model.summary_
    header = ("parameter", *(str(name).replace("_", " ") for name in summary.columns))
    notes = [f"{model.degenerate_}." if model.degenerate_ else ""]
    table = Table(header, summary.itertuples(name=None))
    return card(repr(model), facts, tables=[table], notes=notes)


def churn_card(model: ChurnModel) -> str:
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
    facts["why"] = model.reasons_.removesuffix(f"; {drift.get('sentence')}")
    dropped = "; ".join(f"{name}: {why}" for name, why in model.dropped_.items())
    notes = [
        drift["sentence"] + "." if drift.get("notable") else "",
        f"did not compete: {dropped}." if dropped else "",
    ]
    return card("ChurnModel", facts, tables=tables, notes=notes)


def tiers_card(model: ValueTiers) -> str:
    """Describe value tiers: their profile, how stable and how far apart they are."""
    profile = model.profile_
    names = [name for name in profile.columns if name != "customers"]
    facts = {
        "learned from": f"{int(profile['customers'].sum()):,} customers",
        "tiers": model.names_,
        "stability": f"{model.stability_:.2f} (1: refits agree on everybody)",
        "separation": f"{model.separation_:.2f} ({model.separation_reference_:.2f} by chance)",
    }
    rows = [(tier, row["customers"], *row[names]) for tier, row in profile.iterrows()]
    header = ("tier", "customers", *(name.replace("_", " ") for name in names))
    notes = [model.note_ + "." if model.note_ else ""]
    return card("ValueTiers", facts, tables=[Table(header, rows, "Means at training")], notes=notes)


def uplift_card(model: UpliftModel) -> str:
    """Describe what past campaigns have shown: the overall gain, and by kind of customer."""
    counted = model.status_ != "too few"
    facts = {
        "measures": "the gain in P(return) by a contact",
        "status": model.status_,
        "gain": f"{100 * model.overall_:+.1f} points, {100 * model.low_:+.1f} to "
        f"{100 * model.high_:+.1f} ({model.level:.0%} interval)"
        if counted
        else None,
        "from": f"{model.n_treated_:,} contacted, {model.n_control_:,} left alone, "
        f"{model.returns_:,} returns",
    }
    header = ("cell", "contacted", "left alone", "difference", "deviation believed")
    tables = [
        Table(header, ((cell, *row) for cell, *row in _cells(factor)), f"By {name}")
        for name, factor in (model.factors_.items() if counted else ())
    ]
    return card("UpliftModel", facts, tables=tables, notes=[model.reason_])


def _cells(factor: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    columns = factor[["n_treated", "n_control", "difference", "deviation"]]
    return columns.itertuples(name=None)


def _name(part: Any) -> str:
    return f"{type(part).__name__}({getattr(part, 'rule', '')})".replace("()", "")


def _parameters(part: Any) -> str:
    names = getattr(part, "names", ())
    return ", ".join(f"{name} = {getattr(part, f'{name}_'):.4g}" for name in names) or "-"


def _learned(model: Any) -> str | None:
    rows = getattr(model, "n_snapshots_", 0)
    return f"{rows:,} rows of snapshots, {model.label_days_:g} days each" if rows else None
