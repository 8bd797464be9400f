"""Campaigns as the hierarchy sees them: cut where they last, put together where they are small."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from winback.estimators.uplift.pooling import MIN_CELL

PERIOD_DAYS = 91
"""A campaign that goes on is another after so many days."""
HALF_LIFE_DAYS = 730
"""Evidence so much older than the newest counts half: what a contact does changes in time."""
LEAST = 10 * MIN_CELL
"""Customers of each arm below which a campaign is put together with the next."""


def weight_by_age(
    block: npt.NDArray[np.int64], day: npt.NDArray[Any] | None
) -> npt.NDArray[np.float64]:
    """Return how much the evidence of each block counts: half where it is `HALF_LIFE_DAYS` older.

    Parameters
    ----------
    block
        Of each row, from 0.
    day
        Of each row; None: all are of one age.

    Returns
    -------
    ndarray of shape (blocks,)
        In (0, 1]; by the mean day of a block, older than the newest.

    Examples
    --------
    >>> weight_by_age(np.array([0, 1, 1]), np.array([0, 730, 730])).tolist()
    [0.5, 1.0]
    """
    n = int(block.max()) + 1
    if day is None:
        return np.ones(n)
    dates = day.astype("datetime64[D]") if day.dtype.kind == "M" else day
    mean = np.bincount(block, dates.astype("float64"), minlength=n) / np.bincount(
        block, minlength=n
    )
    return np.asarray(0.5 ** ((mean.max() - mean) / HALF_LIFE_DAYS))


def blocks_of(
    campaign: npt.NDArray[np.int64], day: npt.NDArray[Any] | None, arm: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Give each row the number of the block within which the effect is taken to be the same.

    A nightly list of six controls says nothing by itself, and an experiment that draws for years
    is not one campaign.

    Parameters
    ----------
    campaign
        Number of each row's campaign.
    day
        Of each row; None: campaigns stand in their order.
    arm
        1 treated, 0 control.

    Examples
    --------
    >>> nightly = np.repeat(np.arange(120), 30)
    >>> arm = np.tile([1.0, 1.0, 0.0], 1200)
    >>> int(blocks_of(nightly, nightly, arm).max())
    11
    """
    if day is None:
        when = np.zeros(len(campaign), dtype="int64")
    else:
        dates = day.astype("datetime64[D]") if day.dtype.kind == "M" else day
        numbers = dates.astype("int64")
        when = (numbers - numbers.min(initial=0)) // PERIOD_DAYS
    first = (
        np.zeros(int(campaign.max()) + 1) if day is None else np.full(campaign.max() + 1, np.inf)
    )
    if day is not None:
        np.minimum.at(first, campaign, numbers.astype("float64"))
    order = np.lexsort((campaign, first[campaign], when))
    _, piece = np.unique(
        np.stack([when, first[campaign], campaign])[:, order], axis=1, return_inverse=True
    )
    piece = piece.ravel()
    n = int(piece.max()) + 1
    sizes = np.stack([np.bincount(piece, mine[order], minlength=n) for mine in (arm, 1 - arm)])
    number, block, so_far = np.zeros(n, dtype="int64"), 0, np.zeros(2)
    for place in range(n):  # campaigns, not customers
        number[place] = block
        so_far = so_far + sizes[:, place]
        if so_far.min() >= LEAST:
            block, so_far = block + 1, np.zeros(2)
    if so_far.any() and block:  # what is left over joins the one before
        number[number == block] = block - 1
    result = np.empty(len(campaign), dtype="int64")
    result[order] = number[piece]
    return result
