"""The purchase and spend models that can be asked for by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sklearn.base import clone

from winback.errors import ModelError
from winback.estimators.purchase.beta_binomial import BetaGeoBetaBinomialModel
from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.estimators.purchase.modified_beta_geo import ModifiedBetaGeoModel
from winback.estimators.purchase.pareto_nbd import ParetoNBDModel
from winback.estimators.purchase.purchase_model import PurchaseModel
from winback.estimators.purchase.purchase_rule import PurchaseRule
from winback.estimators.purchase.regular_beta_geo import RegularBetaGeoModel
from winback.estimators.spend.gamma_gamma import GammaGammaModel
from winback.estimators.spend.spend_model import SpendModel
from winback.estimators.spend.spend_rule import SpendRule

PURCHASE_MODELS: dict[str, Callable[[float], PurchaseModel]] = {
    "beta_geo": lambda _period: BetaGeoModel(),
    "modified_beta_geo": lambda _period: ModifiedBetaGeoModel(),
    "pareto_nbd": lambda _period: ParetoNBDModel(),
    "regular_beta_geo": lambda _period: RegularBetaGeoModel(),
    "beta_binomial": lambda _period: BetaGeoBetaBinomialModel(),
    "rate": lambda _period: PurchaseRule("rate"),
    "last_period": lambda period: PurchaseRule("last_period", period=period),
    "zero": lambda _period: PurchaseRule("zero"),
}
SPEND_MODELS: dict[str, Callable[[], SpendModel]] = {
    "gamma_gamma": GammaGammaModel,
    "own_mean": partial(SpendRule, "own_mean"),
    "pooled_mean": partial(SpendRule, "pooled_mean"),
}


def make_purchase_model(wanted: str | PurchaseModel, period: float) -> PurchaseModel:
    """Return an unfitted purchase model: a copy of the one given, or the one of this name.

    Parameters
    ----------
    wanted
        A name of `PURCHASE_MODELS`, or an unfitted model.
    period
        What ``last_period`` was counted over.

    Raises
    ------
    ModelError
        There is none of this name.

    Examples
    --------
    >>> make_purchase_model("rate", 90)
    PurchaseRule()
    """
    if isinstance(wanted, PurchaseModel):
        return clone(wanted)  # type: ignore[no-any-return]
    if wanted not in PURCHASE_MODELS:
        allowed = ", ".join(PURCHASE_MODELS)
        raise ModelError("unknown purchase model", got=wanted, allowed=allowed)
    return PURCHASE_MODELS[wanted](period)


def make_spend_model(wanted: str | SpendModel | None) -> SpendModel | None:
    """Return an unfitted spend model, as `make_purchase_model`; None for none.

    Examples
    --------
    >>> make_spend_model("gamma_gamma")
    GammaGammaModel()
    """
    if wanted is None:
        return None
    if isinstance(wanted, SpendModel):
        return clone(wanted)  # type: ignore[no-any-return]
    if wanted not in SPEND_MODELS:
        raise ModelError("unknown spend model", got=wanted, allowed=", ".join(SPEND_MODELS))
    return SPEND_MODELS[wanted]()
