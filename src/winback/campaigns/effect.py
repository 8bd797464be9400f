"""The effect of a randomised campaign: a difference of means by assigned arm, how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import statsmodels.api as sm
from scipy.stats import t

from winback.confidence import ENDS
from winback.errors import NotEnoughDataError, Sentence, UsageError

LEAST: Final = 2
"""An arm needs so many customers, or there is no variance."""
PER_COLUMN: Final = 20
"""The smaller arm needs so many customers for each covariate, or none is used."""


@dataclass(frozen=True)
class Effect:
    """What treatment brought per customer, by intention to treat.

    Attributes
    ----------
    n_treated, n_control
        Customers by assigned arm, reached or not.
    mean_treated, mean_control
        Of the outcome, unadjusted.
    difference
        The effect per assigned customer; adjusted where covariates were given.
    standard_error
        Robust (HC2): without covariates that of Neyman's difference of means.
    low, high
        The 95% interval, by the t distribution of the smaller arm.
    p
        Two-sided, of no effect.
    variance_saved
        By which share the covariates cut the variance of the difference; 0 without them, and below
        0 where they cost more than they bring.
    """

    n_treated: int
    n_control: int
    mean_treated: float
    mean_control: float
    difference: float
    standard_error: float
    low: float
    high: float
    p: float
    variance_saved: float


def effect(
    outcome: npt.ArrayLike, treated: npt.ArrayLike, covariates: pd.DataFrame | None = None
) -> Effect:
    """Estimate the effect of treatment on an outcome in a randomised campaign.

    Parameters
    ----------
    outcome
        One number a customer.
    treated
        1 for the assigned treatment, 0 for control.
    covariates
        What was known *before* the arms were drawn, numbers without gaps. The estimate is then
        that of a regression with the centred covariates and their interactions with treatment
        (Lin 2013), which is never less precise in large samples, whatever the truth; one covariate
        that is the outcome's own past makes it CUPED (Deng et al. 2013). A column that says
        nothing new is left out; where an arm is too small for them (`PER_COLUMN`) all are, since
        an adjustment on few customers is surer than it may be.

    Raises
    ------
    NotEnoughDataError
        An arm has fewer than `LEAST` customers.
    UsageError
        Lengths differ, or a value is missing.

    References
    ----------
    Lin, W. (2013). Agnostic notes on regression adjustments to experimental data. *Annals of
    Applied Statistics* 7(1). Deng, A., Xu, Y., Kohavi, R., Walker, T. (2013). Improving the
    sensitivity of online controlled experiments by utilizing pre-experiment data. *WSDM*.

    Examples
    --------
    >>> found = effect([1, 0, 1, 1, 0, 0], [1, 1, 1, 0, 0, 0])
    >>> round(found.difference, 3), round(found.standard_error, 3)
    (0.333, 0.471)
    """
    y, arm = np.asarray(outcome, float), np.asarray(treated, float)
    if len(y) != len(arm) or (covariates is not None and len(covariates) != len(y)):
        raise UsageError("outcome, treated and covariates differ in length", where="effect")
    if not (np.isfinite(y).all() and np.isin(arm, (0.0, 1.0)).all()):
        raise UsageError(
            "every customer has an outcome and an arm", where="effect", allowed="numbers; 0 or 1"
        )
    ones = arm == 1
    sizes = int(ones.sum()), int((~ones).sum())
    if min(sizes) < LEAST:
        raise NotEnoughDataError(
            "an arm has too few customers",
            got=Sentence(
                "{treated} treated, {control} control", treated=sizes[0], control=sizes[1]
            ),
        )
    plain = np.sqrt(y[ones].var(ddof=1) / sizes[0] + y[~ones].var(ddof=1) / sizes[1])
    difference, error = float(y[ones].mean() - y[~ones].mean()), float(plain)
    centred = np.empty((len(y), 0)) if covariates is None else _independent(covariates)
    if 0 < PER_COLUMN * centred.shape[1] <= min(sizes):
        design = np.column_stack([np.ones(len(y)), arm, centred, centred * arm[:, None]])
        fitted = sm.OLS(y, design).fit(cov_type="HC2")
        difference, error = float(fitted.params[1]), float(fitted.bse[1])
    reach = t(min(sizes) - 1)  # no surer than its smaller arm allows
    half = float(reach.ppf(ENDS[1])) * error
    return Effect(
        n_treated=sizes[0],
        n_control=sizes[1],
        mean_treated=float(y[ones].mean()),
        mean_control=float(y[~ones].mean()),
        difference=difference,
        standard_error=error,
        low=difference - half,
        high=difference + half,
        p=float(2 * reach.sf(abs(difference) / error)) if error > 0 else float("nan"),
        variance_saved=1 - (error / plain) ** 2 if plain > 0 else 0.0,
    )


def _independent(covariates: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Centre and scale the columns, without those that others of them already say."""
    values = covariates.to_numpy(float)
    if not np.isfinite(values).all():
        raise UsageError("a covariate has a gap", where="covariates", allowed="numbers")
    centred = values - values.mean(axis=0)
    scale = centred.std(axis=0)
    centred = centred[:, scale > 0] / scale[scale > 0]
    kept: list[int] = []
    for column in range(centred.shape[1]):
        tried = [*kept, column]
        if np.linalg.matrix_rank(centred[:, tried], tol=1e-8 * len(centred) ** 0.5) == len(tried):
            kept = tried
    independent: npt.NDArray[np.float64] = centred[:, kept]
    return independent
