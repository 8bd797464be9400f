"""Gamma-Gamma: what a purchase day is worth, shrunken between the customer and everybody."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.special import gammaincinv, gammaln, polygamma, psi

from winback.errors import NotEnoughDataError
from winback.estimators.baselines import SpendRule
from winback.estimators.bridge import lifetimes_fitter
from winback.estimators.frames import FloatArray, read_columns, read_weight, tally_rows, thin
from winback.estimators.optimum import Optimum, covariance, edge_reason, maximise, summarise
from winback.estimators.simulation import SPEND, Draws
from winback.estimators.spend import Columns, SpendModel

MIN_SPENDERS = 15  # five for each of the three parameters; fewer leave them undetermined
LOWER, UPPER = 1e-5, 1e4  # with amounts divided by their mean; beyond, a limit is reached
# Mean spend over the population is v p/(q-1), infinite at q = 1. Where the fit puts it at more
# than this multiple of what was seen, the tail and not the customers would set the prediction.
MEAN_RATIO = 2.0
ALIKE = 1e-6  # mean amounts within this share of each other are one amount
THINNED = 20_000  # rows of a first, rough climb where there are more
BLOCK = 8192  # rows at once: their arrays stay in the processor's cache
NAMES = ("p", "q", "v")


class GammaGammaModel(SpendModel):
    """The Gamma-Gamma model of spend of Fader & Hardie (2013).

    The amount of a purchase day is Gamma(p, nu), where nu is Gamma(q, v) over customers and
    independent of how often they buy. Fitted by maximum likelihood on customers with repeat
    purchase days and a positive mean; others are predicted at the population's mean.

    Where that mean does not exist or is far from what was seen (q <= 1 or close to it), the
    model's own limit q -> 1 is used instead: a customer's own mean, and the pooled mean for
    customers without one; ``degenerate_`` says so.

    Attributes
    ----------
    p_, q_, v_ : float
        The parameters; v in the currency of ``monetary_value``.
    log_likelihood_ : float
        In the data's own unit, no constant dropped.
    converged_ : bool
        Whether the gradient vanishes and the Hessian is negative definite.
    degenerate_ : str or None
        One sentence saying why the limit is used.
    n_ : float
        Customers fitted on.
    population_mean_ : float
        Expected spend of a customer about whom nothing is known.
    covariance_ : ndarray of shape (3, 3)
        Of (p, q, v), from the exact Hessian.

    References
    ----------
    P. Fader, B. Hardie (2013), The Gamma-Gamma Model of Monetary Value,
    http://www.brucehardie.com/notes/025/

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> nu = rng.gamma(4, 1 / 15, 400)
    >>> x = rng.integers(1, 6, 400)
    >>> frame = pd.DataFrame({"frequency": x, "monetary_value": rng.gamma(6 * x) / nu / x})
    >>> model = GammaGammaModel().fit(frame)
    >>> model.degenerate_ is None
    True
    """

    p_: float
    q_: float
    v_: float

    def fit(self, frame: pd.DataFrame, y: None = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Fit to one row per customer, or one per distinct history with a ``weight``.

        Parameters
        ----------
        frame
            Columns ``frequency``, ``monetary_value`` and optionally ``weight``.

        Raises
        ------
        ModelError
            If a column is missing or a row is impossible.
        NotEnoughDataError
            If fewer than 15 customers have repeat purchase days of positive value.
        """
        data = read_columns(frame, self.columns, reader="GammaGammaModel")
        weight = read_weight(frame, reader="GammaGammaModel")
        used = self._informed(data) > 0
        (x, m), w = tally_rows(
            [data["frequency"][used], data["monetary_value"][used]],
            None if weight is None else weight[used],
        )
        self.n_ = float(w.sum())
        if self.n_ < MIN_SPENDERS:
            raise NotEnoughDataError(
                "too few customers have repeat purchases of positive value to fit Gamma-Gamma",
                got=f"{self.n_:,.0f}",
                allowed=f"at least {MIN_SPENDERS}",
                hint="use the simple rule 'own_mean', or more history",
            )
        unit = float(w @ m) / self.n_
        tally = SpendTally(x, m / unit, w)
        starts = [(p, q, (q - 1) / p) for p, q in ((3.0, 3.0), (1.0, 2.0), (20.0, 10.0))]
        if len(x) > THINNED:  # climb most of the way on few rows
            few = tally.thinned(THINNED)
            near = maximise(few.gamma_gamma, starts, n=few.n, lower=LOWER, upper=UPPER)
            starts.insert(0, tuple(near.parameters))
        best = maximise(
            tally.gamma_gamma,
            starts,
            n=self.n_,
            lower=LOWER,
            upper=UPPER,
        )
        self.p_, self.q_ = float(best.parameters[0]), float(best.parameters[1])
        self.v_ = float(best.parameters[2]) * unit
        self.log_likelihood_ = best.log_likelihood - self.n_ * float(np.log(unit))
        self.converged_ = best.converged
        scale = np.array([1.0, 1.0, unit])
        self.covariance_ = covariance(best) * np.outer(scale, scale)
        self.diagnostics_ = {
            **best.diagnostics,
            "at_bound": [name for name, edge in zip(NAMES, best.at_bound, strict=True) if edge],
        }
        alike = float(np.ptp(m)) <= ALIKE * unit
        seen = float(w @ (x * m)) / float(w @ x)
        self._settle_mean(frame, best, seen, alike=alike)
        return self

    def _settle_mean(self, frame: pd.DataFrame, best: Optimum, seen: float, *, alike: bool) -> None:
        mean = self.p_ * self.v_ / (self.q_ - 1) if self.q_ > 1 else np.inf
        self.population_mean_ = mean
        self.fallback_: SpendRule | None = None
        self.degenerate_: str | None = edge_reason(NAMES, best)
        if alike or not self.converged_ or mean > MEAN_RATIO * seen:
            self.fallback_ = SpendRule("own_mean").fit(frame)
            self.population_mean_ = self.fallback_.mean_
            self.degenerate_ = (
                f"{self._why(mean, seen, alike)}, so a customer's own mean is used, and the pooled "
                "mean where there is none"
            )

    def _why(self, mean: float, seen: float, alike: bool) -> str:
        """Say why the fit is not used: where it has not converged, its mean tells nothing."""
        if alike:
            return f"Gamma-Gamma has no spread to learn from (all mean amounts are {seen:.4g})"
        if self.converged_:
            found = f"{mean:.3g}" if np.isfinite(mean) else "infinite"
            return (
                f"the fitted spend has no usable mean (q = {self.q_:.3g}: {found} against "
                f"{seen:.3g} seen)"
            )
        return "no maximum of Gamma-Gamma could be verified"

    @property
    def summary_(self) -> pd.DataFrame:
        """The parameters with standard errors and 95% intervals (delta method, in logs)."""
        value = np.array([self.p_, self.q_, self.v_])
        return summarise(NAMES, value, self.covariance_)

    def _expected(self, data: Columns) -> FloatArray:
        """E[spend | x, m] = p (v + x m) / (p x + q - 1), equation (5)."""
        if self.fallback_ is not None:
            return self.fallback_._expected(data)  # noqa: SLF001 - the contract
        x = self._informed(data)
        return self.p_ * (self.v_ + x * data["monetary_value"]) / (self.p_ * x + self.q_ - 1)

    def _scale(self, data: Columns) -> FloatArray:
        if self.fallback_ is not None:
            return self.fallback_._scale(data)  # noqa: SLF001 - the contract
        return self.v_ + self._informed(data) * data["monetary_value"]

    def _draw_spend(self, draws: Draws) -> tuple[float, FloatArray]:
        """Amounts are Gamma(p, nu), nu ~ Gamma(q + p x, v + x m) given the history."""
        if self.fallback_ is not None:
            return self.fallback_._draw_spend(draws)  # noqa: SLF001 - the contract
        shape = self.q_ + self.p_ * draws.frequency
        return self.p_, 1.0 / gammaincinv(shape, draws.strata(SPEND))

    def to_lifetimes(self) -> Any:
        """Return a fitted ``lifetimes.GammaGammaFitter`` with these parameters."""
        values = (self.p_, self.q_, self.v_)
        return lifetimes_fitter("GammaGammaFitter", dict(zip(NAMES, values, strict=True)))


