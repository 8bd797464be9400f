# ruff: noqa: PLC0415 - only what a task needs is imported, as its user would
"""winback's side: each function prepares, untimed, and returns what is to be timed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from math import log1p
from typing import Any

from terms import END, FUTURES, HORIZON, LEARNED, MONTHLY

MODELS = {
    "bg_nbd": "BetaGeoModel",
    "pareto_nbd": "ParetoNBDModel",
    "gamma_gamma": "GammaGammaModel",
}


def import_for(task: str) -> None:
    """Import what a user of this task would import."""
    if task.startswith("rfm"):
        import ibis

        import_module("winback.features.rfm")
        ibis.set_backend(import_module("winback.data.connect").open_engine(threads=1))
        return
    for name in [task] if task in MODELS else ["bg_nbd", "gamma_gamma"]:
        _model(name)
    if task == "clv_interval":
        import_module("winback.estimators.value.customer_value")


def _model(name: str) -> Any:
    return getattr(import_module("winback"), MODELS[name])()


def rfm(orders: Any) -> Callable[[], Any]:
    """Summarise orders; answer with sums that every tool must agree on."""
    from winback.features.rfm import rfm_summary

    def work() -> Any:
        table = rfm_summary(orders, as_of=END)
        return [float(table[c].sum()) for c in ("frequency", "recency", "T", "monetary_value")]

    return work


def _fit(name: str, customers: Any) -> Callable[[], dict[str, float]]:
    def work() -> dict[str, float]:
        model = _model(name).fit(customers)
        return {parameter: float(getattr(model, f"{parameter}_")) for parameter in model.names}

    return work


bg_nbd, pareto_nbd, gamma_gamma = (partial(_fit, name) for name in MODELS)


def predict(customers: Any) -> Callable[[], Any]:
    """P(alive) and expected purchases."""
    model = _model("bg_nbd").fit(customers[:LEARNED])

    def work() -> Any:
        alive = model.p_alive(customers)
        return [float(alive.sum()), float(model.expected_purchases(customers, HORIZON).sum())]

    return work


def clv(customers: Any) -> Callable[[], Any]:
    """Discounted purchases times expected spend."""
    model = _model("bg_nbd").fit(customers[:LEARNED])
    spend = _model("gamma_gamma").fit(customers[:LEARNED])
    rate = log1p(MONTHLY) / 30

    def work() -> Any:
        purchases = model.discounted_purchases(customers, HORIZON, rate=rate)
        return [float((purchases * spend.expected_spend(customers)).sum())]

    return work


def clv_interval(customers: Any) -> Callable[[], Any]:
    """CLV with the 80% interval of each customer, which no other tool here gives."""
    from winback.estimators.value.customer_value import CustomerValueModel

    yearly = (1 + MONTHLY) ** (365 / 30) - 1
    model = CustomerValueModel(horizon_days=HORIZON, discount_rate=yearly, n_draws=FUTURES)
    model.fit(customers[:LEARNED])
    return lambda: [float(model.predict(customers)["clv"].sum())]
