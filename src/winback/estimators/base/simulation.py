"""Predictive intervals by conditional simulation: what customers may do, not only on average.

Draws are common random numbers: a stream depends on ``(random_state, purpose, frequency)`` and
nothing else, so that a customer's interval is the same whatever the other rows, their order or
the chunk. Two customers of equal frequency share their draws: the quantiles are those of single
customers, and for a sum over customers each one's draws are turned by a lot of their own first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from scipy.special import ndtri

from winback.estimators.base.frames import FloatArray, group_rows

ARRIVALS_EXACT = 256  # beyond this many purchases the count is a normal approximation
BLOCK_CELLS = 2_000_000  # customers x draws held at once: 16 MB an array
ARRIVALS_AT_ONCE = 32


@dataclass(frozen=True)
class Draws:
    """Streams of random numbers for the customers of one frequency.

    Parameters
    ----------
    random_state
        The seed, >= 0.
    frequency
        The customers' repeat purchase days.
    n_draws
        Possible futures per customer.
    """

    random_state: int
    frequency: float
    n_draws: int

    def stream(self, purpose: int) -> np.random.Generator:
        """Return a fresh generator: the same numbers for the same purpose, always."""
        seed = np.random.SeedSequence([self.random_state, purpose, int(self.frequency)])
        return np.random.Generator(np.random.PCG64(seed))

    def strata(self, purpose: int) -> FloatArray:
        """Return one uniform number per draw, shape (n_draws,), a Latin hypercube's column."""
        return spread(self.stream(purpose), 1, self.n_draws).ravel()


def spread(stream: np.random.Generator, rows: int, n_draws: int) -> FloatArray:
    """Return uniform numbers in (0, 1), each row with one in each of ``n_draws`` equal cells.

    Marginally uniform and, over rows, in random order: quantiles settle with far fewer draws
    than of independent numbers (McKay, Beckman & Conover 1979, Technometrics 21, 239-245).
    """
    cells = stream.permuted(np.tile(np.arange(n_draws), (rows, 1)), axis=1)
    values: FloatArray = (cells + stream.random((rows, n_draws))) / n_draws
    return np.clip(values, 1e-12, 1 - 1e-12)


ALIVE, RATE, DROPOUT, LAST, ARRIVALS, ARRIVALS_TAIL, SPEND, SPEND_STEPS, SPEND_TAIL = range(9)
LEVEL, TURN = 9, 10


Horizons = FloatArray | float  # of each customer, or of all


class CountsFuture(Protocol):
    """What a purchase model offers the simulation."""

    def draw(self, draws: Draws, exposure: FloatArray, horizon: Horizons) -> FloatArray:
        """Draw purchases of living customers, shape (n, n_draws)."""


class SpendsFuture(Protocol):
    """What a spend model offers the simulation."""

    def draw(self, draws: Draws) -> tuple[float, FloatArray]:
        """Return the gamma shape of one amount and, per draw, the factor of a sum of them."""


def count_arrivals(draws: Draws, rate: FloatArray, exposure: FloatArray) -> FloatArray:
    """Count the arrivals of unit-rate Poisson processes, one per draw, within rate x exposure.

    Parameters
    ----------
    rate
        One multiplier per draw, shape (n_draws,).
    exposure
        One per customer, shape (n,), >= 0.

    Returns
    -------
    Counts, shape (n, n_draws). They rise with the exposure, draw by draw. Exact up to 256
    arrivals; the arrivals beyond follow the Cornish-Fisher quantile of a Poisson distribution.
    """
    n, d = len(exposure), draws.n_draws
    order = np.argsort(exposure, kind="stable")
    levels = exposure[order]
    stream = draws.stream(ARRIVALS)
    clock = np.zeros(d)
    hits = np.zeros((n + 1) * d, dtype=np.int64)
    per_unit = 1.0 / np.maximum(rate, 1e-300)  # a rate may underflow to 0
    columns = np.arange(d)
    exact = 0
    while exact < ARRIVALS_EXACT and n and (clock * per_unit).min() <= levels[-1]:
        waits = -np.log(spread(stream, ARRIVALS_AT_ONCE, d))
        times = clock + np.cumsum(waits, axis=0)
        # the first customer (in order of exposure) within whose reach the arrival lies
        first = np.searchsorted(levels, (times * per_unit).ravel(), side="left")
        hits += np.bincount(first * d + np.tile(columns, len(times)), minlength=len(hits))
        clock = times[-1]
        exact += ARRIVALS_AT_ONCE
    counts = np.empty((n, d))
    counts[order] = hits.reshape(n + 1, d)[:n].cumsum(axis=0)
    if exact == ARRIVALS_EXACT:
        rest = np.maximum(exposure[:, None] * rate - clock, 0.0)
        z = draws.stream(ARRIVALS_TAIL).standard_normal(d)
        tail = np.floor(rest + np.sqrt(rest) * z + (z**2 - 1) / 6 + 0.5)
        counts += np.where(rest > 0, np.maximum(tail, 0.0), 0.0)
    return counts