class SpendTally:
    """Repeat customers grouped by (frequency, mean amount), amounts in units of their mean.

    Parameters
    ----------
    x, m, w
        Repeat purchase days >= 1, their mean amount > 0, and the number of such customers.
    """

    def __init__(self, x: FloatArray, m: FloatArray, w: FloatArray) -> None:
        self.x, self.m, self.w, self.total = x, m, w, x * m
        self.n = float(w.sum())
        self.counts, at = np.unique(x, return_inverse=True)
        self.count_weight = np.bincount(at, w)
        self.sum_log_total = float(w @ (x * np.log(self.total)))
        self.constant = -float(w @ np.log(m))

    def thinned(self, at_most: int) -> SpendTally:
        """Return a systematic sample of ``at_most`` customers."""
        kept, count = thin(self.w, at_most)
        return SpendTally(self.x[kept], self.m[kept], count)

    def gamma_gamma(
        self, theta: FloatArray, hessian: bool
    ) -> tuple[float, FloatArray, FloatArray | None]:
        """Return the log-likelihood of equation (1a), its gradient and Hessian in (p, q, v).

        ln L = lnG(px+q) - lnG(px) - lnG(q) + q ln v + px ln(xm) - ln m - (px+q) ln(xm+v);
        gamma terms on distinct x.
        """
        p, q, v = theta
        n, x, w = self.n, self.counts, self.count_weight
        w_log = wx_log = w_inverse = wx_inverse = w_square = wx_square = 0.0
        for start in range(0, len(self.w), BLOCK):  # the terms in x m + v
            rows = slice(start, start + BLOCK)
            weight, wx = self.w[rows], self.w[rows] * self.x[rows]
            pooled = self.total[rows] + v
            log_pooled, inverse = np.log(pooled), 1 / pooled
            w_log += weight @ log_pooled
            wx_log += wx @ log_pooled
            w_inverse += weight @ inverse
            wx_inverse += wx @ inverse
            if hessian:
                w_square += weight @ inverse**2
                wx_square += wx @ inverse**2
        px, k = p * x, p * x + q
        value = (
            w @ (gammaln(k) - gammaln(px))
            + n * (q * np.log(v) - gammaln(q))
            + p * (self.sum_log_total - wx_log)
            - q * w_log
            + self.constant
        )
        slope = np.array(
            [
                w @ (x * (psi(k) - psi(px))) + self.sum_log_total - wx_log,
                w @ psi(k) + n * (np.log(v) - psi(q)) - w_log,
                n * q / v - p * wx_inverse - q * w_inverse,
            ]
        )
        if not hessian:
            return float(value), slope, None
        bend = np.empty((3, 3))
        bend[0, 0] = w @ (x**2 * (polygamma(1, k) - polygamma(1, px)))
        bend[0, 1] = bend[1, 0] = w @ (x * polygamma(1, k))
        bend[0, 2] = bend[2, 0] = -wx_inverse
        bend[1, 1] = w @ polygamma(1, k) - n * polygamma(1, q)
        bend[1, 2] = bend[2, 1] = n / v - w_inverse
        bend[2, 2] = -n * q / v**2 + p * wx_square + q * w_square
        return float(value), slope, bend
