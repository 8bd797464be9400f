"""Draw customers as a purchase model has them, to try a method where the truth is known."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from winback.errors import UsageError

PARAMETERS = {
    "beta_geo": ("r", "alpha", "a", "b"),
    "modified_beta_geo": ("r", "alpha", "a", "b"),
    "pareto_nbd": ("r", "alpha", "s", "beta"),
}


def generate_customers(
    model: str,
    parameters: Mapping[str, float],
    T: float | npt.ArrayLike,
    *,
    size: int,
    random_state: int = 0,
) -> pd.DataFrame:
    """Draw the histories of new customers.

    Exactly, and without walking through anybody's purchases: a living customer makes
    Poisson(lambda t) purchases within t, at uniform moments, of which the last counted one is a
    beta variable.

    Parameters
    ----------
    model
        ``beta_geo`` (Fader, Hardie & Lee, 2005), ``modified_beta_geo`` (Batislam et al., 2007) or
        ``pareto_nbd`` (Schmittlein, Morrison & Colombo, 1987).
    parameters
        ``r, alpha, a, b`` or, of Pareto/NBD, ``r, alpha, s, beta``; all above 0.
    T
        The customers' age, one for all or one for each.
    size
        How many customers.
    random_state
        Seed.

    Returns
    -------
    pandas.DataFrame
        ``frequency, recency, T``, and what nobody sees in real data: ``rate`` (purchases in a unit
        of time while alive), ``dropout`` (P(drops out) after a purchase or, of Pareto/NBD, the rate
        of dropping out) and ``alive`` (whether still a customer at ``T``).

    Raises
    ------
    UsageError
        The model is unknown, or a parameter is missing or not above 0.

    Examples
    --------
    >>> drawn = generate_customers("beta_geo", {"r": 0.24, "alpha": 4.4, "a": 0.8, "b": 2.4}, 39,
    ...                            size=4000)
    >>> bool((drawn["recency"] <= drawn["T"]).all()), bool(drawn["frequency"].eq(0).mean() > 0.5)
    (True, True)
    """
    names = PARAMETERS.get(model)
    if names is None:
        raise UsageError(
            "unknown purchase model", where="model", got=model, allowed=", ".join(PARAMETERS)
        )
    wrong = [name for name in names if not parameters.get(name, 0.0) > 0]
    if wrong:
        raise UsageError(
            "a parameter is missing or not above 0",
            where=", ".join(wrong),
            got=dict(parameters),
            allowed=", ".join(names),
        )
    chance = np.random.default_rng(random_state)
    r, alpha, first, second = (parameters[name] for name in names)
    age = np.broadcast_to(np.asarray(T, dtype=float), size)
    rate = chance.gamma(r, 1 / alpha, size)
    if model == "pareto_nbd":
        dropout = chance.gamma(first, 1 / second, size)
        life = chance.exponential(1 / dropout)
        span = np.minimum(life, age)
        counted = arrivals = chance.poisson(rate * span)
        alive = life > age
    else:
        # the purchase after which the customer leaves; of MBG/NBD it may be the very first
        dropout = np.maximum(chance.beta(first, second, size), 1e-12)
        last = chance.geometric(dropout)
        allowed = last if model == "beta_geo" else last - 1
        span = age
        arrivals = chance.poisson(rate * span)
        counted = np.minimum(arrivals, allowed)
        alive = arrivals < allowed
    # the k-th of n uniform moments is Beta(k, n - k + 1)
    place = chance.beta(np.maximum(counted, 1), arrivals - counted + 1)
    return pd.DataFrame(
        {
            "frequency": counted.astype(float),
            "recency": np.where(counted > 0, span * place, 0.0),
            "T": age,
            "rate": rate,
            "dropout": dropout,
            "alive": alive,
        }
    )
