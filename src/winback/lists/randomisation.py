"""Whether two arms are what the draw says they are: their sizes, and what they were like before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from winback.data.arms import CONTROL, TREATED
from winback.messages import Message

MISMATCH = 0.001
"""P-value below which the sizes of the arms are not chance."""
IMBALANCE = 0.25
"""Standardised difference of means from which arms differ (Rubin, *Using Propensity Scores to Help
Design Observational Studies*, Health Services and Outcomes Research Methodology 2, 2001)."""
DOUBTFUL = 0.05
"""P-value below which chance alone is no longer what one would expect."""
MIN_ARM = 30
"""A stratum is looked at by itself where both arms have so many customers."""
COVARIATES = ("days_since_last", "frequency", "monetary_value", "p_return_untreated")


def sample_ratio(n_treated: int, n_control: int, propensity: float) -> dict[str, Any]:
    """Test whether the sizes of the arms fit the probability with which they were drawn.

    An exact binomial test. A mismatch means that something besides the draw decided who is in
    which arm, and that no comparison of the arms can be trusted (Fabijan et al. 2019,
    doi:10.1145/3292500.3330722).

    Parameters
    ----------
    n_treated, n_control
        Sizes of the arms.
    propensity
        P(treated), in (0, 1).

    Returns
    -------
    dict
        `expected_treated`, `p_value` (None where both are empty), `warning` (None, or a message).

    Examples
    --------
    >>> sample_ratio(821, 179, 0.8)["warning"]
    >>> str(sample_ratio(721, 279, 0.8)["warning"])
    'Sizes of the arms are no chance: 721 of 1,000 are treated, 800 were to be (p = 2.1e-09).'
    """
    n = n_treated + n_control
    if not n:
        return {"expected_treated": 0.0, "p_value": None, "warning": None}
    from scipy.stats import binomtest  # noqa: PLC0415 - half a second

    p_value = float(binomtest(n_treated, n, propensity).pvalue)
    wanted, warning = n * propensity, None
    if p_value < MISMATCH:
        warning = Message("arms.sizes", treated=n_treated, n=n, wanted=wanted, p=p_value)
    return {"expected_treated": wanted, "p_value": p_value, "warning": warning}


def balance(rows: pd.DataFrame, covariates: Sequence[str] = COVARIATES) -> dict[str, Any]:
    """Compare what the two arms were like before the contact, overall and within strata.

    Per covariate the standardised mean difference, `(mean treated - mean control) / sqrt((var
    treated + var control) / 2)`, and for all together the omnibus test of Hansen and Bowers (2008,
    doi:10.1214/08-STS254): `d' V^-1 d` is chi-square under the draw.

    Parameters
    ----------
    rows
        `arm`, the covariates and, if it is there, `stratum`. A covariate that is missing, or the
        same for everybody, is left out.
    covariates
        Numbers known before the contact.

    Returns
    -------
    dict
        `differences` (covariate to standardised difference), `p_value` of the joint test, `strata`
        (stratum to its largest difference, where both arms have at least `MIN_ARM`), `warning`
        (None, or a message: some differ by `IMBALANCE` where the joint test is doubtful, or it is
        no chance; small arms differ by as much whenever they are drawn). Empty where an arm has
        fewer than two customers.

    Examples
    --------
    >>> rows = pd.DataFrame({"arm": ["treated", "control"] * 50,
    ...                      "frequency": [i // 2 % 5 for i in range(100)]})
    >>> compared = balance(rows, ["frequency"])
    >>> compared["differences"], compared["p_value"], compared["warning"]
    ({'frequency': 0.0}, 1.0, None)
    """
    names = [name for name in covariates if name in rows.columns and rows[name].notna().all()]
    treated = (rows["arm"] == TREATED).to_numpy()
    control = (rows["arm"] == CONTROL).to_numpy()
    values = rows[names].to_numpy(dtype="float64")
    if min(treated.sum(), control.sum()) < 2 or not names:
        return {"differences": {}, "p_value": None, "strata": {}, "warning": None}
    differences = _standardised(values, treated, control)
    p_value = _joint(values, treated, control)
    within = {}
    if "stratum" in rows.columns:
        for stratum in sorted(rows["stratum"].dropna().unique()):
            here = (rows["stratum"] == stratum).to_numpy()
            arms = treated & here, control & here
            if min(arm.sum() for arm in arms) >= MIN_ARM:
                within[str(stratum)] = float(np.abs(_standardised(values, *arms)).max())
    apart = [
        Message("arms.covariate", name=name, difference=difference)
        for name, difference in zip(names, differences, strict=True)
        if abs(difference) > IMBALANCE
    ]
    warning = None
    if p_value < (DOUBTFUL if apart else MISMATCH):
        what = apart or [Message("arms.all_covariates")]
        warning = Message("arms.differ", what=what, p=p_value)
    return {
        "differences": dict(zip(names, (float(d) for d in differences), strict=True)),
        "p_value": p_value,
        "strata": within,
        "warning": warning,
    }


def not_as_drawn(
    rows: pd.DataFrame, covariates: Sequence[str], propensity: Mapping[str, float]
) -> dict[str, Message]:
    """Find past campaigns whose arms are no lot, from which nothing can be learned.

    Parameters
    ----------
    rows
        `campaign`, `treated` (0 or 1) and the covariates: one row a customer and campaign.
    covariates
        Numbers known before the contact.
    propensity
        Campaign to P(treated) as it was drawn, of those of which it is known.

    Returns
    -------
    dict of str to Message
        Campaign to what is wrong: sizes that are no chance, or arms that differed before (both at
        p < `MISMATCH`; a difference that chance explains is none).

    Examples
    --------
    >>> rows = pd.DataFrame({"campaign": ["lot"] * 100 + ["best"] * 100, "treated": [1, 0] * 100,
    ...                      "frequency": [i // 2 % 5 for i in range(100)] + [9, 1] * 50})
    >>> list(not_as_drawn(rows, ["frequency"], {"lot": 0.5}))
    ['best']
    """
    unfair: dict[str, Message] = {}
    rows = rows.assign(arm=np.where(rows["treated"] > 0, TREATED, CONTROL))
    for name, campaign in rows.groupby("campaign"):  # a few campaigns, not customers
        treated = int((campaign["arm"] == TREATED).sum())
        sizes = None
        if name in propensity:
            sizes = sample_ratio(treated, len(campaign) - treated, propensity[str(name)])["warning"]
        before = balance(campaign, covariates)
        if before["p_value"] is not None and before["p_value"] < MISMATCH:
            unfair[str(name)] = before["warning"]
        if sizes is not None:
            unfair[str(name)] = sizes
    return unfair


Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def _standardised(values: Floats, treated: Bools, control: Bools) -> Floats:
    one, other = values[treated], values[control]
    spread = np.sqrt((one.var(axis=0, ddof=1) + other.var(axis=0, ddof=1)) / 2)
    gap = one.mean(axis=0) - other.mean(axis=0)
    apart: Floats = np.divide(gap, spread, out=np.zeros_like(gap), where=_varies(values, spread))
    return apart


def _varies(values: Floats, spread: Floats) -> Bools:
    """Tell covariates that differ between customers from constants with rounding errors."""
    varies: Bools = spread > 1e-9 * np.abs(values).max(axis=0, initial=0.0)
    return varies


def _joint(values: Floats, treated: Bools, control: Bools) -> float:
    from scipy.stats import chi2  # noqa: PLC0415 - half a second

    both = treated | control
    spread = values[both].std(axis=0)
    kept = _varies(values, spread)
    if not kept.any():
        return 1.0
    scaled = (values[:, kept] - values[both][:, kept].mean(axis=0)) / spread[kept]
    gap = scaled[treated].mean(axis=0) - scaled[control].mean(axis=0)
    covariance = np.atleast_2d(np.cov(scaled[both], rowvar=False))
    precision = 1 / treated.sum() + 1 / control.sum()
    statistic = gap @ np.linalg.pinv(covariance, hermitian=True) @ gap / precision
    rank = np.linalg.matrix_rank(covariance, hermitian=True)
    return float(chi2.sf(statistic, rank))
