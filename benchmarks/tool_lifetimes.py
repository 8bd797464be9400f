"""The side of lifetimes: each function prepares, untimed, and returns what is to be timed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lifetimes
from lifetimes.utils import summary_data_from_transaction_data
from terms import END, HORIZON, LEARNED, MONTHLY


def import_for(task: str) -> None:
    """Nothing more: the package imports all of itself."""


def rfm(orders: Any) -> Callable[[], Any]:
    """Summarise orders; answer with sums that every tool must agree on."""

    def work() -> Any:
        table = summary_data_from_transaction_data(
            orders, "customer_id", "date", "amount", observation_period_end=END
        )
        return [float(table[c].sum()) for c in ("frequency", "recency", "T", "monetary_value")]

    return work


def _history(customers: Any) -> list[Any]:
    return [customers["frequency"], customers["recency"], customers["T"]]


def bg_nbd(customers: Any) -> Callable[[], Any]:
    """Fit BG/NBD."""
    return lambda: _plain(lifetimes.BetaGeoFitter().fit(*_history(customers)))


def pareto_nbd(customers: Any) -> Callable[[], Any]:
    """Fit Pareto/NBD."""
    return lambda: _plain(lifetimes.ParetoNBDFitter().fit(*_history(customers)))


def _spend(customers: Any) -> Any:
    repeat = customers[customers["frequency"] > 0]
    return lifetimes.GammaGammaFitter().fit(repeat["frequency"], repeat["monetary_value"])


def gamma_gamma(customers: Any) -> Callable[[], Any]:
    """Fit Gamma-Gamma on the repeat customers."""
    return lambda: _plain(_spend(customers))


def _plain(model: Any) -> dict[str, float]:
    return {str(name): float(value) for name, value in model.params_.items()}


def predict(customers: Any) -> Callable[[], Any]:
    """P(alive) and expected purchases."""
    model = lifetimes.BetaGeoFitter().fit(*_history(customers[:LEARNED]))

    def work() -> Any:
        alive = model.conditional_probability_alive(*_history(customers))
        expected = model.conditional_expected_number_of_purchases_up_to_time(
            HORIZON, *_history(customers)
        )
        return [float(alive.sum()), float(expected.sum())]

    return work


def clv(customers: Any) -> Callable[[], Any]:
    """Discounted purchases times expected spend, month by month."""
    model = lifetimes.BetaGeoFitter().fit(*_history(customers[:LEARNED]))
    spend = _spend(customers[:LEARNED])

    def work() -> Any:
        values = spend.customer_lifetime_value(
            model,
            *_history(customers),
            customers["monetary_value"],
            time=HORIZON // 30,
            discount_rate=MONTHLY,
            freq="D",
        )
        return [float(values.sum())]

    return work
