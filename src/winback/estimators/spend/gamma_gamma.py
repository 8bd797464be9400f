"""Gamma-Gamma: what a purchase day is worth, shrunken between the customer and everybody."""

from __future__ import annotations

from typing import Any, Literal, Self, get_args

import numpy as np
import pandas as pd
from scipy.special import gammaincinv

from winback.errors import ModelError, NotEnoughDataError
from winback.estimators.base.bridge import lifetimes_fitter
from winback.estimators.base.frames import FloatArray, read_columns, read_weight
from winback.estimators.base.likelihood_model import LikelihoodModel
from winback.estimators.base.optimum import Optimum, covariance, edge_reason, maximise
from winback.estimators.base.simulation import SPEND, Draws
from winback.estimators.spend.gamma_gamma_likelihood import SpendTally
from winback.estimators.spend.spend_model import Columns, SpendModel
from winback.estimators.spend.spend_rule import SpendRule
from winback.messages import Message

MIN_SPENDERS = 15  # five for each of the three parameters; fewer leave them undetermined
LOWER, UPPER = 1e-5, 1e4  # with amounts divided by their mean; beyond, a limit is reached
# Mean spend over the population is v p/(q-1), infinite at q = 1. Where the fit puts it at more
# than this multiple of what was seen, the tail and not the customers would set the prediction.
MEAN_RATIO = 2.0
ALIKE = 1e-6  # mean amounts within this share of each other are one amount
THINNED = 20_000  # rows of a first, rough climb where there are more

SpendDays = Literal["repeat", "all"]


