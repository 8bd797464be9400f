"""What every model fitted by maximum likelihood reports: errors, criteria, a summary, JSON."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from winback.errors import ModelError
from winback.estimators.base.artifact import from_files, to_files
from winback.estimators.base.frames import FloatArray
from winback.estimators.base.likelihood_card import likelihood_card, likelihood_text
from winback.estimators.base.optimum import intervals, summarise
from winback.estimators.base.parameters import Parameters
from winback.estimators.base.state import PlainState
from winback.messages import Message


class LikelihoodModel(PlainState, Parameters):
    """A fitted model whose parameters are the attributes ``name_``, for the names in ``names``.

    Attributes
    ----------
    log_likelihood_ : float
        In the data's own unit, no constant dropped.
    covariance_ : ndarray
        Of the parameters on their natural scale, from the exact Hessian; NaN where a parameter
        is not estimated or lies at a bound.
    """

    names: ClassVar[tuple[str, ...]]
    messages = ("degenerate_",)
    n_: float
    log_likelihood_: float
    converged_: bool
    degenerate_: Message | None
    covariance_: FloatArray
    diagnostics_: dict[str, Any]

    @property
    def n_parameters_(self) -> int:
        """The number of parameters estimated."""
        self._check_fitted()
        return len(self.names)

    @property
    def aic_(self) -> float:
        """Akaike's criterion, 2k - 2 ln L; smaller is better, for models of the same data."""
        return 2.0 * self.n_parameters_ - 2.0 * self.log_likelihood_

    @property
    def bic_(self) -> float:
        """Schwarz's criterion, k ln n - 2 ln L, with n customers; smaller is better."""
        return float(self.n_parameters_ * np.log(self.n_) - 2.0 * self.log_likelihood_)

    @property
    def summary_(self) -> pd.DataFrame:
        """The parameters with standard errors and 95% intervals (delta method, in logs)."""
        return summarise(self.names, self._estimates(), self.covariance_)

    def confidence_intervals(self, level: float = 0.95) -> pd.DataFrame:
        """Return confidence intervals of the parameters.

        By the delta method on the logarithm of a parameter, so that both ends are positive:
        estimate x exp(+- z standard error / estimate).

        Parameters
        ----------
        level
            The confidence, in (0, 1).

        Returns
        -------
        A frame with columns ``low`` and ``high``, one row per parameter; NaN for a parameter
        that is not estimated.

        Raises
        ------
        ModelError
            If the level is not in (0, 1).

        Examples
        --------
        >>> from winback.estimators.spend.gamma_gamma import GammaGammaModel
        >>> rng = np.random.default_rng(0)
        >>> x, nu = rng.integers(1, 6, 900), rng.gamma(4, 1 / 15, 900)
        >>> frame = pd.DataFrame({"frequency": x, "monetary_value": rng.gamma(6 * x) / nu / x})
        >>> model = GammaGammaModel().fit(frame)
        >>> model.confidence_intervals(0.9).loc["q"].between(3, 5).tolist()
        [True, True]
        """
        if not 0 < level < 1:
            raise ModelError("a level is not a probability", got=level, allowed="in (0, 1)")
        low, high = intervals(self._estimates(), self.covariance_, level)
        return pd.DataFrame(
            {"low": low, "high": high}, index=pd.Index(self.names, name="parameter")
        )

    def to_json(self) -> str:
        """Return the fitted model as JSON text, exact to the last bit; no customers in it.

        Raises
        ------
        NotFittedError
            Before the fit.

        Examples
        --------
        >>> from winback.estimators.purchase.beta_geo import BetaGeoModel
        >>> frame = pd.DataFrame({"frequency": [0, 1, 4], "recency": [0, 9, 30], "T": [40, 30, 33]})
        >>> model = BetaGeoModel().fit(frame.assign(weight=[90, 40, 20]))
        >>> again = BetaGeoModel.from_json(model.to_json())
        >>> again.summary_.equals(model.summary_)
        True
        """
        self._check_fitted()
        (text,) = to_files(self).values()
        return text

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the model that `to_json` wrote; it predicts bit for bit the same.

        Raises
        ------
        ModelError
            If the text is damaged or holds a model of another class.
        """
        model = from_files({"model.json": text})
        if not isinstance(model, cls):
            raise ModelError(
                "the text holds another model", got=type(model).__name__, allowed=cls.__name__
            )
        return model

    def _estimates(self) -> FloatArray:
        self._check_fitted()
        return np.array([getattr(self, f"{name}_") for name in self.names])

    def __str__(self) -> str:
        """Return what a fitted model has learned: parameters with errors, the fit, its caveat."""
        if "covariance_" not in vars(self):
            return repr(self)
        return likelihood_text(self)

    def _repr_html_(self) -> str:
        """Return a card for a notebook; before the fit, scikit-learn's own diagram."""
        if "covariance_" not in vars(self):
            return super()._repr_html_()
        return likelihood_card(self)
