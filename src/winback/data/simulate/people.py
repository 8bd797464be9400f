"""Who the customers are: what nobody but the simulator knows, and what the shop knows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import digamma, polygamma

from winback.data.simulate.demand import DemandLevel, Floats
from winback.data.simulate.shop_parameters import ShopParameters

Flags = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]

_HIGHEST_DROPOUT = 0.99


@dataclass(frozen=True)
class People:
    """A block of customers; every array has shape (n,).

    Attributes
    ----------
    number
        Number of the customer in the whole shop, from 0.
    acquired
        Days from the beginning to the first order, a fraction included.
    channel
        Position of the acquisition channel in `ShopParameters.channels`.
    rate
        Orders a day of operational time while alive, the first order not counted.
    dropout
        P(drops out right after a repeat order), complaints aside.
    spend_rate
        Rate nu of the spend: the mean order is `ShopParameters.p / spend_rate`.
    persuadable
        P(a contact brings an order | alive, would not have ordered, no complaint); below 0, P(the
        contact annoys).
    referrer
        Number of the customer who brought this one; -1: nobody, -2: somebody unknown.
    opt_out, email, sms
        Not to be written to; reached by e-mail; reached by SMS.
    """

    number: Whole
    acquired: Floats
    channel: Whole
    rate: Floats
    dropout: Floats
    spend_rate: Floats
    persuadable: Floats
    referrer: Whole
    opt_out: Flags
    email: Flags
    sms: Flags

    def __len__(self) -> int:
        """Return how many customers there are."""
        return len(self.number)

    @property
    def ids(self) -> npt.NDArray[np.str_]:
        """The customers' identifiers, as the shop writes them."""
        return customer_ids(self.number)


def customer_ids(number: Whole) -> npt.NDArray[np.str_]:
    """Write customer numbers as the shop does.

    Examples
    --------
    >>> customer_ids(np.array([0, 41])).tolist()
    ['C00000000', 'C00000041']
    """
    return np.char.mod("C%08d", number)


def draw_people(
    first_number: int,
    n: int,
    level: DemandLevel,
    parameters: ShopParameters,
    rng: np.random.Generator,
) -> People:
    """Draw customers.

    Parameters
    ----------
    first_number, n
        Number of the first customer, and how many there are.
    level
        The days of the shop: more customers are won when more is bought.
    parameters
        The truth.
    rng
        Where chance comes from.
    """
    acquired = level.calendar(rng.random(n) * level.clock[-1])
    channel = rng.choice(len(parameters.channels), size=n, p=parameters.channel_share)
    rate = rng.gamma(parameters.r, 1 / parameters.alpha, n)
    dropout = rng.beta(parameters.a, parameters.b, n)
    spend_rate = rng.gamma(parameters.q, 1 / parameters.v, n)
    # -log nu has mean log v - digamma(q) and variance trigamma(q), nu being Gamma(q, rate v)
    centre = np.log(parameters.v) - digamma(parameters.q)
    score = (-np.log(spend_rate) - centre) / np.sqrt(polygamma(1, parameters.q))
    persuadable = np.array(parameters.channel_uplift)[channel] + parameters.spend_uplift * score
    return People(
        number=first_number + np.arange(n),
        acquired=acquired,
        channel=channel,
        rate=rate * np.array(parameters.channel_rate)[channel],
        dropout=np.minimum(
            dropout * np.array(parameters.channel_dropout)[channel], _HIGHEST_DROPOUT
        ),
        spend_rate=spend_rate,
        persuadable=persuadable,
        referrer=_referrers(first_number, acquired, channel, parameters, rng),
        opt_out=rng.random(n) < parameters.opt_out_share,
        email=rng.random(n) >= parameters.no_email_share,
        sms=rng.random(n) < parameters.sms_share,
    )


def _referrers(
    first_number: int,
    acquired: Floats,
    channel: Whole,
    parameters: ShopParameters,
    rng: np.random.Generator,
) -> Whole:
    """Give each referred customer a referrer of the same block who was there before."""
    n = len(acquired)
    by_age = np.argsort(acquired, kind="stable")
    rank = np.empty(n, dtype=np.int64)
    rank[by_age] = np.arange(n)
    earlier = by_age[np.floor(rng.random(n) * rank).astype(np.int64)]
    unknown = (rng.random(n) < parameters.unknown_referrer_share) | (rank == 0)
    if "referral" not in parameters.channels:
        return np.full(n, -1)
    referred = channel == parameters.channels.index("referral")
    return np.where(referred, np.where(unknown, -2, first_number + earlier), -1)
