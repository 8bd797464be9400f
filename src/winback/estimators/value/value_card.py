"""What a fitted value model says of itself in a notebook."""

from __future__ import annotations

from typing import Any

from winback.cards import Table, card


def value_card(model: Any) -> str:
    """Describe a value model: its two halves with their parameters, and its economics.

    Examples
    --------
    >>> from winback.estimators.value.customer_value import CustomerValueModel
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
        "spread of the level": model.level[0] or None,
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


def _name(part: Any) -> str:
    return f"{type(part).__name__}({getattr(part, 'rule', '')})".replace("()", "")


def _parameters(part: Any) -> str:
    names = getattr(part, "names", ())
    return ", ".join(f"{name} = {getattr(part, f'{name}_'):.4g}" for name in names) or "-"


def _learned(model: Any) -> str | None:
    rows = getattr(model, "n_snapshots_", 0)
    return f"{rows:,} rows of snapshots, {model.label_days_:g} days each" if rows else None
