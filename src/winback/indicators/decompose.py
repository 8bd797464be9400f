"""Why a figure moved: its change, parted exactly into what its factors and the mix brought.

The parts are those of the logarithmic mean Divisia index (Ang 2004, "Decomposition analysis for
policymaking in energy", *Energy Policy* 32, equations 5 and 6): each factor's part is
``L(y1, y0) * ln(x1 / x0)``, with the logarithmic mean ``L``; they add up to the change, whatever
the order of the factors. A segment that comes or goes has no factors on one side: its whole change
is `mix`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from winback.errors import UsageError

MIX = "mix"


def decompose(
    before: pd.DataFrame, after: pd.DataFrame, factors: Sequence[str]
) -> pd.Series[float]:
    """Part the change of a sum of products over segments.

    Parameters
    ----------
    before, after
        One row a segment (the index), one column a factor, none below zero; the figure is the sum
        over segments of their product.
    factors
        The columns, such as ``["customers", "frequency", "order_value"]``. The first is a size
        (a number of customers): its part is what the change of the whole number brought; what the
        shift between the segments brought is `mix`.

    Returns
    -------
    Series
        The part of each factor, and of ``mix``; their sum is the change to 1e-9 of the figure.

    Raises
    ------
    UsageError
        A factor is missing, negative or not a number.

    Examples
    --------
    >>> before = pd.DataFrame({"customers": [100.0, 10.0], "spent": [5.0, 50.0]}, ["new", "old"])
    >>> after = pd.DataFrame({"customers": [120.0, 10.0], "spent": [5.0, 60.0]}, ["new", "old"])
    >>> decompose(before, after, ["customers", "spent"]).round(2).to_dict()
    {'customers': 183.25, 'spent': 100.0, 'mix': -83.25}
    """
    size = factors[0]
    first, last = _checked(before, factors), _checked(after, factors)
    segments = first.index.union(last.index)
    first, last = (part.reindex(segments).fillna(0.0) for part in (first, last))
    old, new = first.prod(axis=1).to_numpy(), last.prod(axis=1).to_numpy()
    both = (old > 0) & (new > 0)
    weight = _log_mean(new[both], old[both])
    parts = {
        name: float((weight * np.log(last[name][both] / first[name][both])).sum())
        for name in factors
    }
    whole_before, whole_after = first[size].sum(), last[size].sum()
    grown = np.log(whole_after / whole_before) if min(whole_before, whole_after) > 0 else 0.0
    of_size = float(weight.sum() * grown)
    come_and_gone = float((new - old)[~both].sum())
    parts[MIX] = parts[size] - of_size + come_and_gone
    parts[size] = of_size
    return pd.Series(parts)


def index_change(
    before: pd.Series[float], after: pd.Series[float], base: pd.Series[float]
) -> pd.Series[float]:
    """Part the change of a health index: 100 times the product of factors over their base values.

    Parameters
    ----------
    before, after, base
        The factors (such as activity, retention, order value) of two periods and of the base
        period, all above zero.

    Returns
    -------
    Series
        Points of the index by factor; their sum is the change of the index.

    Examples
    --------
    >>> names = ["activity", "retention", "order_value"]
    >>> base = pd.Series([0.2, 0.3, 50.0], names)
    >>> index_change(base, pd.Series([0.22, 0.27, 50.0], names), base).round(2).to_dict()
    {'activity': 9.48, 'retention': -10.48, 'order_value': 0.0}
    """
    values = pd.DataFrame({"before": before, "after": after, "base": base})
    if not (values > 0).all(axis=None):
        raise UsageError(
            "the factors of an index are above zero", where="factors", got=values.min().min()
        )
    old, new = (100 * np.prod((part / base).to_numpy(float)) for part in (before, after))
    weight = _log_mean(np.array([new]), np.array([old]))[0]
    return pd.Series(weight * np.log((after / before).to_numpy(float)), before.index)


def _checked(table: pd.DataFrame, factors: Sequence[str]) -> pd.DataFrame:
    missing = [name for name in factors if name not in table.columns]
    if missing:
        raise UsageError(
            "a factor is missing",
            where="factors",
            got=", ".join(missing),
            allowed=", ".join(map(str, table.columns)),
        )
    chosen = table[list(factors)].astype(float)
    if not ((chosen >= 0) & np.isfinite(chosen)).all(axis=None):
        raise UsageError(
            "factors are numbers of zero or more", where="factors", got=chosen.min().min()
        )
    return chosen


def _log_mean(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the logarithmic mean of positive numbers; of two equal ones, the number itself."""
    apart = np.log(a / b)
    near = np.abs(apart) < 1e-8
    return np.where(near, (a + b) / 2, (a - b) / np.where(near, 1.0, apart))
