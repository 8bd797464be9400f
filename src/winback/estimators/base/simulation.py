"""Predictive intervals by conditional simulation: what customers may do, not only on average.

Draws are common random numbers: a stream depends on ``(random_state, purpose, frequency)`` and
nothing else, so that a customer's interval is the same whatever the other rows, their order or
the chunk. Two customers of equal frequency share their draws: the quantiles are those of single
customers, and for a sum over customers each one's draws are turned by a lot of their own first.

Whether a customer is still one is a mixture of two futures: nothing, and that of a living customer.
Its quantiles are looked up in the sorted draws of the living one, at a rank that P(alive) moves:
customers who differ in it alone share their draws, and it adds no noise of its own. Sorted draws
are kept (`Kept`) for the next chunk of customers.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from scipy.special import ndtri

from winback.estimators.base.frames import FloatArray, group_rows
from winback.estimators.base.kept_draws import BLOCK_CELLS, Kept, Living, equal_runs, living_ranks

ARRIVALS_EXACT = 256  # beyond this many purchases the count is a normal approximation
TIME_STEP = 0.004  # logarithm of time ahead: futures whose time differs by less are drawn once
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
    _made: dict[Hashable, FloatArray] = field(default_factory=dict, repr=False, compare=False)

    def once(self, name: Hashable, make: Callable[[], FloatArray]) -> FloatArray:
        """Return what was made of these streams under a name, or make it now."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

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
LEVEL, TURN, ARRIVED = 9, 10, 11


Horizons = FloatArray | float  # of each customer, or of all


def on_grid(time: FloatArray) -> FloatArray:
    """Round times ahead to a grid of `TIME_STEP` on their logarithm; 0 stays 0.

    At most 0.2% off: a tenth of what the quantile of a few thousand draws is known to.

    Examples
    --------
    >>> on_grid(np.array([0.0, 1.0, 90.0])).round(2)
    array([ 0. ,  1. , 90.02])
    """
    with np.errstate(divide="ignore"):
        return np.asarray(np.exp(np.round(np.log(time) / TIME_STEP) * TIME_STEP))


class CountsFuture(Protocol):
    """What a purchase model offers the simulation."""

    def ahead(self, exposure: FloatArray, horizon: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return exposures and horizons of fewer kinds whose living futures are the same."""

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
        self, customers: Histories, probabilities: Sequence[float], kept: Kept | None = None
    ) -> tuple[FloatArray, FloatArray | None]:
        """Return quantiles of each customer's future purchases and of the spend in unit scale.

        Parameters
        ----------
        customers
            Those of equal frequency and time ahead share their draws.
        probabilities
            Below one half: the largest value with no more than this chance below it; above one
            half: the smallest with no more than the complement above it.
        kept
            Draws of earlier calls of this very simulation.

        Returns
        -------
        Two arrays of shape (n, len(probabilities)); the second is None without a spend model and
        is to be multiplied by the customer's spend scale.
        """
        kept = Kept(self.n_draws) if kept is None else kept
        ranks = living_ranks(customers.alive, probabilities, self.n_draws)
        counted, spent = np.zeros(ranks.shape), np.zeros(ranks.shape)
        living = np.flatnonzero((ranks >= 0).any(axis=1))  # the others are gone in too many futures
        exposure, horizon = self.purchases.ahead(
            customers.exposure[living], customers.horizon[living]
        )
        shared = [customers.frequency[living], customers.informed[living], exposure, horizon]
        distinct, position = group_rows(shared)
        order = np.argsort(position, kind="stable")
        for start in range(0, len(distinct[0]), kept.room):
            block = slice(start, start + kept.room)
            place = kept.places([column[block] for column in distinct], self._of_frequency(kept))
            first, last = np.searchsorted(position[order], [start, start + kept.room])
            here = order[first:last]
            where, rank = place[position[here] - start][:, None], ranks[living[here]]
            counted[living[here]] = np.where(rank >= 0, kept.counts[where, rank], 0.0)
            spent[living[here]] = np.where(rank >= 0, kept.amounts[where, rank], 0.0)
        return counted, None if self.spend is None else spent

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
        for rows in equal_runs(x, informed, BLOCK_CELLS // self.n_draws):
            ahead = [customers.exposure[rows], customers.horizon[rows]]
            (exposure, horizon), place = group_rows(ahead)
            draws = Draws(self.random_state, float(x[rows.start]), self.n_draws)
            spend_draws = Draws(self.random_state, float(informed[rows.start]), self.n_draws)
            counts, amounts = self._living(draws, spend_draws, exposure, horizon)
            alive = draws.strata(ALIVE) < customers.alive[rows, None]
            yield rows, counts[place] * alive, None if amounts is None else amounts[place] * alive

    def _of_frequency(self, kept: Kept) -> Living:
        """Return what simulates the living of one frequency, by numbers kept for the next time."""

        def draws(frequency: float) -> Draws:
            made: Draws = kept.once(
                frequency, lambda: Draws(self.random_state, frequency, self.n_draws)
            )
            return made

        def living(
            frequency: float, informed: float, exposure: FloatArray, horizon: FloatArray
        ) -> tuple[FloatArray, FloatArray | None]:
            return self._living(draws(frequency), draws(informed), exposure, horizon)

        return living

    def _living(
        self, draws: Draws, spend_draws: Draws, exposure: FloatArray, horizon: FloatArray
    ) -> tuple[FloatArray, FloatArray | None]:
        """Simulate living customers of one frequency: purchases, and spend in unit scale."""
        counts = self.purchases.draw(draws, exposure, horizon)
        if self.spend is None:
            return counts, None
        shape, unit = self.spend.draw(spend_draws)
        return counts, gamma_totals(spend_draws, shape, counts) * unit


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
