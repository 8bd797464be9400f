"""What leaving costs, and how much of it a contact can still keep: who has gone already is gone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from winback.estimators.base.frames import FloatArray
from winback.estimators.purchase.purchase_model import PurchaseModel


def leaving(
    model: PurchaseModel,
    frame: pd.DataFrame,
    *,
    gap_days: float,
    window_days: float,
    horizon_days: float,
) -> pd.DataFrame:
    """Split what leaving costs into what is lost already and what can still be kept.

    To leave, L, is to buy nothing in the churn window. Who is gone already, 1 - P(alive), leaves
    for certain; the rest of P(L) is alive and will be silent::

        P(L) = 1 - P(alive) + P(alive, L)                    p_keepable = P(alive, L) / P(L)

    What is expected within the horizon is P(stays) E[stays] + P(L) E[L], so that leaving costs
    E[stays] - E[L] = (E - E[L]) / P(stays). Who has gone buys nothing more: P(L) E[L] = P(alive, L)
    E[alive, L]. A contact keeps of the value at risk, P(L) (E[stays] - E[L]), no more than::

        P(alive, L) (E[kept] - E[alive, L]) = P(alive, L) E[kept] - P(L) E[L]

    E[kept] is of a customer who would have left alive and is kept: one who buys as rarely as those
    who leave do, not as E[stays], the mean of those who stay anyway. It is that of a living
    customer, known to be silent for the window longer, who then buys in it: with m(t) what such a
    one is expected to buy within t, (m(H) - exp(-m(w)) m(H - w)) / (1 - exp(-m(w))), exact where
    the rate is known, w the window and H the horizon.

    Parameters
    ----------
    model
        A fitted purchase model. A rule of thumb knows no P(alive): see *Returns*.
    frame
        One row a customer, with the model's columns; for a rule, `overdue_ratio`, too.
    gap_days, window_days
        The churn window is (gap_days, gap_days + window_days] from now, in the unit of `T`.
    horizon_days
        Horizon of value.

    Returns
    -------
    DataFrame
        Aligned with `frame`. `lost`: E[stays] - E[L] over E, 0 or more. `p_keepable`: P(alive now |
        leaves), in [0, 1]. `kept_share`: what a contact can keep of the value at risk, in [0,
        p_keepable]; 0 where nothing is lost. By a rule of thumb, that knows nobody gone,
        `p_keepable` is the chance that exponential gaps of the customer's own median last as long
        as the silence, `2 ** -overdue_ratio` (where no rhythm is known: 1), and `kept_share` the
        same.

    Examples
    --------
    >>> from winback.estimators.purchase.pareto_nbd import ParetoNBDModel
    >>> from winback.estimators.purchase.generate import generate_customers
    >>> drawn = generate_customers("pareto_nbd", {"r": 0.6, "alpha": 10, "s": 0.6, "beta": 12},
    ...                            52, size=2000)
    >>> two = pd.DataFrame({"frequency": [9, 9], "recency": [50, 20], "T": [52, 52]})
    >>> leaving(ParetoNBDModel().fit(drawn), two, gap_days=0, window_days=13,
    ...         horizon_days=52)["kept_share"].round(2).tolist()
    [0.54, 0.0]
    """
    expected = model.expected_purchases(frame, horizon_days).to_numpy()
    gone_days = gap_days + window_days
    if_leaves = model.expected_purchases(frame, min(gap_days, horizon_days)).to_numpy()
    if horizon_days > gone_days:
        silent = frame.assign(T=frame["T"] + gone_days)
        later = model.expected_purchases(silent, horizon_days - gone_days).to_numpy()
        if_leaves = if_leaves + later
    p_stays = model.p_purchase_window(frame, gap_days, window_days).to_numpy()
    difference = np.maximum(expected - if_leaves, 0.0)
    cost = np.divide(difference, p_stays, out=np.zeros_like(difference), where=p_stays > 0)
    lost = np.divide(cost, expected, out=np.zeros_like(cost), where=expected > 0)
    if not model.knows_alive:
        keepable = kept = _by_rhythm(frame)
    else:
        leaves = 1.0 - p_stays
        keepable = _alive_of_leavers(model, frame, p_stays)
        saved = _if_kept(model, frame, window_days, horizon_days)
        part, at_risk = leaves * (keepable * saved - if_leaves), leaves * cost
        kept = np.divide(part, at_risk, out=np.zeros_like(cost), where=at_risk > 0)
        kept = np.clip(kept, 0.0, keepable)
    columns = {"lost": lost, "p_keepable": keepable, "kept_share": kept}
    return pd.DataFrame(columns, index=frame.index)


def keepable_share(
    model: PurchaseModel | None, frame: pd.DataFrame, *, gap_days: float, window_days: float
) -> FloatArray:
    """Return P(alive now | leaves), `p_keepable` of `leaving`: who leaves and has not gone yet.

    Parameters
    ----------
    model
        A fitted purchase model; None, or a rule of thumb: by the customer's own rhythm.
    frame, gap_days, window_days
        As of `leaving`. Without the column `overdue_ratio` no rhythm is known.

    Returns
    -------
    ndarray of shape (n,)
        In [0, 1].

    Examples
    --------
    >>> two = pd.DataFrame({"overdue_ratio": [1.0, 3.0]})
    >>> keepable_share(None, two, gap_days=0, window_days=90).tolist()
    [0.5, 0.125]
    """
    if model is None or not model.knows_alive:
        return _by_rhythm(frame)
    stays = model.p_purchase_window(frame, gap_days, window_days).to_numpy()
    return _alive_of_leavers(model, frame, stays)


def _by_rhythm(frame: pd.DataFrame) -> FloatArray:
    if "overdue_ratio" not in frame:
        return np.ones(len(frame))
    ratio = frame["overdue_ratio"].to_numpy(dtype="float64", na_value=0.0)
    return np.asarray(2.0 ** -np.maximum(ratio, 0.0))


def _alive_of_leavers(
    model: PurchaseModel, frame: pd.DataFrame, p_stays: npt.ArrayLike
) -> FloatArray:
    stays = np.asarray(p_stays, dtype=np.float64)
    leaves = 1.0 - stays
    alive_leaves = np.maximum(model.p_alive(frame).to_numpy() - stays, 0.0)
    share = np.divide(alive_leaves, leaves, out=np.zeros_like(leaves), where=leaves > 0)
    return np.asarray(np.clip(share, 0.0, 1.0))


def _if_kept(
    model: PurchaseModel, frame: pd.DataFrame, window_days: float, horizon_days: float
) -> FloatArray:
    """Return E[kept]: of who is alive, as silent as who leaves, and buys in the window instead."""
    window = min(window_days, horizon_days)
    spans = np.array([window, horizon_days - window, horizon_days])
    soon, later, whole = model.expected_if_alive(frame.assign(T=frame["T"] + window), spans).T
    silent = np.exp(-soon)
    buys = -np.expm1(-soon)
    part = np.maximum(whole - silent * later, 0.0)
    return np.asarray(np.divide(part, buys, out=np.zeros_like(part), where=buys > 0))
