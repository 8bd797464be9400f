"""The side of pymc-marketing: MAP, its fastest route, with the priors it brings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from pymc_marketing import clv as pm
from terms import END, HORIZON, LEARNED, MONTHLY

PARAMETERS = {
    "bg_nbd": ("r", "alpha", "a", "b"),
    "pareto_nbd": ("r", "alpha", "s", "beta"),
    "gamma_gamma": ("p", "q", "v"),
}
MODELS = {
    "bg_nbd": pm.BetaGeoModel,
    "pareto_nbd": pm.ParetoNBDModel,
    "gamma_gamma": pm.GammaGammaModel,
}


def import_for(task: str) -> None:
    """Nothing more: the package imports all of itself."""


def rfm(orders: Any) -> Callable[[], Any]:
    """Summarise orders; answer with sums that every tool must agree on."""

    def work() -> Any:
        table = pm.utils.rfm_summary(
            orders, "customer_id", "date", "amount", observation_period_end=END
        )
        return [float(table[c].sum()) for c in ("frequency", "recency", "T", "monetary_value")]

    return work


def _fitted(name: str, customers: Any) -> Any:
    if name == "gamma_gamma":
        customers = customers[customers["frequency"] > 0]
    model = MODELS[name]()
    model.fit(data=customers, method="map", progressbar=False)
    return model


def _fit(name: str, customers: Any) -> Callable[[], dict[str, float]]:
    def work() -> dict[str, float]:
        posterior = _fitted(name, customers).fit_result
        return {parameter: float(posterior[parameter].mean()) for parameter in PARAMETERS[name]}

    return work


bg_nbd, pareto_nbd, gamma_gamma = (partial(_fit, name) for name in MODELS)


def predict(customers: Any) -> Callable[[], Any]:
    """P(alive) and expected purchases."""
    model = _fitted("bg_nbd", customers[:LEARNED])

    def work() -> Any:
        alive = model.expected_probability_alive(data=customers)
        expected = model.expected_purchases(data=customers, future_t=HORIZON)
        return [float(alive.sum()), float(expected.sum())]

    return work


def clv(customers: Any) -> Callable[[], Any]:
    """Discounted purchases times expected spend, month by month."""
    model = _fitted("bg_nbd", customers[:LEARNED])
    spend = _fitted("gamma_gamma", customers[:LEARNED])

    def work() -> Any:
        values = spend.expected_customer_lifetime_value(
            transaction_model=model,
            data=customers.copy(),
            future_t=HORIZON // 30,
            discount_rate=MONTHLY,
            time_unit="D",
        )
        return [float(values.sum())]

    return work
