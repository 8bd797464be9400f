"""The contestants for value, simplest first: plain recipes."""

from __future__ import annotations

from typing import Any

Recipe = dict[str, Any]
ALL_DAYS: Recipe = {"estimator": "GammaGammaModel", "params": {"on": "all"}}


def _pair(purchase_model: str, spend_model: str | Recipe) -> Recipe:
    params = {"purchase_model": purchase_model, "spend_model": spend_model}
    return {"estimator": "CustomerValueModel", "params": params}


def _mean(*members: str) -> Recipe:
    return {"estimator": "LearnedValueModel", "params": {"members": list(members)}}


VALUE_CANDIDATES: dict[str, Recipe] = {
    "zero": _pair("zero", "own_mean"),
    "last_period+own_mean": _pair("last_period", "own_mean"),
    "rate+own_mean": _pair("rate", "own_mean"),
    "beta_geo+own_mean": _pair("beta_geo", "own_mean"),
    "beta_geo+gamma_gamma": _pair("beta_geo", "gamma_gamma"),
    "modified_beta_geo+gamma_gamma": _pair("modified_beta_geo", "gamma_gamma"),
    "pareto_nbd+gamma_gamma": _pair("pareto_nbd", "gamma_gamma"),
    "beta_geo+gamma_gamma_all": _pair("beta_geo", ALL_DAYS),
    "modified_beta_geo+gamma_gamma_all": _pair("modified_beta_geo", ALL_DAYS),
    "pareto_nbd+gamma_gamma_all": _pair("pareto_nbd", ALL_DAYS),
    "regular_beta_geo+gamma_gamma_all": _pair("regular_beta_geo", ALL_DAYS),
    "poisson+gamma_gamma_all": _mean("poisson"),
    "mean_tweedie_rate": _mean("tweedie", "rate"),
    "mean_btyd_count": _mean("btyd", "count"),
    "mean_btyd_tweedie": _mean("btyd", "tweedie"),
    "mean_btyd_poisson_tweedie": _mean("btyd", "poisson", "tweedie"),
    "lightgbm_count": _mean("count"),
    "lightgbm_tweedie": _mean("tweedie"),
    "lightgbm_two_stage": _mean("two_stage"),
}
"""From the simplest on: that nobody buys again; that the last period repeats itself; the heuristic
frequency x monetary value / T; BG/NBD with the customer's own mean amount (everybody's for one-time
buyers); BG, MBG and Pareto/NBD with Gamma-Gamma on repeat days, then on all purchase days;
MBG/CNBD-k with the latter, which is MBG/NBD where nobody buys regularly; Poisson regression on
log-RFM; means of what LightGBM has learned on snapshots with the heuristic, or with the purchase
and spend model (``btyd``: MBG/NBD with Gamma-Gamma on all days); and LightGBM alone."""

NAIVE = ("last_period+own_mean", "rate+own_mean")
LITERATURE = "beta_geo+gamma_gamma"
SIMPLE = (*NAIVE, LITERATURE)
"""What nobody may lose to: the naive rules, and the model of the literature."""