def gamma_totals(draws: Draws, shape: float, counts: FloatArray) -> FloatArray:
    """Return sums of as many independent Gamma(shape, 1) amounts as each count says.

    Exact up to 256 amounts; the amounts beyond are summed by the normal approximation.
    """
    d = draws.n_draws
    stream = draws.stream(SPEND_STEPS)
    most = min(int(counts.max(initial=0.0)), ARRIVALS_EXACT)
    steps = np.zeros((most + 1, d))
    for row in range(1, most + 1):
        steps[row] = stream.standard_gamma(shape, d)
    totals = np.cumsum(steps, axis=0)
    whole = np.minimum(counts, most).astype(np.int64)
    amount: FloatArray = totals.ravel()[whole * d + np.arange(d)]
    beyond = shape * (counts - whole)
    if beyond.any():
        z = draws.stream(SPEND_TAIL).standard_normal(d)
        amount += np.maximum(beyond + np.sqrt(beyond) * z, 0.0)
    return amount


@dataclass(frozen=True)
class Histories:
    """What decides the simulated future of each customer, one value each.

    Parameters
    ----------
    frequency, exposure, alive
        The customer's repeat purchase days, and what a purchase model's ``exposure`` and
        ``alive`` say.
    informed
        What a spend model's ``informed`` says; the frequency without one.
    horizon
        How far ahead to look, in the unit of ``T``: longer where a customer's time runs faster.
    """

    frequency: FloatArray
    exposure: FloatArray
    alive: FloatArray
    informed: FloatArray
    horizon: FloatArray

    @property
    def columns(self) -> tuple[FloatArray, ...]:
        """The values, those first that decide which draws are shared."""
        return self.frequency, self.informed, self.exposure, self.alive, self.horizon

    @classmethod
    def of(cls, columns: Sequence[FloatArray]) -> Histories:
        """Return the histories of these `columns`."""
        frequency, informed, exposure, alive, horizon = columns
        return cls(frequency, exposure, alive, informed, horizon)


