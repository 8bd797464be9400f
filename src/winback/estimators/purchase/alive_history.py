"""P(alive) of one customer through their own history: how it falls in silence, and recovers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from winback.errors import ModelError, Sentence
from winback.estimators.purchase.purchase_model import PurchaseModel


def p_alive_history(
    model: PurchaseModel, purchases: npt.ArrayLike, until: float, *, step: float = 1.0
) -> pd.DataFrame:
    """Return P(alive) at every step of a customer's life, from what was known at that step.

    Parameters
    ----------
    model
        A fitted purchase model.
    purchases
        When the customer bought, in the model's unit of time, counted from the first purchase (0,
        which may be left out); in any order, each once.
    until
        The customer's age at which to stop, at least the last of them.
    step
        Distance between two steps, above 0.

    Returns
    -------
    pandas.DataFrame
        `T` (age: 0, step, … and `until`) and `p_alive`, in [0, 1]. The parameters are the model's
        own, learned from everybody to the end: what changes is the customer's history alone.

    Raises
    ------
    ModelError
        A purchase lies before the first one or after `until`, or the step is not above 0.

    Examples
    --------
    >>> from winback.estimators.purchase.beta_geo import BetaGeoModel
    >>> frame = pd.DataFrame({"frequency": [0, 1, 1, 2, 3, 5, 8], "T": 39,
    ...                       "recency": [0, 5, 30, 12, 30, 35, 37],
    ...                       "weight": [600, 150, 60, 60, 40, 30, 15]})
    >>> history = p_alive_history(BetaGeoModel().fit(frame), [0, 10, 20], until=60, step=20)
    >>> history["T"].tolist(), history["p_alive"].round(2).tolist()
    ([0.0, 20.0, 40.0, 60.0], [1.0, 0.81, 0.55, 0.36])
    """
    times = np.unique(np.append(np.asarray(purchases, dtype=float), 0.0))
    if times[0] < 0 or times[-1] > until or not step > 0:
        raise ModelError(
            "no history of a customer",
            where="purchases, until, step",
            got=Sentence(
                "{first:g} to {last:g}, until {until:g}, step {step:g}",
                first=times[0],
                last=times[-1],
                until=until,
                step=step,
            ),
            allowed="purchases from 0 to until, a step above 0",
        )
    ages = np.unique(np.append(np.arange(0.0, until, step), until))
    bought = np.searchsorted(times, ages, side="right")
    frame = pd.DataFrame(
        {"frequency": bought - 1.0, "recency": times[bought - 1], "T": ages},
    )
    return pd.DataFrame({"T": ages, "p_alive": model.p_alive(frame).to_numpy()})
