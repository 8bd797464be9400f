"""The common level of demand: season, weekday, and a drift that nobody announces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from winback.data.simulate.shop_parameters import ShopParameters

Floats = npt.NDArray[np.float64]

# share of a day's orders by hour: a shop sleeps at night and is busiest in the evening
_HOURS = np.array([1, 1, 1, 1, 1, 1, 2, 4, 5, 6, 6, 6, 7, 6, 6, 6, 6, 7, 8, 9, 9, 7, 4, 2.0])
_CLOCK = np.concatenate([[0.0], np.cumsum(_HOURS) / _HOURS.sum()])


@dataclass(frozen=True)
class DemandLevel:
    """How much is bought on a day, relative to a usual one, and the clock that it drives.

    A customer's orders are a Poisson process of constant rate on this clock, and so one of rate
    `purchase_rate * daily[day]` on the calendar (time change of a Poisson process; Cinlar 1975,
    section 4.7).

    Attributes
    ----------
    first_day
        Day 0.
    daily
        The level of each day, shape (days,); 1 is usual.
    """

    first_day: date
    daily: Floats

    @property
    def clock(self) -> Floats:
        """Operational time at the beginning of each day and at the end, shape (days + 1,)."""
        return np.concatenate([[0.0], np.cumsum(self.daily)])

    def operational(self, day: Floats) -> Floats:
        """Turn days since the beginning into operational time."""
        return np.interp(day, np.arange(len(self.daily) + 1.0), self.clock)

    def calendar(self, operational: Floats) -> Floats:
        """Turn operational time into days since the beginning."""
        day: Floats = np.interp(operational, self.clock, np.arange(len(self.daily) + 1.0))
        return day

    def timestamps(self, day: Floats) -> npt.NDArray[np.datetime64]:
        """Turn days since the beginning into points in time, at the hours at which people shop."""
        whole = np.floor(day)
        seconds = np.interp(day - whole, _CLOCK, np.arange(25) * 3600.0)
        # 24:00 would be the next day
        seconds = whole * 86_400 + np.minimum(np.floor(seconds), 86_399)
        first = np.array(self.first_day, dtype="datetime64[s]")
        stamps: npt.NDArray[np.datetime64] = first + seconds.astype("timedelta64[s]")
        return stamps

    def dates(self, day: Floats) -> npt.NDArray[np.datetime64]:
        """Turn days since the beginning into dates; infinity into a missing one."""
        happens = np.isfinite(day)
        whole = np.floor(np.where(happens, day, 0.0)).astype("timedelta64[D]")
        dates = np.datetime64(self.first_day, "D") + whole
        return np.where(happens, dates, np.datetime64("NaT", "D"))


def make_level(
    first_day: date,
    days: int,
    parameters: ShopParameters,
    rng: np.random.Generator,
) -> DemandLevel:
    """Draw the common level.

    Parameters
    ----------
    first_day, days
        The days of the shop.
    parameters
        Whether there is a season and a drift (without both the level is 1 on every day), the
        seasonal factors, and how far and how fast the level wanders.
    rng
        Where chance comes from.

    Examples
    --------
    >>> parameters = ShopParameters(season=False, drift=False)
    >>> flat = make_level(date(2023, 1, 1), 3, parameters, np.random.default_rng(0))
    >>> flat.daily.tolist(), flat.calendar(np.array(1.5)).item()
    ([1.0, 1.0, 1.0], 1.5)
    """
    dates = np.datetime64(first_day, "D") + np.arange(days)
    daily = np.ones(days)
    if parameters.season:
        months = np.array(parameters.months) / np.mean(parameters.months)
        weekdays = np.array(parameters.weekdays) / np.mean(parameters.weekdays)
        daily *= months[dates.astype("datetime64[M]").astype(int) % 12]
        daily *= weekdays[(dates.astype(int) + 3) % 7]  # 1970-01-01 was a Thursday
    if parameters.drift:
        keep = np.exp(-1 / parameters.level_days)
        shocks = rng.standard_normal(days) * np.sqrt(1 - keep**2)
        shocks[0] = rng.standard_normal()  # stationary from the first day on
        daily *= np.exp(parameters.level_sd * lfilter([1.0], [1.0, -keep], shocks))
    return DemandLevel(first_day, daily)