class GammaGammaModel(LikelihoodModel, SpendModel):
    """The Gamma-Gamma model of spend of Fader & Hardie (2013).

    The amount of a purchase day is Gamma(p, nu), where nu is Gamma(q, v) over customers and
    independent of how often they buy. Fitted by maximum likelihood on customers with purchase
    days that count and a positive mean of them; others are predicted at the population's mean.

    Where that mean does not exist or is far from what was seen (q <= 1 or close to it), the
    model's own limit q -> 1 is used instead: a customer's own mean, and the pooled mean for
    customers without one; ``degenerate_`` says so.

    Parameters
    ----------
    on
        Which purchase days count. ``repeat``: all but the first, as in the literature; columns
        ``frequency`` and ``monetary_value``. ``all``: also the first one, which tells something
        of one-time buyers too, and misleads where first orders differ from later ones (samples,
        vouchers); columns ``frequency`` and ``basket_amount``, the mean amount of all
        ``frequency + 1`` purchase days, as `behaviour_table` has it.

    Attributes
    ----------
    p_, q_, v_ : float
        The parameters, > 0; v in the currency of the amounts.
    log_likelihood_ : float
        In the data's own unit, no constant dropped.
    converged_ : bool
        Whether the gradient vanishes and the Hessian is negative definite.
    degenerate_ : str or None
        One sentence saying why the limit is used, or which parameters lie at the edge of their
        range; None otherwise.
    n_ : float
        Customers fitted on.
    population_mean_ : float
        Expected spend of a customer about whom nothing is known.
    covariance_ : ndarray of shape (3, 3)
        Of (p, q, v), from the exact Hessian; NaN where a parameter lies at a bound.
    summary_ : DataFrame
        Estimates, standard errors and 95% intervals.
    aic_, bic_ : float
        Criteria for choosing between models of the same data.
    diagnostics_ : dict
        Gradient norm (per customer, in log-parameters), condition, starts, parameters at a
        bound, number of distinct rows or cells fitted on.

    Notes
    -----
    From 50,000 rows on, means are taken by cell of their logarithm, .01 wide, with the cell's
    mean and variance: the log-likelihood is then off by at most 4.01e-9 (p x + q) per customer
    (see `gamma_gamma_likelihood`), and time and memory stop growing. A table that was grouped
    elsewhere, ``weight`` counting the customers of equal ``frequency`` and of ``monetary_value``
    rounded on a log scale in steps of d, is off by about (p x + q) d^2/96 per customer.

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

    names = ("p", "q", "v")

    p_: float
    q_: float
    v_: float

    def __init__(self, on: SpendDays = "repeat") -> None:
        self.on = on

    @property
    def columns(self) -> tuple[str, ...]:  # type: ignore[override]
        """The columns read."""
        return ("frequency", "basket_amount" if self.on == "all" else "monetary_value")

    def fit(self, frame: pd.DataFrame, y: None = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Fit to one row per customer, or one per distinct history with a ``weight``.

        Parameters
        ----------
        frame
            Columns ``frequency``, ``monetary_value`` (for ``on="all"``: ``basket_amount``) and
            optionally ``weight``.

        Raises
        ------
        ModelError
            If a column is missing, a row or the argument ``on`` is impossible.
        NotEnoughDataError
            If fewer than 15 customers have such purchase days of positive value.
        """
        if self.on not in get_args(SpendDays):
            raise ModelError(
                "unknown purchase days", where="on", got=self.on, allowed="repeat, all"
            )
        x, m, w = self._spenders(frame)
        self.n_ = float(w.sum())
        if self.n_ < MIN_SPENDERS:
            raise NotEnoughDataError(
                Message("few.spend") if self.on == "all" else Message("few.repeat_spend"),
                got=Message("few.count", n=self.n_),
                allowed=Message("bound.least", least=MIN_SPENDERS),
                hint="use the simple rule 'own_mean', or more history",
            )
        unit = float(w @ m) / self.n_
        best = self._climb(SpendTally.of_customers(x, m, w, unit))
        scale = np.array([1.0, 1.0, unit])
        self.p_, self.q_, self.v_ = (float(value) for value in best.parameters * scale)
        self.log_likelihood_ = best.log_likelihood - self.n_ * float(np.log(unit))
        self.converged_ = best.converged
        self.covariance_ = covariance(best) * np.outer(scale, scale)
        self.diagnostics_ = best.diagnostics | {
            "at_bound": [n for n, edge in zip(self.names, best.at_bound, strict=True) if edge],
        }
        alike = float(np.ptp(m)) <= ALIKE * unit
        spent = pd.DataFrame({"frequency": x, "monetary_value": m, "weight": w})
        fallback = SpendRule("own_mean").fit(spent)
        self._settle_mean(fallback, edge_reason(self.names, best), alike=alike)
        return self

    def _spenders(self, frame: pd.DataFrame) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return days, mean amount and weight of those who are fitted on."""
        seen = self._seen(read_columns(frame, self.columns, reader="GammaGammaModel"))
        used = super().informed(seen) > 0
        weight = read_weight(frame, reader="GammaGammaModel")
        if weight is not None:
            used &= weight > 0
        x, m = seen["frequency"][used], seen["monetary_value"][used]
        w = np.ones_like(x) if weight is None else weight[used]
        order = np.lexsort((w, m, x))  # sums round by their order: the rows' must not matter
        return x[order], m[order], w[order]

    @staticmethod
    def _climb(tally: SpendTally) -> Optimum:
        starts = [(p, q, (q - 1) / p) for p, q in ((3.0, 3.0), (1.0, 2.0), (20.0, 10.0))]
        if len(tally.w) > THINNED:  # climb most of the way on few rows
            few = tally.thinned(THINNED)
            near = maximise(few.gamma_gamma, starts, n=few.n, lower=LOWER, upper=UPPER)
            starts.insert(0, tuple(near.parameters))
        best = maximise(tally.gamma_gamma, starts, n=tally.n, lower=LOWER, upper=UPPER)
        best.diagnostics["distinct_histories"] = len(tally.w)
        return best

    def _settle_mean(self, fallback: SpendRule, edge: Message | None, *, alike: bool) -> None:
        mean = self.p_ * self.v_ / (self.q_ - 1) if self.q_ > 1 else np.inf
        self.population_mean_ = mean
        self.fallback_: SpendRule | None = None
        self.degenerate_ = edge
        if alike or not self.converged_ or mean > MEAN_RATIO * fallback.mean_:
            self.fallback_ = fallback
            self.population_mean_ = fallback.mean_
            self.degenerate_ = Message("fit.own_mean", why=self._why(mean, fallback.mean_, alike))

    def _why(self, mean: float, seen: float, alike: bool) -> Message:
        """Say why the fit is not used: where it has not converged, its mean tells nothing."""
        if alike:
            return Message("fit.spend_alike", amount=seen)
        if self.converged_:
            mean_spend = mean if np.isfinite(mean) else Message("fit.infinite")
            return Message("fit.no_mean_spend", q=self.q_, mean=mean_spend, seen=seen)
        return Message("fit.no_maximum_of_spend")

    def _seen(self, data: Columns) -> Columns:
        """Return the days that count and their mean under the names of repeat days."""
        if self.on == "repeat":
            return data
        return {"frequency": data["frequency"] + 1, "monetary_value": data["basket_amount"]}

    def informed(self, data: Columns) -> FloatArray:
        """Return the number of days whose mean says something."""
        return super().informed(self._seen(data))

    def expected(self, data: Columns) -> FloatArray:
        """E[spend | x, m] = p (v + x m) / (p x + q - 1), equation (5)."""
        seen = self._seen(data)
        if self.fallback_ is not None:
            return self.fallback_.expected(seen)
        x = super().informed(seen)
        return self.p_ * (self.v_ + x * seen["monetary_value"]) / (self.p_ * x + self.q_ - 1)

    def scale(self, data: Columns) -> FloatArray:
        """Return the customer's own scale in the simulation."""
        seen = self._seen(data)
        if self.fallback_ is not None:
            return self.fallback_.scale(seen)
        return self.v_ + super().informed(seen) * seen["monetary_value"]

    def draw(self, draws: Draws) -> tuple[float, FloatArray]:
        """Amounts are Gamma(p, nu), nu ~ Gamma(q + p x, v + x m) given the history."""
        if self.fallback_ is not None:
            return self.fallback_.draw(draws)
        shape = self.q_ + self.p_ * draws.frequency
        unit = draws.once(("unit", shape), lambda: 1.0 / gammaincinv(shape, draws.strata(SPEND)))
        return self.p_, unit

    def to_lifetimes(self, frame: pd.DataFrame | None = None) -> Any:
        """Return a fitted ``lifetimes.GammaGammaFitter`` with these parameters.

        Parameters
        ----------
        frame
            Customers, for its ``data``: ``frequency`` and ``monetary_value``.
        """
        return lifetimes_fitter(
            "GammaGammaFitter",
            dict(zip(self.names, self._estimates(), strict=True)),
            self.covariance_,
            frame=frame,
            columns=("frequency", "monetary_value"),
        )
