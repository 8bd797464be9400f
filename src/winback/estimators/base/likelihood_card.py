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


def likelihood_text(model: Any) -> str:
    """Describe the same in plain text, as `print` shows it.

    Examples
    --------
    >>> import pandas as pd
    >>> from winback.estimators.spend.gamma_gamma import GammaGammaModel
    >>> frame = pd.DataFrame({"frequency": [1, 2, 3, 4, 2] * 9,
    ...                       "monetary_value": [10.0, 30.0, 22.0, 15.0, 18.0] * 9})
    >>> print(likelihood_text(GammaGammaModel().fit(frame)).partition(",")[0])
    GammaGammaModel() fitted on 45 customers
    """
    fit = f"log-likelihood {model.log_likelihood_:,.2f}, AIC {model.aic_:,.2f}"
    lines = [
        f"{model!r} fitted on {model.n_:,.0f} customers, {fit}",
        model.summary_.to_string(float_format=lambda value: f"{value:.4g}"),
    ]
    if not model.converged_:
        lines.append("the optimiser did not converge")
    if model.degenerate_:
        lines.append(f"caveat: {model.degenerate_}")
    return "\n".join(lines)
