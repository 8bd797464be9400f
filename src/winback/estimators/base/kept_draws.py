"""Sorted draws of living customers' futures, and which of them is a customer's quantile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from threading import local
from typing import Any

import numpy as np

from winback.estimators.base.frames import FloatArray, IntArray

BLOCK_CELLS = 2_000_000  # customers x draws held at once: 16 MB an array
KEPT_CELLS = 16_000_000  # draws kept for the next customers: 64 MB of purchases, as much of spend

Living = Callable[
    [float, float, FloatArray, FloatArray], tuple[FloatArray, FloatArray | None]
]  # frequency, informed, exposures and horizons to purchases and spend of the living


_newest = local()  # what one simulation has drawn, and no more: one per thread


class Kept:
    """Sorted draws of living customers, kept for those who share them.

    Parameters
    ----------
    n_draws
        Possible futures per customer.

    Attributes
    ----------
    counts, amounts
        Purchases, and spend in unit scale, ascending: shape (room, n_draws), single precision.
    room
        So many futures are kept; when there is no room for more, all are let go.
    """

    def __init__(self, n_draws: int) -> None:
        self.room = max(KEPT_CELLS // n_draws, 1)
        self.counts = np.zeros((self.room, n_draws), dtype=np.float32)
        self.amounts = np.zeros((self.room, n_draws), dtype=np.float32)
        self._places: dict[tuple[float, ...], int] = {}
        self._of_frequency: dict[float, Any] = {}

    def once(self, frequency: float, make: Callable[[], Any]) -> Any:
        """Return the streams of a frequency, with what was made of them, or make them now."""
        if frequency not in self._of_frequency:
            self._of_frequency[frequency] = make()
        return self._of_frequency[frequency]

    def places(self, distinct: Sequence[FloatArray], living: Living) -> IntArray:
        """Return the rows of futures, at most `room`; those not kept yet are drawn by `living`.

        Parameters
        ----------
        distinct
            Frequency, informed, exposure and horizon, sorted in this order.
        living
            Draws for one frequency and informed.
        """
        keys = list(zip(*(column.tolist() for column in distinct), strict=True))
        new = np.array([row for row, key in enumerate(keys) if key not in self._places], dtype=int)
        if len(self._places) + len(new) > self.room:
            self._places.clear()
            new = np.arange(len(keys))
        x, informed, exposure, horizon = (column[new] for column in distinct)
        for rows in equal_runs(x, informed, BLOCK_CELLS // self.counts.shape[1]):
            of = (float(x[rows.start]), float(informed[rows.start]))
            counts, amounts = living(*of, exposure[rows], horizon[rows])
            first = len(self._places)
            kept = slice(first, first + len(counts))
            self.counts[kept] = counts
            self.counts[kept].sort(axis=1)
            if amounts is not None:
                self.amounts[kept] = amounts
                self.amounts[kept].sort(axis=1)
            new_keys = (keys[row] for row in new[rows].tolist())
            self._places.update(zip(new_keys, range(kept.start, kept.stop), strict=True))
        return np.array([self._places[key] for key in keys], dtype=np.int64)


def kept_of(purchases: object, spend: object, random_state: int, n_draws: int) -> Kept:
    """Return what this thread has kept of a simulation, if that is the last one it asked for.

    Parameters
    ----------
    purchases, spend
        The models: these very ones, and with the same numbers in them.
    random_state, n_draws
        As of the simulation.

    Examples
    --------
    >>> kept_of("a", None, 0, 100) is kept_of("a", None, 0, 100)
    True
    >>> kept_of("a", None, 0, 100) is kept_of("a", None, 1, 100)
    False
    """
    models = (purchases, spend)
    of = (*map(id, models), *map(_numbers, models), random_state, n_draws)
    if getattr(_newest, "of", None) != of:
        # the models are held, so that no other one can take their place in memory
        _newest.of, _newest.models, _newest.kept = of, models, Kept(n_draws)
    kept: Kept = _newest.kept
    return kept


def _numbers(model: object) -> list[tuple[str, object]]:
    plain = (bool, int, float, str)
    return sorted((k, v) for k, v in getattr(model, "__dict__", {}).items() if isinstance(v, plain))


def living_ranks(alive: FloatArray, probabilities: Sequence[float], n_draws: int) -> IntArray:
    """Return the order statistics among living futures that stand for quantiles of all futures.

    A customer does nothing with the chance 1 - alive. Nobody does less, so that the quantile q of
    the mixture is the quantile (q - (1 - alive)) / alive of the living futures, rounded outwards.

    Parameters
    ----------
    alive
        Chance of living, shape (n,).
    probabilities
        As of `Simulation.quantiles`.

    Returns
    -------
    Shape (n, len(probabilities)); -1 where the quantile is that of being gone, 0.

    Examples
    --------
    >>> living_ranks(np.array([1.0, 0.5, 0.1]), (0.1, 0.9), 100)
    array([[10, 89],
           [-1, 79],
           [-1, -1]])
    """
    gone = 1.0 - alive[:, None]
    with np.errstate(divide="ignore"):
        place = (np.asarray(probabilities) - gone) / alive[:, None] * n_draws
    lower = np.asarray(probabilities) < 0.5
    rank = np.where(lower, np.floor(place + 1e-9), np.ceil(place - 1e-9) - 1)
    return np.clip(rank, -1, n_draws - 1).astype(np.int64)


def equal_runs(x: FloatArray, spend_x: FloatArray, at_most: int) -> Iterator[slice]:
    """Yield slices of the sorted rows that share their draws, none longer than a block."""
    change = np.flatnonzero((np.diff(x) != 0) | (np.diff(spend_x) != 0)) + 1
    edges = [0, *change.tolist(), len(x)]
    for start, stop in pairwise(edges):
        for begin in range(start, stop, max(at_most, 1)):
            yield slice(begin, min(begin + max(at_most, 1), stop))
