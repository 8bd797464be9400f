"""The comparison group: who is left alone so that the effect can be measured, and how well."""

from __future__ import annotations

import hashlib
import math
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pandas as pd

from winback.errors import UsageError

TREATED = "treated"
CONTROL = "control"
_BANDS = np.array(["low", "middle", "high"])
_DIGITS = 13  # 13 hexadecimal digits are 52 bits, which a float holds exactly


def draw_arms(
    customer_ids: pd.Series,
    *,
    experiment_id: str,
    control_share: float | None,
    salt: str = "winback",
) -> pd.Series:
    """Draw each customer's arm from a digest of salt, experiment and customer.

    The first 13 hexadecimal digits of SHA-256 of `salt|experiment_id|customer_id` (UTF-8), read as
    a number in [0, 1); below `control_share` is control. The draw looks at nothing else: a customer
    stays in the same arm of an experiment on every day, in every order of rows and whatever else
    is on the list, so that nobody is control today and treated tomorrow. Hence the share holds
    within every stratum, up to chance.

    Parameters
    ----------
    customer_ids
        Texts.
    experiment_id
        A new one draws anew.
    control_share
        In (0, 1).
    salt
        Keeps draws apart between installations.

    Returns
    -------
    pandas.Series
        `treated` or `control`, aligned.

    Raises
    ------
    UsageError
        If the share leaves no comparison group, or nobody to treat.

    Examples
    --------
    >>> draw_arms(pd.Series(["a", "b", "c"]), experiment_id="e", control_share=0.5).tolist()
    ['control', 'control', 'treated']
    """
    if not (control_share is not None and 0 < control_share < 1):
        raise UsageError(
            "a list needs a comparison group",
            where="control_share",
            got=control_share,
            allowed="above 0, below 1",
            hint="write the share to leave alone, such as control_share: 0.2",
        )
    prefix = hashlib.sha256(f"{salt}|{experiment_id}|".encode())
    # hashlib has no form for a whole column; a million customers take a second
    draws = np.array([_unit(prefix, name) for name in customer_ids.astype("str")], dtype="float64")
    return pd.Series(
        np.where(draws < control_share, CONTROL, TREATED), index=customer_ids.index, dtype="str"
    )


def _unit(prefix: hashlib._Hash, customer_id: str) -> float:
    digest = prefix.copy()
    digest.update(customer_id.encode())
    return int(digest.hexdigest()[:_DIGITS], 16) / 16**_DIGITS  # type: ignore[no-any-return]


def strata(p_return: pd.Series, value: pd.Series) -> pd.Series:
    """Sort customers into thirds of risk (of staying away) by thirds of value.

    Parameters
    ----------
    p_return
        P(return untreated); the lower, the higher the risk.
    value
        What a return is worth, in any unit.

    Returns
    -------
    pandas.Series
        Texts such as `risk high, value low`.

    Examples
    --------
    >>> strata(pd.Series([0.1, 0.2, 0.3]), pd.Series([5.0, 7.0, 9.0])).tolist()
    ['risk high, value low', 'risk middle, value middle', 'risk low, value high']
    """
    risk, worth = _third(1 - p_return), _third(value)
    return "risk " + risk + ", value " + worth


def _third(values: pd.Series) -> pd.Series:
    numbers = values.to_numpy(dtype="float64")
    cuts = np.quantile(numbers, [1 / 3, 2 / 3]) if len(numbers) else np.array([0.0, 0.0])
    band = np.searchsorted(cuts, numbers, side="left")  # equal figures: the same third
    return pd.Series(_BANDS[band], index=values.index, dtype="str")


def minimum_detectable_effect(
    n_treated: int, n_control: int, rate: float, *, alpha: float = 0.05, power: float = 0.80
) -> float:
    """Work out the smallest difference of return rates that two groups can show.

    `(z(1 - alpha/2) + z(power)) * sqrt(rate (1 - rate) (1/n_treated + 1/n_control))`, the normal
    approximation of the two-sided test of two proportions (Fleiss, Levin, Paik, *Statistical
    Methods for Rates and Proportions*, 3rd ed., ch. 4, with one pooled rate).

    Parameters
    ----------
    n_treated, n_control
        Sizes of the groups.
    rate
        Return rate over both groups, in [0, 1].
    alpha
        Two-sided level.
    power
        Chance of seeing the effect if it is there.

    Returns
    -------
    float
        An absolute difference; infinite where a group is empty.

    Examples
    --------
    >>> round(minimum_detectable_effect(3842, 3842, 0.11), 4)
    0.02
    """
    if not n_treated or not n_control:
        return math.inf
    return _z(alpha, power) * math.sqrt(rate * (1 - rate) * (1 / n_treated + 1 / n_control))


def needed_customers(
    effect: float, rate: float, control_share: float, *, alpha: float = 0.05, power: float = 0.80
) -> int:
    """Work out how many customers, both groups together, would show an effect.

    The inverse of `minimum_detectable_effect`.

    Examples
    --------
    >>> needed_customers(0.02, 0.11, 0.5)
    7685
    """
    spread = rate * (1 - rate) * (1 / control_share + 1 / (1 - control_share))
    return math.ceil((_z(alpha, power) / effect) ** 2 * spread)


def _z(alpha: float, power: float) -> float:
    normal = NormalDist()
    return normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)


def what_it_can_measure(
    n_treated: int,
    n_control: int,
    *,
    p_return: npt.ArrayLike,
    uplift: float,
    control_share: float,
) -> dict[str, object]:
    """Say before sending what a list can show.

    Parameters
    ----------
    n_treated, n_control
        Sizes of the list and of its comparison group.
    p_return
        P(return untreated) of the customers of both, or of those eligible.
    uplift
        The effect hoped for.
    control_share
        Share of the comparison group.

    Returns
    -------
    dict
        `minimum_detectable_effect` (None where a group is empty), `needed_customers`, `sentence`.

    Examples
    --------
    >>> what_it_can_measure(160, 40, p_return=[0.1], uplift=0.02, control_share=0.2)["sentence"]
    'With 160 treated and 40 controls, only an effect of 15.9 points or more on the return rate
    would show (80% power, 5% two-sided); the 2.0 points assumed would need about 12,576 customers.'
    """
    returns = np.asarray(p_return, dtype="float64")
    if not len(returns):
        return {
            "minimum_detectable_effect": None,
            "needed_customers": None,
            "sentence": "There is nobody to measure.",
        }
    rate = min(float(returns.mean()) + (1 - control_share) * uplift, 1.0)
    needed = needed_customers(uplift, rate, control_share)
    effect = minimum_detectable_effect(n_treated, n_control, rate)
    hoped = f"the {uplift * 100:.1f} points assumed would need about {needed:,} customers."
    if math.isinf(effect):
        sentence = (
            f"With {n_treated:,} treated and {n_control:,} controls, no effect can be measured; "
            f"{hoped}"
        )
    else:
        sentence = (
            f"With {n_treated:,} treated and {n_control:,} controls, only an effect of "
            f"{effect * 100:.1f} points or more on the return rate would show (80% power, 5% "
            f"two-sided); {hoped}"
        )
    return {
        "minimum_detectable_effect": None if math.isinf(effect) else effect,
        "needed_customers": needed,
        "sentence": sentence,
    }
