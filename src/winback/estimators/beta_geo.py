"""BG/NBD: purchases at a customer's own rate until the customer, after some purchase, is gone."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.special import betaincinv, expit, gammaincinv

from winback.errors import NotEnoughDataError
from winback.estimators.beta_geo_expectation import expected_alive
from winback.estimators.beta_geo_likelihood import PurchaseTally
from winback.estimators.bridge import lifetimes_fitter
from winback.estimators.frames import FloatArray, read_columns, read_weight
from winback.estimators.optimum import Optimum, covariance, maximise, summarise
from winback.estimators.purchase import Columns, PurchaseModel
from winback.estimators.simulation import DROPOUT, LAST, RATE, Draws, count_arrivals

MIN_REPEAT_CUSTOMERS = 20  # five for each of the four parameters; fewer leave them undetermined
LOWER, UPPER = 1e-5, 1e4  # in units of the mean age; beyond, the model has reached a limit
# Log-likelihood that dropout must gain over its absence: its two parameters have to earn their
# keep by Akaike's criterion. Where the maximum lies at a -> 0 the gain is 0 up to rounding; where
# nobody drops out, chance alone gives up to about 2, with a and b anywhere.
GAIN = 2.0
THINNED = 20_000  # rows of a first, rough climb where there are more
NAMES = ("r", "alpha", "a", "b")


class BetaGeoModel(PurchaseModel):
    """The BG/NBD model of Fader, Hardie & Lee (2005).

    While alive, a customer buys as a Poisson process whose rate is Gamma(r, alpha) over
    customers; after each repeat purchase the customer drops out with a probability that is
    Beta(a, b) over customers. Fitted by maximum likelihood on distinct histories, with exact
    derivatives, and verified (gradient, Hessian).

    Where the data show no dropout (a -> 0 or a/(a+b) -> 0, the likelihood's maximum lies at
    its edge), the nested model without dropout is fitted instead: the NBD, with r and alpha
    re-estimated, ``a_ = 0`` and P(alive) = 1; ``degenerate_`` says so.

    Attributes
    ----------
    r_, alpha_, a_, b_ : float
        The parameters; alpha in the time unit of the frame.
    log_likelihood_ : float
        In the data's own unit, no constant dropped.
    converged_ : bool
        Whether the gradient vanishes and the Hessian is negative definite.
    degenerate_ : str or None
        One sentence saying why the model without dropout was fitted.
    n_, n_repeat_ : float
        Customers, and those with a repeat purchase.
    covariance_ : ndarray of shape (4, 4)
        Of (r, alpha, a, b), from the exact Hessian; NaN where a parameter is not estimated.
    diagnostics_ : dict
        Gradient norm (per customer, in log-parameters), condition, starts, parameters at a
        bound, gain of the log-likelihood over the model without dropout.

    References
    ----------
    P. Fader, B. Hardie, K. L. Lee (2005), "Counting Your Customers" the Easy Way, Marketing
    Science 24(2), 275-284.

    Examples
    --------
    >>> frame = pd.DataFrame(
    ...     {
    ...         "frequency": [0, 1, 1, 2, 3, 5, 8],
    ...         "recency": [0, 5, 30, 12, 30, 35, 37],
    ...         "T": 39,
    ...         "weight": [600, 150, 60, 60, 40, 30, 15],
    ...     }
    ... )
    >>> model = BetaGeoModel().fit(frame)
    >>> model.converged_, model.degenerate_
    (True, None)
    >>> model.expected_purchases(frame, horizon=13).round(2).tolist()
    [0.07, 0.07, 0.17, 0.23, 0.67, 1.23, 2.03]
    """

    r_: float
    alpha_: float
    a_: float
    b_: float

    def fit(self, frame: pd.DataFrame, y: None = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Fit to one row per customer, or one per distinct history with a ``weight``.

        Parameters
        ----------
        frame
            Columns ``frequency``, ``recency``, ``T`` and optionally ``weight``.

        Raises
        ------
        ModelError
            If a column is missing or a row is impossible.
        NotEnoughDataError
            If fewer than 20 customers have bought again.
        """
        data = read_columns(frame, self.columns, reader="BetaGeoModel")
        weight = read_weight(frame, reader="BetaGeoModel")
        tally = PurchaseTally.of_customers(data["frequency"], data["recency"], data["T"], weight)
        if tally.n_repeat < MIN_REPEAT_CUSTOMERS:
            raise NotEnoughDataError(
                "too few customers have bought again to fit BG/NBD",
                got=f"{tally.n_repeat:,.0f} of {tally.n:,.0f}",
                allowed=f"at least {MIN_REPEAT_CUSTOMERS}",
                hint="use the simple rule 'rate', or more history",
            )
        self._fit_tally(tally)
        return self

    def _fit_tally(self, tally: PurchaseTally) -> None:
        mean = tally.purchases / tally.n
        nested = maximise(
            tally.no_dropout,
            [(1.0, 1.0 / mean), (0.1, 0.1 / mean), (10.0, 10.0 / mean)],
            n=tally.n,
            lower=LOWER,
            upper=UPPER,
        )
        r, alpha = nested.parameters
        starts = [(r, alpha, a, b) for a, b in ((0.8, 2.5), (0.1, 0.3), (2.0, 30.0))]
        if len(tally.w) > THINNED:  # climb most of the way on few rows
            few = tally.thinned(THINNED)
            near = maximise(few.beta_geo, starts, n=few.n, lower=LOWER, upper=UPPER)
            starts.insert(0, tuple(near.parameters))
        full = maximise(
            tally.beta_geo,
            starts,
            n=tally.n,
            lower=LOWER,
            upper=UPPER,
        )
        gain = full.log_likelihood - nested.log_likelihood
        self.degenerate_ = _no_dropout_reason(full, gain)
        best = full if self.degenerate_ is None else nested
        self.r_, self.alpha_ = float(best.parameters[0]), float(best.parameters[1]) * tally.unit
        self.a_, self.b_ = (
            (float(full.parameters[2]), float(full.parameters[3]))
            if best is full
            else (0.0, 2.0)  # any b will do
        )
        self.log_likelihood_ = best.log_likelihood + tally.unit_correction
        self.converged_ = best.converged
        self.n_, self.n_repeat_ = tally.n, tally.n_repeat
        scale = np.array([1.0, tally.unit, 1.0, 1.0])
        self.covariance_ = np.full((4, 4), np.nan)
        k = len(best.parameters)
        self.covariance_[:k, :k] = covariance(best.hessian) * np.outer(scale[:k], scale[:k])
        self.diagnostics_ = {
            **best.diagnostics,
            "at_bound": [name for name, edge in zip(NAMES, best.at_bound, strict=False) if edge],
            "gain_over_no_dropout": float(gain),
            "distinct_histories": len(tally.w),
        }

    @property
    def summary_(self) -> pd.DataFrame:
        """The parameters with standard errors and 95% intervals (delta method, in logs)."""
        value = np.array([self.r_, self.alpha_, self.a_, self.b_])
        return summarise(NAMES, value, self.covariance_)

    def _alive(self, data: Columns) -> FloatArray:
        """P(alive) = 1 / (1 + [x > 0] a/(b+x-1) ((alpha+T)/(alpha+t_x))^(r+x)).

        Fader, Hardie & Lee (2008), "Computing P(alive) using the BG/NBD model", in logs: the
        power overflows for frequent customers.
        """
        x, tx, T = data["frequency"], data["recency"], data["T"]
        if self.a_ == 0:
            return np.ones_like(x)
        gap = np.log1p((T - tx) / (self.alpha_ + tx))
        odds = np.log(self.a_ / (self.b_ + np.maximum(x, 1.0) - 1)) + (self.r_ + x) * gap
        return np.where(x > 0, expit(-odds), 1.0)

    def _exposure(self, data: Columns) -> FloatArray:
        return data["T"]

    def _expected_alive(
        self, frequency: FloatArray, exposure: FloatArray, horizons: FloatArray
    ) -> FloatArray:
        """Return equation (10) of the paper without P(alive)."""
        parameters = (self.r_, self.alpha_, self.a_, self.b_)
        return expected_alive(parameters, frequency, exposure, horizons)

    def _buys_alive(
        self, frequency: FloatArray, exposure: FloatArray, horizon: float
    ) -> FloatArray:
        """1 - ((alpha+T)/(alpha+T+H))^(r+x): no purchase, hence no dropout, within H."""
        s, h = self.r_ + frequency, horizon / (self.alpha_ + exposure)
        return np.asarray(-np.expm1(-s * np.log1p(h)))

    def _draw_counts(self, draws: Draws, exposure: FloatArray, horizon: float) -> FloatArray:
        """Purchases = min(Poisson(lambda H), Geometric(p)): the last one ends the relation."""
        rate = gammaincinv(self.r_ + draws.frequency, draws.strata(RATE))
        counts = count_arrivals(draws, rate, horizon / (self.alpha_ + exposure))
        if self.a_ == 0:
            return counts
        p = betaincinv(self.a_, self.b_ + draws.frequency, draws.strata(DROPOUT))
        with np.errstate(divide="ignore"):
            last = np.ceil(np.log1p(-draws.strata(LAST)) / np.log1p(-p))
        return np.asarray(np.minimum(counts, np.maximum(last, 1.0)))

    def to_lifetimes(self) -> Any:
        """Return a fitted ``lifetimes.BetaGeoFitter`` that predicts and draws alike."""
        values = (self.r_, self.alpha_, max(self.a_, 1e-12), self.b_)  # it divides by a
        fitter = lifetimes_fitter("BetaGeoFitter", dict(zip(NAMES, values, strict=True)))
        fitter.predict = fitter.conditional_expected_number_of_purchases_up_to_time
        return fitter


def _no_dropout_reason(full: Optimum, gain: float) -> str | None:
    """Say in one sentence why dropout is not identified, or None where it is."""
    a, b = float(full.parameters[2]), float(full.parameters[3])
    if gain > GAIN:
        return None
    return (
        f"the data do not identify dropout (a = {a:.2g}, b = {b:.2g}: mean dropout probability "
        f"{a / (a + b):.2g}, a gain of {max(gain, 0.0):.3f} in log-likelihood), so the NBD without "
        "dropout is used and P(alive) is 1"
    )
