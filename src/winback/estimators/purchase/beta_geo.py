"""BG/NBD: purchases at a customer's own rate until the customer, after some purchase, is gone."""

from __future__ import annotations

from winback.estimators.purchase.beta_geo_base import BetaGeometricModel


class BetaGeoModel(BetaGeometricModel):
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
        The parameters, > 0 (``a_`` = 0 without dropout); alpha in the time unit of the frame.
    log_likelihood_ : float
        In the data's own unit, no constant dropped.
    converged_ : bool
        Whether the gradient vanishes and the Hessian is negative definite.
    degenerate_ : str or None
        One sentence saying why the model without dropout was fitted, or which parameters lie
        at the edge of their range; None otherwise.
    n_, n_repeat_ : float
        Customers, and those with a repeat purchase.
    covariance_ : ndarray of shape (4, 4)
        Of (r, alpha, a, b), from the exact Hessian; NaN where one is not estimated.
    summary_ : DataFrame
        Estimates, standard errors and 95% intervals.
    aic_, bic_ : float
        Criteria for choosing between models of the same data.
    diagnostics_ : dict
        Gradient norm (per customer, in log-parameters), condition, starts, parameters at a
        bound, gain of the log-likelihood over the model without dropout.

    References
    ----------
    P. Fader, B. Hardie, K. L. Lee (2005), "Counting Your Customers" the Easy Way, Marketing
    Science 24(2), 275-284.

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
    >>> model = BetaGeoModel().fit(frame)
    >>> model.converged_, model.degenerate_
    (True, None)
    >>> model.expected_purchases(frame, horizon=13).round(2).tolist()
    [0.07, 0.07, 0.17, 0.23, 0.67, 1.23, 2.03]
    """

    title = "BG/NBD"
    lifetimes_name = "BetaGeoFitter"
    first = 0
