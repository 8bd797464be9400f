"""What an uplift model says of itself in a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from winback.cards import Table, card


def uplift_card(model: Any) -> str:
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
