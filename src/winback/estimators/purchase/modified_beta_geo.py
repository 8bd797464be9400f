"""MBG/NBD: as BG/NBD, but a customer may be gone after the very first purchase."""

from __future__ import annotations

from winback.estimators.purchase.beta_geo_base import BetaGeometricModel


class ModifiedBetaGeoModel(BetaGeometricModel):
    """The MBG/NBD model of Batislam, Denizel & Filiztekin (2007).

    As BG/NBD (`BetaGeoModel`), but a customer may drop out after every purchase including the
    first, with a probability that is Beta(a, b) over customers. P(alive) of a one-time buyer is
    then below 1 and falls with time; under BG/NBD it stays 1 for ever.

    Fitted by maximum likelihood on distinct histories, with exact derivatives, and verified
    (gradient, Hessian). Where the data show no dropout, the NBD without it is fitted instead,
    ``a_ = 0`` and P(alive) = 1; ``degenerate_`` says so.

    Attributes
    ----------
    r_, alpha_, a_, b_ : float
        The parameters, > 0 (``a_`` = 0 without dropout); alpha in the time unit of the frame.
    log_likelihood_, converged_, degenerate_, n_, covariance_, summary_, aic_, bic_, ...
        How good the fit is, and how sure: see `BetaGeoModel`.

    References
    ----------
    E. P. Batislam, M. Denizel, A. Filiztekin (2007), Empirical validation and comparison of
    models for customer base analysis, International Journal of Research in Marketing 24(3),
    201-209.

    Notes
    -----
    Given alive after x repeat purchases, p ~ Beta(a, b + x + 1): expected purchases and the
    probability of one are those of BG/NBD with b + 1 in place of b.

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
    >>> model = ModifiedBetaGeoModel().fit(frame)
    >>> model.converged_, model.degenerate_
    (True, None)
    >>> model.p_alive(frame).round(2).tolist()
    [0.03, 0.07, 0.42, 0.15, 0.55, 0.73, 0.83]
    """

    title = "MBG/NBD"
    lifetimes_name = "ModifiedBetaGeoFitter"
    first = 1
