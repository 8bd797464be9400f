"""What a model fitted by maximum likelihood says of itself in a notebook."""

from __future__ import annotations

from typing import Any

from winback.cards import Table, card


def likelihood_card(model: Any) -> str:
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
    table = Table(header, summary.itertuples(name=None))
    return card(repr(model), facts, tables=[table], notes=[model.degenerate_])