@dataclass(frozen=True)
class Simulation:
    """Possible futures of customers under a purchase model and a spend model.

    Parameters
    ----------
    purchases, spend
        The fitted models; no spend model: only purchases are simulated.
    random_state
        The seed, >= 0.
    n_draws
        Possible futures per customer.
    """

    purchases: CountsFuture
    spend: SpendsFuture | None
    random_state: int
    n_draws: int

    def quantiles(
        self, customers: Histories, probabilities: Sequence[float]
    ) -> tuple[FloatArray, FloatArray | None]:
        """Return quantiles of each customer's future purchases and of the spend in unit scale.

        Parameters
        ----------
        customers
            Equal ones are simulated once.
        probabilities
            Below one half: the largest value with no more than this chance below it; above one
            half: the smallest with no more than the complement above it.

        Returns
        -------
        Two arrays of shape (n, len(probabilities)); the second is None without a spend model and
        is to be multiplied by the customer's spend scale.
        """
        distinct, position = group_rows(customers.columns)
        ranks = [_rank(probability, self.n_draws) for probability in probabilities]
        counted = np.empty((len(distinct[0]), len(ranks)))
        spent = np.empty_like(counted)
        for rows, counts, amounts in self._futures(Histories.of(distinct)):
            counted[rows] = np.sort(counts, axis=1)[:, ranks]
            if amounts is not None:
                spent[rows] = np.sort(amounts, axis=1)[:, ranks]
        return counted[position], None if self.spend is None else spent[position]

    def totals(
        self, customers: Histories, scale: FloatArray | None
    ) -> tuple[FloatArray, FloatArray | None]:
        """Return draws of the sums over customers of purchases and of spend.

        Customers are independent: the draws of each are turned round by a lot of
        their own, since those of equal frequency come from the same numbers.

        Parameters
        ----------
        scale
            What each customer's spend in unit scale is multiplied by.

        Returns
        -------
        Two arrays of shape (n_draws,); the second is None without a spend model.
        """
        n_draws = self.n_draws
        order = np.lexsort(customers.columns[3::-1])
        lot = Draws(self.random_state, 0.0, n_draws).stream(TURN)
        counted, spent = np.zeros(n_draws), np.zeros(n_draws)
        ordered = Histories.of([column[order] for column in customers.columns])
        for rows, counts, amounts in self._futures(ordered):
            block = order[rows]
            turned = (np.arange(n_draws) + lot.integers(n_draws, size=(len(block), 1))) % n_draws
            counted += np.take_along_axis(counts, turned, axis=1).sum(axis=0)
            if amounts is not None and scale is not None:
                spent += scale[block] @ np.take_along_axis(amounts, turned, axis=1)
        return counted, None if self.spend is None else spent

    def _futures(
        self, customers: Histories
    ) -> Iterator[tuple[slice, FloatArray, FloatArray | None]]:
        """Simulate customers who are sorted by frequency, a block at a time.

        Yields the rows, their purchases and their spend in unit scale, shape (rows, n_draws).
        """
        x, informed = customers.frequency, customers.informed
        for rows in _runs(x, informed, BLOCK_CELLS // self.n_draws):
            draws = Draws(self.random_state, float(x[rows.start]), self.n_draws)
            ahead = [customers.exposure[rows], customers.horizon[rows]]
            (exposure, horizon), place = group_rows(ahead)
            counts = self.purchases.draw(draws, exposure, horizon)[place]
            counts *= draws.strata(ALIVE) < customers.alive[rows, None]
            amounts = None
            if self.spend is not None:
                spend_draws = Draws(self.random_state, float(informed[rows.start]), self.n_draws)
                shape, unit = self.spend.draw(spend_draws)
                amounts = gamma_totals(spend_draws, shape, counts) * unit
            yield rows, counts, amounts


def level_draws(spread: float, *, random_state: int, n_draws: int) -> FloatArray:
    """Return the common level of each draw: lognormal, median 1, the same for every customer.

    Parameters
    ----------
    spread
        Standard deviation of its logarithm, >= 0.

    Examples
    --------
    >>> level = level_draws(0.2, random_state=0, n_draws=1000)
    >>> round(float(np.median(level)), 2), round(float(np.log(level).std()), 2)
    (1.0, 0.2)
    """
    factor: FloatArray = np.exp(spread * ndtri(Draws(random_state, 0.0, n_draws).strata(LEVEL)))
    return factor


def _rank(probability: float, n_draws: int) -> int:
    """Return the order statistic that stands for a quantile, rounding outwards."""
    place = probability * n_draws
    rank = np.floor(place + 1e-9) if probability < 0.5 else np.ceil(place - 1e-9) - 1
    return int(np.clip(rank, 0, n_draws - 1))


def _runs(x: FloatArray, spend_x: FloatArray, at_most: int) -> Iterator[slice]:
    """Yield slices of the sorted rows that share their draws, none longer than a block."""
    change = np.flatnonzero((np.diff(x) != 0) | (np.diff(spend_x) != 0)) + 1
    edges = [0, *change.tolist(), len(x)]
    for start, stop in pairwise(edges):
        for begin in range(start, stop, max(at_most, 1)):
            yield slice(begin, min(begin + max(at_most, 1), stop))
