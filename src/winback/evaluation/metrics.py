"""What a prediction is worth: metrics of value and of churn.

A metric that is undefined (one class only, a total of zero, a missing prediction) is NaN, never a
silent 0: whoever reads it, the gate above all, must be able to tell "bad" from "unknown".
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import xlogy
from scipy.stats import rankdata
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from winback.economics import Economics
from winback.estimators.base.equal_mass import equal_mass_bins
from winback.evaluation.calibration import Floats, as_pair, expected_calibration_error

NAN = float("nan")
VALUE_METRICS = (
    "mae",
    "rmse",
    "wape",
    "bias",
    "spearman",
    "gini",
    "top_decile_capture",
    "poisson_deviance",
    "tweedie_deviance",
    "decile_error",
)
POWERS = {"poisson_deviance": 1.0, "tweedie_deviance": 1.5}
FLOOR = 0.01  # of the mean customer: what a prediction of less is taken for by a deviance
CHURN_METRICS = (
    "auc",
    "ap",
    "brier",
    "log_loss",
    "ece",
    "top_decile_lift",
    "top_decile_lift_max",
    "safe_decile_churn",
    "base_rate",
    "mean_predicted",
)


def value_metrics(actual: ArrayLike, predicted: ArrayLike) -> dict[str, float]:
    """Judge predicted purchases or revenue against what happened.

    Parameters
    ----------
    actual : array-like of shape (n,)
        Outcome per customer; may be negative (a customer who only returned goods).
    predicted : array-like of shape (n,)

    Returns
    -------
    dict of float
        ``mae``, ``rmse`` (in the target's unit); ``wape`` (sum of absolute errors / actual total);
        ``bias`` (**predicted total / actual total**: 1 is unbiased, above 1 promises too much);
        ``spearman``; ``gini`` (see `normalised_gini`); ``top_decile_capture`` (share of the actual
        total that came from the tenth of customers predicted highest); ``poisson_deviance`` and
        ``tweedie_deviance`` (see `deviances`); ``decile_error`` (sum of absolute differences of
        predicted and actual totals by tenths of the prediction / actual total). Shares of a total,
        and deviances, are NaN unless the actual total is positive; all are NaN when a prediction is
        missing or infinite, or without customers.

    Examples
    --------
    >>> result = value_metrics([0, 0, 10, 30], [1, 1, 8, 20])
    >>> {name: round(value, 3) for name, value in result.items()}  # doctest: +NORMALIZE_WHITESPACE
    {'mae': 3.5, 'rmse': 5.148, 'wape': 0.35, 'bias': 0.75, 'spearman': 1.0, 'gini': 1.0,
     'top_decile_capture': 0.3, 'poisson_deviance': 2.198, 'tweedie_deviance': 2.265,
     'decile_error': 0.35}
    """
    y, p = as_pair(actual, predicted)
    if y.size == 0 or not np.isfinite(p).all():
        return dict.fromkeys(VALUE_METRICS, NAN)
    error, total = p - y, y.sum()
    return {
        "mae": float(np.abs(error).mean()),
        "rmse": float(np.sqrt((error**2).mean())),
        "wape": float(np.abs(error).sum() / total) if total > 0 else NAN,
        "bias": float(p.sum() / total) if total > 0 else NAN,
        "spearman": _correlation(rankdata(y), rankdata(p)),
        "gini": normalised_gini(y, p),
        "top_decile_capture": float(_taken(y, p, 0.1) / total) if total > 0 else NAN,
        **{name: float(deviances(y, p, power).mean()) for name, power in POWERS.items()},
        "decile_error": _decile_error(y, p) if total > 0 else NAN,
    }


def deviances(actual: ArrayLike, predicted: ArrayLike, power: float) -> Floats:
    """Return each customer's Tweedie deviance from the prediction: it is consistent for the mean.

    Of all forecasts, the mean has the lowest expected deviance (Gneiting 2011,
    doi:10.1198/jasa.2011.r10138, section 3; Jorgensen 1987), whatever the distribution: an absolute
    error has the median, which for most customers is 0. Power 1 is Poisson's, for counts. With 1.5,
    for revenue, a deviance grows by the root of the money's unit, so that a ratio of two has no
    unit, and one customer a thousand times as large as another weighs some thirty times as much,
    where a squared error would weigh a million times as much.

    A prediction of 0 for somebody who came back has an infinite deviance: predictions are taken for
    `FLOOR` of the actual mean at least. Outcomes below 0 (who only returned goods) count as 0.

    Parameters
    ----------
    actual, predicted : array-like of shape (n,)
    power : float
        1, or between 1 and 2.

    Returns
    -------
    ndarray of shape (n,)
        NaN if the actual total is not positive.

    Examples
    --------
    >>> deviances([0, 2, 2], [1, 2, 0], 1).round(3).tolist()
    [2.0, 0.0, 16.069]
    >>> deviances([0, 4], [1, 1], 1.5).tolist()
    [4.0, 4.0]
    """
    y, p = as_pair(actual, predicted)
    y = np.maximum(y, 0.0)
    if not y.sum() > 0:
        return np.full(y.size, NAN)
    p = np.maximum(p, FLOOR * y.mean())
    if power == 1:
        return np.asarray(2 * (xlogy(y, y / p) - (y - p)))
    a, b = 1 - power, 2 - power
    return np.asarray(2 * (y**b / (a * b) - y * p**a / a + p**b / b))


def normalised_gini(actual: ArrayLike, predicted: ArrayLike) -> float:
    """How well the predictions rank customers by outcome: 1 as the outcome itself, 0 at random.

    The area between the concentration curve of the outcome, customers ordered by prediction, and
    the diagonal, over the same area for the perfect order. Equivalently, and so computed,
    ``cov(actual, rank(predicted)) / cov(actual, rank(actual))`` (Lerman and Yitzhaki 1984 for the
    covariance form). With mid-ranks, ties get the mean over all orders of the tied; unlike the
    areas themselves, the ratio stays meaningful where outcomes are negative.

    Returns
    -------
    float
        At most 1; NaN if all outcomes are equal. For 0/1 outcomes it is ``2 AUC - 1``.

    Examples
    --------
    >>> normalised_gini([0, 0, 0, 5], [1, 1, 1, 2])
    1.0
    >>> normalised_gini([0, 1, 2, 5], [3, 3, 3, 3])
    0.0
    >>> normalised_gini([2, 2], [0, 1])
    nan
    """
    y, p = as_pair(actual, predicted)
    if y.size == 0 or not np.isfinite(p).all() or y.min() == y.max():
        return NAN
    centred = y - y.mean()
    return float((centred @ rankdata(p)) / (centred @ rankdata(y)))


def _correlation(a: Floats, b: Floats) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / scale) if scale > 0 else NAN


def _decile_error(y: Floats, p: Floats) -> float:
    tenth = equal_mass_bins(p)
    return float(np.abs(np.bincount(tenth, p - y)).sum() / y.sum())


def _taken(y: Floats, p: Floats, share: float) -> float:
    """Sum the outcome over the top ``share`` of customers by prediction, ties shared out fairly."""
    k = share * y.size
    threshold = np.sort(p)[::-1][min(int(np.ceil(k)), y.size) - 1]
    above, tied = p > threshold, p == threshold
    return float(y[above].sum() + (k - above.sum()) * y[tied].mean())


def interval_metrics(
    actual: ArrayLike, low: ArrayLike, high: ArrayLike, predicted: ArrayLike, *, level: float
) -> dict[str, float]:
    """Judge predictive intervals: whether they cover, and how wide they are for it.

    Parameters
    ----------
    actual, low, high, predicted : array-like of shape (n,)
        ``predicted`` only picks the predicted top decile.
    level : float
        The coverage promised, in (0, 1).

    Returns
    -------
    dict of float
        ``coverage``, ``above`` (actual over ``high``), ``below``; the same within the predicted
        top decile with the suffix ``_top``; ``interval_score``: width plus ``2 / (1 - level)``
        times the distance by which the outcome misses (Gneiting and Raftery 2007, eq. 43; lower is
        better). All NaN where an interval is missing.

    Examples
    --------
    >>> result = interval_metrics([1, 5], [0, 0], [2, 4], [1, 2], level=0.8)
    >>> result["coverage"], result["above"], round(result["interval_score"], 6)
    (0.5, 0.5, 8.0)
    """
    y, lo = as_pair(actual, low)
    _, hi = as_pair(actual, high)
    _, p = as_pair(actual, predicted)
    names = ("coverage", "above", "below", "coverage_top", "above_top", "below_top")
    if y.size == 0 or not (np.isfinite(lo) & np.isfinite(hi) & np.isfinite(p)).all():
        return dict.fromkeys((*names, "interval_score"), NAN)
    above, below = y > hi, y < lo
    top = np.zeros(y.size, dtype=bool)
    top[np.argsort(-p, kind="stable")[: max(1, round(y.size / 10))]] = True
    miss = np.where(above, y - hi, 0.0) + np.where(below, lo - y, 0.0)
    shares = (~(above | below), above, below)
    values = [float(s.mean()) for s in shares] + [float(s[top].mean()) for s in shares]
    score = float((hi - lo + 2 / (1 - level) * miss).mean())
    return {**dict(zip(names, values, strict=True)), "interval_score": score}


def churn_metrics(y: ArrayLike, p: ArrayLike) -> dict[str, float]:
    """Judge churn probabilities against what happened.

    Parameters
    ----------
    y : array-like of shape (n,)
        1 = churned, 0 = came back.
    p : array-like of shape (n,)
        Probabilities of churn in [0, 1].

    Returns
    -------
    dict of float
        ``auc``, ``ap`` (average precision), ``brier``, ``log_loss``, ``ece`` (10 equal-mass bins),
        ``top_decile_lift`` (churn rate of the riskiest tenth over the base rate) and
        ``top_decile_lift_max`` (the same for a perfect order: with a base rate of 80% no lift can
        exceed 1.25), ``safe_decile_churn`` (churn rate of the tenth with the lowest scores),
        ``base_rate``, ``mean_predicted``. ``auc``, ``ap`` and the lifts are NaN
        when only one class happened; all are NaN when a score is missing, and without customers.

    Examples
    --------
    >>> result = churn_metrics([1, 1, 1, 0], [0.9, 0.8, 0.7, 0.1])
    >>> result["auc"], round(result["brier"], 4), round(result["top_decile_lift_max"], 3)
    (1.0, 0.0375, 1.333)
    >>> churn_metrics([1, 1], [0.9, 0.8])["auc"]
    nan
    """
    y, p = as_pair(y, p)
    if y.size == 0 or not np.isfinite(p).all():
        return dict.fromkeys(CHURN_METRICS, NAN)
    tenth, base = y.size * 0.1, float(y.mean())
    both = 0 < base < 1
    return {
        "auc": float(roc_auc_score(y, p)) if both else NAN,
        "ap": float(average_precision_score(y, p)) if both else NAN,
        "brier": float(((p - y) ** 2).mean()),
        "log_loss": float(log_loss(y, p, labels=[0, 1])),
        "ece": expected_calibration_error(y, p),
        "top_decile_lift": _taken(y, p, 0.1) / tenth / base if both else NAN,
        "top_decile_lift_max": min(1.0, y.sum() / tenth) / base if both else NAN,
        "safe_decile_churn": _taken(y, -p, 0.1) / tenth,
        "base_rate": base,
        "mean_predicted": float(p.mean()),
    }


def profit_by_depth(
    y: ArrayLike,
    p: ArrayLike,
    economics: Economics,
    *,
    value: float = 1.0,
    keepable: ArrayLike | None = None,
    steps: int = 20,
) -> pd.DataFrame:
    """Profit of contacting a share of customers, those of the highest expected profit first.

    The sum of `Economics.of_warning` over those contacted, where a customer saved brings `value`,
    of which the margin is earned.

    Parameters
    ----------
    y, p
        As of `churn_metrics`.
    economics, value
        Of a contact, and what a customer saved brings before margin.
    keepable : array-like of shape (n,), optional
        P(has not gone already | leaves): nobody who has gone is saved, though they count among
        the churners. None: everybody who left could still have been kept, which says too much.
    steps
        Depths, equally apart.

    Returns
    -------
    DataFrame
        ``depth`` (share contacted), ``n``, ``churners``, ``keepable`` (those of them who could
        still be kept), all expected under ties, and ``profit``.

    Examples
    --------
    >>> money = Economics(contact_cost=1, offer_cost=2, save_rate=0.5)
    >>> profit_by_depth([1, 1, 0, 0], [0.9, 0.8, 0.2, 0.1], money, value=10.0, steps=2)
       depth    n  churners  keepable  profit
    0    0.5  2.0       2.0       2.0     6.0
    1    1.0  4.0       2.0       2.0     0.0
    """
    y, p = as_pair(y, p)
    share = np.ones(y.size) if keepable is None else as_pair(y, keepable)[1]
    depth = np.arange(1, steps + 1) / steps
    expected = economics.of_warning(p, p * share * value, keepable=share)
    earned = economics.of_warning(y, y * share * value, keepable=share)
    counted = {"n": np.ones(y.size), "churners": y, "keepable": y * share, "profit": earned}
    columns = {
        name: [_taken(each, expected, d) if y.size else 0.0 for d in depth]
        for name, each in counted.items()
    }
    return pd.DataFrame({"depth": depth, **columns})
