"""Differences between two arms by cell, and how far to believe that cells differ."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

MIN_CELL = 10
"""Customers of each arm below which a cell's own difference says nothing."""


def means(values: Floats, cell: Whole, n: int) -> Floats:
    """Average by cell; 0 where a cell is empty.

    Examples
    --------
    >>> means(np.array([1.0, 0.0, 1.0]), np.array([0, 0, 2]), 3).tolist()
    [0.5, 0.0, 1.0]
    """
    counts = np.bincount(cell, minlength=n)
    average: Floats = np.bincount(cell, values, minlength=n) / np.maximum(counts, 1)
    return average


def differences(
    cell: Whole,
    names: Sequence[str],
    *,
    arm: Floats,
    returned: Floats,
    weight: Floats,
    people: Whole,
) -> pd.DataFrame:
    """Compare the arms within each cell.

    Parameters
    ----------
    cell
        Place of each row's cell in `names`, shape (n,).
    names
        The cells.
    arm
        1 treated, 0 control.
    returned
        0 or 1.
    weight
        Inverse of P(arm as drawn).
    people
        Numbers from 0; rows of one customer are not independent.

    Returns
    -------
    pandas.DataFrame
        A row a cell: `n_treated, n_control, difference, variance`; the difference is missing and
        its variance infinite where an arm has fewer than `MIN_CELL`.

    Examples
    --------
    >>> arm = np.tile([1.0, 0.0], 50)
    >>> returned = np.where(np.arange(100) < 20, 1.0, 0.0) * arm
    >>> differences(np.zeros(100, dtype=int), ["all"], arm=arm, returned=returned,
    ...             weight=np.full(100, 2.0), people=np.arange(100)).round(4)
         n_treated  n_control  difference  variance
    all       50.0       50.0         0.2    0.0037
    """
    n = len(names)
    rates, floors, sizes = [], [], []
    influence = np.zeros(len(arm))
    for sign, mine in ((1.0, arm), (-1.0, 1 - arm)):
        mass = np.bincount(cell, weight * mine, minlength=n)
        safe = np.where(mass > 0, mass, 1.0)
        rate = np.bincount(cell, weight * mine * returned, minlength=n) / safe
        influence += sign * mine * weight * (returned - rate[cell]) / safe[cell]
        size = np.bincount(cell, mine, minlength=n)
        # that nobody returned has not shown that nobody does: one more of each outcome, as by
        # Agresti and Caffo (2000), doi:10.1080/00031305.2000.10474560
        smooth = (np.bincount(cell, mine * returned, minlength=n) + 1) / (size + 2)
        rates.append(rate)
        sizes.append(size)
        floors.append(smooth * (1 - smooth) / np.maximum(size, 1))
    pairs, place = np.unique(np.stack([cell, people]), axis=1, return_inverse=True)
    sums = np.bincount(place.ravel(), influence)
    variance = np.bincount(pairs[0], sums**2, minlength=n)
    enough = np.minimum(*sizes) >= MIN_CELL
    return pd.DataFrame(
        {
            "n_treated": sizes[0].astype("float64"),
            "n_control": sizes[1].astype("float64"),
            "difference": np.where(enough, rates[0] - rates[1], np.nan),
            "variance": np.where(enough, np.maximum(variance, floors[0] + floors[1]), np.inf),
        },
        index=pd.Series(list(names), dtype="object"),
    )


def shrunken(cells: pd.DataFrame, overall: float) -> tuple[pd.DataFrame, float]:
    """Estimate the variance in truth of the cells, and pull each towards the overall difference.

    Parameters
    ----------
    cells
        As `differences` gives them.
    overall
        Where to pull them.

    Returns
    -------
    DataFrame, float
        The cells with `deviation` (as believed) and `deviation_variance`; and tau^2, by DerSimonian
        and Laird.

    Examples
    --------
    >>> cells = pd.DataFrame({"difference": [0.1, 0.0], "variance": [0.001, 0.001]})
    >>> found, tau2 = shrunken(cells, 0.05)
    >>> round(tau2, 4), found["deviation"].round(3).tolist()
    (0.004, [0.04, -0.04])
    """
    difference = cells["difference"].to_numpy(dtype="float64")
    variance = cells["variance"].to_numpy(dtype="float64")
    measured = np.isfinite(variance)
    tau2 = 0.0
    if measured.sum() > 1:
        w, d = 1 / variance[measured], difference[measured]
        centre = (w * d).sum() / w.sum()
        q = (w * (d - centre) ** 2).sum()
        # DerSimonian and Laird (1986), eq. 9
        scale = w.sum() - (w**2).sum() / w.sum()
        tau2 = max(0.0, float((q - (measured.sum() - 1)) / scale))
    # Morris (1983), eq. 1.7
    believed = tau2 / (tau2 + variance) if tau2 else np.zeros(len(cells))
    deviation = believed * np.where(measured, difference - overall, 0.0)
    return cells.assign(deviation=deviation, deviation_variance=(1 - believed) * tau2), tau2
