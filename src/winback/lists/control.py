"""Who is left alone so that effects can be measured: the comparison group and the holdout."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import pandas as pd

from winback.data.arms import CONTROL, TREATED
from winback.errors import Sentence, UsageError
from winback.lists.terms import LEAST_CONTROL_SHARE

_BANDS = np.array(["low", "middle", "high"])
_HOLDOUT = "global holdout"
_BITS = 52  # 13 hexadecimal digits, which a float holds exactly


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
        In [0.05, 1).
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
    if not (control_share is not None and LEAST_CONTROL_SHARE <= control_share < 1):
        raise UsageError(
            "a list needs a comparison group",
            where="control_share",
            got=control_share,
            allowed=Sentence("{least} or more, below 1", least=LEAST_CONTROL_SHARE),
            hint="write the share to leave alone, such as control_share: 0.2",
        )
    draws = digests(customer_ids, f"{salt}|{experiment_id}|")
    return pd.Series(
        np.where(draws < control_share, CONTROL, TREATED), index=customer_ids.index, dtype="str"
    )


def in_holdout(customer_ids: pd.Series, *, share: float | None, salt: str = "winback") -> pd.Series:
    """Tell who belongs to the global holdout: nobody contacts them, whatever the campaign.

    Drawn as `draw_arms` draws, from `salt|global holdout|customer_id`: no experiment enters, so
    that a customer stays in it over all campaigns, and it is independent of every experiment's
    arms. A larger share keeps those of a smaller one. What all contacts together have brought is
    the difference between the others and the holdout.

    Parameters
    ----------
    customer_ids
        Texts.
    share
        In [0, 1); 0 and None: there is no holdout.
    salt
        As in `draw_arms`.

    Returns
    -------
    pandas.Series
        Booleans, aligned.

    Raises
    ------
    UsageError
        If the share leaves nobody to contact.

    Examples
    --------
    >>> in_holdout(pd.Series(["a", "b", "c", "d"]), share=0.5).tolist()
    [False, True, True, False]
    """
    share = share or 0.0
    if not 0 <= share < 1:
        raise UsageError(
            "the holdout cannot be drawn", where="holdout_share", got=share, allowed="0 to below 1"
        )
    if not share:
        return pd.Series(data=False, index=customer_ids.index)
    return pd.Series(digests(customer_ids, f"{salt}|{_HOLDOUT}|") < share, customer_ids.index)


def digests(customer_ids: pd.Series, prefix: str) -> npt.NDArray[np.float64]:
    """Give each customer a number in [0, 1): SHA-256 of the prefix and the customer.

    Examples
    --------
    >>> digests(pd.Series(["a", "b"]), "winback|e|").round(3).tolist()
    [0.239, 0.133]
    """
    started = hashlib.sha256(prefix.encode())
    # hashlib has no form for a whole column; a million customers take a second
    names = customer_ids.astype("str").to_numpy(dtype=object).tolist()
    numbers = np.array([_first_bits(started, name) for name in names], dtype="float64")
    return np.asarray(numbers / 2**_BITS, dtype="float64")


def _first_bits(started: hashlib._Hash, customer_id: str) -> int:
    digest = started.copy()
    digest.update(customer_id.encode())
    return int.from_bytes(digest.digest()[:7]) >> 4


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
