"""Pareto/NBD: purchases at a customer's own rate for a lifetime of the customer's own length."""

from __future__ import annotations

import numpy as np
from scipy.special import exprel, gammaincinv

from winback.estimators.base.discounting import kummer_u1
from winback.estimators.base.frames import FloatArray, group_rows
from winback.estimators.base.optimum import Likelihood
from winback.estimators.base.power_integral import Stretch, log_power_integral
from winback.estimators.base.simulation import DROPOUT, LAST, RATE, Draws, Horizons, count_arrivals
from winback.estimators.purchase.dropout import DropoutModel
from winback.estimators.purchase.pareto_nbd_likelihood import ParetoNBDLikelihood
from winback.estimators.purchase.purchase_model import Columns
from winback.estimators.purchase.purchase_tally import PurchaseTally
from winback.messages import Message


class ParetoNBDModel(DropoutModel):
    """The Pareto/NBD model of Schmittlein, Morrison & Colombo (1987).

    While alive, a customer buys as a Poisson process whose rate is Gamma(r, alpha) over
    customers; lifetimes are exponential, with rates that are Gamma(s, beta) over customers. A
    customer may be gone at any time, not only after a purchase, so that P(alive) of a one-time
    buyer falls with time.

    Fitted by maximum likelihood on distinct histories, with exact derivatives, and verified
    (gradient, Hessian). Where the data show no dropout (s -> 0 or beta -> infinity, the
    likelihood's maximum lies at its edge), the nested NBD without it is fitted instead,
    ``s_ = 0`` and P(alive) = 1; ``degenerate_`` says so.

    Attributes
    ----------
    r_, alpha_, s_, beta_ : float
        The parameters, > 0 (``s_`` = 0 without dropout); alpha and beta in the time unit of
        the frame.
    log_likelihood_, converged_, degenerate_, n_, covariance_, summary_, aic_, bic_, ...
        How good the fit is, and how sure: see `BetaGeoModel`.

    References
    ----------
    D. C. Schmittlein, D. G. Morrison, R. Colombo (1987), Counting Your Customers: Who Are They
    and What Will They Do Next?, Management Science 33(1), 1-24.
    P. S. Fader, B. G. S. Hardie (2005), A Note on Deriving the Pareto/NBD Model and Related
    Expressions, http://brucehardie.com/notes/009/

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame(
    ...     {
    ...         "frequency": [0, 1, 1, 2, 3, 5, 8],
    ...         "recency": [0, 5, 30, 12, 30, 35, 37],
    ...         "T": 39,
    ...         "weight": [600, 150, 60, 60, 40, 30, 15],
    ...     }
    ... )
    >>> model = ParetoNBDModel().fit(frame)
    >>> model.converged_, model.degenerate_
    (True, None)
    >>> model.p_alive(frame).round(2).tolist()
    [0.16, 0.17, 0.79, 0.25, 0.77, 0.9, 0.95]
    """

    title = "Pareto/NBD"
    lifetimes_name = "ParetoNBDFitter"
    names = ("r", "alpha", "s", "beta")
    in_time = (False, True, False, True)
    dropout_starts = ((0.6, 0.5), (0.2, 0.1), (3.0, 10.0), (0.5, 5.0))

    s_: float
    beta_: float

    def _likelihood(self, tally: PurchaseTally) -> Likelihood:
        return ParetoNBDLikelihood(tally)

    def _weak_dropout(self, first: float, second: float) -> Message:
        return Message("fit.weak_rate", s=first, beta=second, mean=first / second)

    def alive(self, data: Columns) -> FloatArray:
        """P(alive) = A / (A + D), of the likelihood's two parts.

        Fader & Hardie (2005), equations (36)-(37), with their A_0 as an integral:
        D/A = s/beta I / ((1+T/alpha)^-(r+x) (1+T/beta)^-s).
        """
        if self.s_ == 0:
            return np.ones_like(data["frequency"])
        parts = [data["frequency"], data["recency"], data["T"], *self._scales(data)]
        (x, tx, T, alpha, beta), position = group_rows(parts)
        r, s = self.r_, self.s_
        stretch = Stretch.of(p=r + x, alpha=alpha, q=s + 1, beta=beta, lo=tx, hi=T)
        log_gone = np.log(s / beta) + log_power_integral(stretch)
        log_alive = -(r + x) * np.log1p(T / alpha) - s * np.log1p(T / beta)
        alive: FloatArray = np.exp(log_alive - np.logaddexp(log_alive, log_gone))
        return alive[position]

    def _scales(self, data: Columns) -> tuple[FloatArray, FloatArray]:
        """Return each customer's alpha and beta."""
        n = len(data["T"])
        return np.full(n, self.alpha_), np.full(n, self.beta_)

    def _left(self, exposure: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return alpha + T and beta + T."""
        return self.alpha_ + exposure, self.beta_ + exposure

    def expected_alive(
        self, frequency: FloatArray, exposure: FloatArray, horizons: FloatArray
    ) -> FloatArray:
        """Return equation (41) of Fader & Hardie (2005) without P(alive).

        (r+x)(beta+T)/((alpha+T)(s-1)) [1 - ((beta+T)/(beta+T+t))^(s-1)], where the last two
        factors are l (e^z - 1)/z with l = ln(1 + t/(beta+T)), z = (1-s) l: no pole at s = 1.
        """
        buys, stays = self._left(exposure)
        rate = ((self.r_ + frequency) / buys)[:, None]
        if self.s_ == 0:
            return rate * horizons
        left = stays[:, None]
        log_grown = np.log1p(horizons / left)
        return np.asarray(rate * left * log_grown * exprel((1 - self.s_) * log_grown))

    def buys_alive(
        self, frequency: FloatArray, exposure: FloatArray, horizon: float, gap: float = 0.0
    ) -> FloatArray:
        """Return the integral of the density of the first purchase after the gap.

        Given alive, lambda ~ Gamma(k, alpha+T) with k = r + x and mu ~ Gamma(s, beta+T); the
        customer is there after the gap g with probability ((beta+T)/(beta+T+g))^s, then with mu
        ~ Gamma(s, beta+T+g). Still there and without a purchase at u, the next one comes at
        rate lambda:

            P = k/(alpha+T) int_0^H (1 + u/(alpha+T))^-(k+1) (1 + u/(beta+T+g))^-s du.

        The integral has a closed form in the hypergeometric function, as the likelihood's has;
        one minus the probability of silence (Fader & Hardie 2014, "Deriving the Conditional PMF
        of the Pareto/NBD Model", at 0) is the same number and cancels for short horizons.
        """
        k, (left, there) = self.r_ + frequency, self._left(exposure)
        if self.s_ == 0:
            return np.asarray(-np.expm1(-k * np.log1p(horizon / left)))
        stretch = Stretch.of(p=k + 1, alpha=left, q=self.s_, beta=there + gap, lo=0.0, hi=horizon)
        log_there = -self.s_ * np.log1p(gap / there)
        buys = k / left * np.exp(log_power_integral(stretch) + log_there)
        return np.asarray(np.clip(buys, 0.0, 1.0))

    @property
    def bend(self) -> float:
        """The shortest time within which a customer's expectation bends."""
        return self.beta_

    def discounted(self, data: Columns, horizon: float, rate: float) -> FloatArray:
        """Return DERT for an infinite horizon, in closed form.

        Fader, Hardie & Lee (2005), RFM and CLV, equation (2), without the likelihood's part that
        is P(alive): (r+x)(beta+T)/(alpha+T) Psi(1, 2-s; z), z = rate (beta+T), with Kummer's
        transformation Psi(s, s; z) = z^(1-s) Psi(1, 2-s; z).
        """
        if np.isfinite(horizon) or self.s_ == 0:
            return super().discounted(data, horizon, rate)
        buys, left = self._left(self.exposure(data))
        expected = (self.r_ + data["frequency"]) / buys
        residual = expected * left * kummer_u1(2 - self.s_, rate * left)
        return np.asarray(self.alive(data) * residual)

    def draw(self, draws: Draws, exposure: FloatArray, horizon: Horizons) -> FloatArray:
        """Count the arrivals within the horizon or the remaining lifetime, if that is shorter.

        Both counts run over the same arrivals, so that the smaller count is that of the
        shorter time.
        """
        x = draws.frequency
        rate = draws.once(("rate", self.r_), lambda: gammaincinv(self.r_ + x, draws.strata(RATE)))
        left, there = self._left(exposure)
        counts = count_arrivals(draws, rate, horizon / left)
        if self.s_ == 0 or not len(exposure):
            return counts
        life = draws.once(("life", self.s_), lambda: _life(draws, self.s_))
        # lifetimes in units of beta + T; beyond the horizon for all, their length is no matter
        life = np.minimum(life, (horizon / there).max())
        return np.minimum(counts, count_arrivals(draws, rate * life, there / left))


def _life(draws: Draws, s: float) -> FloatArray:
    """Draw remaining lifetimes in units of beta + T: exponential, at rates that are Gamma(s, 1)."""
    with np.errstate(divide="ignore"):  # a dropout rate of 0
        return np.asarray(-np.log(draws.strata(LAST)) / gammaincinv(s, draws.strata(DROPOUT)))
