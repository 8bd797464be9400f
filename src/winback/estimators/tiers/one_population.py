"""Customers of one population: what a cut looks like where there are no segments.

Purchases are skewed, and tied at "bought once". A cloud that is neither, such as a Gaussian, is cut
less cleanly, and would make clusters of what is only skewness. So customers are drawn from BG/NBD
and Gamma-Gamma fitted to those at hand: rates, dropouts and spends that differ by one smooth law
each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from winback.errors import WinbackError
from winback.estimators.base.frames import FloatArray
from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.estimators.spend.gamma_gamma import GammaGammaModel

YEAR = 365.0
Drawn = Callable[[np.random.Generator], pd.DataFrame]


def one_population(data: Mapping[str, FloatArray]) -> Drawn | None:
    """Fit one population to customers, and return what draws as many of it.

    Parameters
    ----------
    data
        `frequency`, `recency`, `T` (days) and `monetary_value`, each of shape (n,).

    Returns
    -------
    callable or None
        From a random generator to a frame of n customers: these columns, and `clv`, the spend (of
        purchases, where there are no amounts) that the models expect within a year. None: the
        models cannot be fitted.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.negative_binomial(1, 0.2, 500).astype(float)
    >>> draw = one_population({"frequency": x, "recency": np.where(x > 0, 300.0, 0.0),
    ...                        "T": np.full(500, 360.0), "monetary_value": 10.0 * (x > 0)})
    >>> drawn = draw(rng)
    >>> len(drawn), bool((drawn["recency"] <= drawn["T"]).all())
    (500, True)
    """
    frame = pd.DataFrame(data)[["frequency", "recency", "T", "monetary_value"]]
    try:
        purchases = BetaGeoModel().fit(frame)
        spend = GammaGammaModel().fit(frame) if (frame["monetary_value"] > 0).any() else None
    except WinbackError:
        return None
    ages = frame["T"].to_numpy()

    def draw(rng: np.random.Generator) -> pd.DataFrame:
        x, last = _purchases(purchases, ages, rng)
        drawn = pd.DataFrame({"frequency": x, "recency": last, "T": ages})
        drawn["monetary_value"] = 0.0 if spend is None else _spend(spend, x, rng)
        worth = 1.0 if spend is None else spend.expected_spend(drawn)
        return drawn.assign(clv=worth * purchases.expected_purchases(drawn, YEAR))

    return draw


def _purchases(
    model: BetaGeoModel, ages: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Draw repeat purchase days within the ages, and the age at the last of them.

    Of N arrivals of a Poisson process the k-th comes at a Beta(k, N + 1 - k) share of the time; who
    drops out after the k-th purchase with the same chance each time makes a geometric number.
    """
    n = len(ages)
    rate = rng.gamma(model.r_, 1 / model.alpha_, n)
    arrivals = rng.poisson(rate * ages).astype(np.float64)
    if model.a_ > 0:
        leaves = np.clip(rng.beta(model.a_, model.b_, n), 1e-12, 1.0)
        made = np.minimum(arrivals, rng.geometric(leaves))
    else:
        made = arrivals
    made = np.minimum(made, np.floor(ages))  # one a day
    share = rng.beta(np.maximum(made, 1.0), arrivals + 1 - np.minimum(made, arrivals))
    last = np.clip(np.ceil(share * ages), made, np.floor(ages))
    return made, np.where(made > 0, last, 0.0)


def _spend(model: GammaGammaModel, orders: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw the mean amount of so many orders; 0 of none."""
    alike = not all(np.isfinite([model.p_, model.q_, model.v_])) or model.q_ <= 0
    if alike:
        return np.where(orders > 0, model.population_mean_, 0.0)
    rate = rng.gamma(model.q_, 1 / model.v_, len(orders))
    many = np.maximum(orders, 1.0)
    mean = rng.gamma(model.p_ * many) / (rate * many)
    return np.where(orders > 0, mean, 0.0)
