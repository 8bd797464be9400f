"""Scores without their order, for models that are not fit for ranking."""

from __future__ import annotations

import pandas as pd

from winback.lists.eligibility import is_active

CHANCES = ("p_alive", "p_repurchase")


def same_chances(scores: pd.DataFrame, active_within_days: int | None) -> pd.DataFrame:
    """Give everybody who is dormant the same chance to come back: the mean.

    What is left to order a win-back list by is how much customers spent on an order before.

    Parameters
    ----------
    scores
        The scores of everybody, one row a customer.
    active_within_days
        Who bought within so many days is active. None: everybody may be called back.

    Examples
    --------
    >>> scores = pd.DataFrame({"recency": [0.0, 0.0, 90.0], "T": [300.0, 400.0, 100.0],
    ...                        "p_alive": [0.2, 0.4, 0.9], "p_repurchase": [0.1, 0.2, 0.8]})
    >>> same_chances(scores, 180)["p_alive"].round(2).tolist()
    [0.3, 0.3, 0.9]
    """
    silent = scores.assign(days_since_last=scores["T"] - scores["recency"])
    dormant = pd.Series(data=True, index=scores.index)
    if active_within_days is not None:
        dormant = ~is_active(silent, active_within_days)
    means = {
        name: scores[name].mask(dormant, scores.loc[dormant, name].mean())
        for name in CHANCES
        if name in scores
    }
    return scores.assign(**means)
