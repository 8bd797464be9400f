"""Customer bootstrap: how sure a metric is, and whether two models can be told apart.

A replicate draws as many customers as there are, with replacement, and is held as the number of
times each customer was drawn. A metric is then a weighted one, computed for a block of replicates
at a time, and the same draws serve every model, so that differences are paired (Efron and
Tibshirani 1993, ch. 13 for percentile intervals). Memory is bounded by the block, not by the
number of replicates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from winback.errors import ModelError
from winback.estimators.base.equal_mass import equal_mass_bins
from winback.evaluation.calibration import Floats, as_pair
from winback.evaluation.metrics import POWERS, deviances

Statistic = Callable[[Floats], Floats]  # weights (replicates, n) -> one value per replicate
BLOCK_CELLS = 500_000  # weights held at once: 4 MB, which fits a processor's cache
MAX_CUSTOMERS = 50_000  # resampled at most; where there are more, a sample stands for them
VALUE_BOOTSTRAPPED = ("mae", "rmse", "wape", "bias", "gini", *POWERS, "decile_error")
CHURN_BOOTSTRAPPED = ("auc", "brier", "log_loss", "ece")
HIGHER_IS_BETTER = frozenset({"gini", "auc"})


def statistic(metric: str, actual: ArrayLike, predicted: ArrayLike) -> Statistic:
    """Return the metric as a function of customer weights.

    Parameters
    ----------
    metric : str
        One of ``mae, rmse, wape, bias, gini, poisson_deviance, tweedie_deviance, decile_error``
        (any target) and ``auc, brier, log_loss, ece`` (0/1 outcomes), defined as in
        `winback.evaluation.metrics`.
    actual, predicted : array-like of shape (n,)

    Returns
    -------
    callable
        From weights of shape (replicates, n) to values of shape (replicates,). Weights of one give
        the metric itself. Undefined values are NaN.

    Examples
    --------
    >>> mae = statistic("mae", [0, 10], [1, 5])
    >>> mae(np.array([[1.0, 1.0], [2.0, 0.0]]))
    array([3., 1.])
    """
    return statistics(actual, {"": predicted}, [metric])["", metric]


def statistics(
    actual: ArrayLike, predictions: Mapping[str, ArrayLike], metrics: Sequence[str]
) -> dict[tuple[str, str], Statistic]:
    """Return every metric of every model as a function of customer weights, see `statistic`.

    What depends on the outcome alone is computed once per block of weights, not once per model;
    what equal predictions have in common, once for all of them.
    """
    unknown = [metric for metric in metrics if metric not in _STATISTICS]
    if unknown:
        raise ModelError(
            "there is no bootstrap for this metric", got=unknown[0], allowed=", ".join(_STATISTICS)
        )
    functions: dict[tuple[str, str], Statistic] = {}
    drawn, common = _remembered(_side_by_side), None
    seen: dict[bytes, str] = {}
    for model, predicted in predictions.items():
        y, p = as_pair(actual, predicted)
        common = common or _Common(drawn, _remembered(_rank_covariance(y, y, drawn)))
        twin = seen.setdefault(p.tobytes(), model)
        for metric in metrics:
            if twin != model:
                functions[model, metric] = functions[twin, metric]
            elif np.isfinite(p).all():
                functions[model, metric] = _remembered(_STATISTICS[metric](y, p, common))
            else:
                functions[model, metric] = _unknown
    return functions


class _Common(NamedTuple):
    """What the statistics of all models have in common.

    Attributes
    ----------
    drawn
        A block of weights with a customer's replicates side by side; see `_side_by_side`.
    perfect
        The covariance of the outcome and its own rank.
    """

    drawn: Callable[[Floats], Any]
    perfect: Statistic


def _remembered(of: Callable[[Floats], Any]) -> Callable[[Floats], Any]:
    """Keep the last result, for the next model that asks with the same weights."""
    last: list[Any] = []

    def remembered(weights: Floats) -> Any:
        if not last or last[0] is not weights:
            last[:] = [weights, of(weights)]
        return last[1]

    return remembered


def _unknown(weights: Floats) -> Floats:
    return np.full(len(weights), np.nan)


def _mean(values: Floats) -> Statistic:
    return _ratio(values, np.ones_like(values))


def _ratio(above: Floats, below: Floats) -> Statistic:
    def of(weights: Floats) -> Floats:
        total = weights @ below
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(total > 0, weights @ above / total, np.nan)

    return of


def _rank_covariance(y: Floats, key: Floats, drawn: Callable[[Floats], Any]) -> Statistic:
    """Covariance (unscaled) of ``y`` and the mid-rank of ``key``, in the weighted sample.

    Ranks are needed only where ``y`` is not zero: weights between two such places are added up as
    one, and those of a customer's replicates, side by side in `drawn`, as small whole numbers.
    """
    order = np.argsort(key, kind="stable")
    # customers with equal keys share one rank: the middle of theirs
    starts = np.flatnonzero(np.r_[True, np.diff(key[order]) > 0])
    ends = np.r_[starts[1:], y.size]
    counted = np.flatnonzero(y[order])
    y, tie = y[order][counted], np.searchsorted(ends, counted, side="right")
    places = np.unique(np.r_[0, starts[tie], ends[tie], order.size])
    below, above = np.searchsorted(places, starts[tie]), np.searchsorted(places, ends[tie])
    customers = order[counted]

    def of(weights: Floats) -> Floats:
        w = drawn(weights)
        before = np.zeros((len(places), w.shape[1]))
        if len(places) > 1:
            between = np.add.reduceat(w[order], places[:-1], axis=0, dtype=_SUM[w.dtype.kind])
            np.cumsum(between, axis=0, out=before[1:])
        rank_twice = before[below] + before[above]
        wy = w[customers] * y[:, None]
        return np.asarray(np.einsum("ib,ib->b", wy, rank_twice) - wy.sum(0) * before[-1]) / 2

    return of


_SUM = {"u": np.int32, "f": np.float64}  # bytes are added up where they cannot run over


def _side_by_side(weights: Floats) -> Any:
    """Return a customer's replicates side by side, as bytes where they are small whole numbers."""
    small = weights.T.astype(np.uint8)
    return small if np.array_equal(small, weights.T) else np.ascontiguousarray(weights.T)


def _gini(y: Floats, p: Floats, common: _Common) -> Statistic:
    of_predicted = _rank_covariance(y, p, common.drawn)

    def of(weights: Floats) -> Floats:
        best = common.perfect(weights)
        scale = np.abs(best) > 1e-9 * len(weights[0])  # rounding leaves ~0 when all outcomes agree
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(scale, of_predicted(weights) / best, np.nan)

    return of


def _binned_error(y: Floats, p: Floats, below: Floats) -> Statistic:
    bins = equal_mass_bins(p)  # of the full sample: replicates share the bins
    gap = np.zeros((y.size, int(bins.max(initial=0)) + 1))
    gap[np.arange(y.size), bins] = p - y

    def of(weights: Floats) -> Floats:
        total = weights @ below
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(total > 0, np.abs(weights @ gap).sum(1) / total, np.nan)

    return of


def _rmse(y: Floats, p: Floats, _: _Common) -> Statistic:
    mean_square = _mean((p - y) ** 2)
    return lambda weights: np.sqrt(mean_square(weights))


def _auc(y: Floats, p: Floats, common: _Common) -> Statistic:
    gini = _gini(y, p, common)  # for 0/1 outcomes, gini = 2 auc - 1
    return lambda weights: (gini(weights) + 1) / 2


def _log_loss(y: Floats, p: Floats, _: _Common) -> Statistic:
    return _mean(-np.log(np.clip(np.where(y > 0, p, 1 - p), np.finfo(float).eps, 1)))


_STATISTICS: dict[str, Callable[[Floats, Floats, _Common], Statistic]] = {
    "mae": lambda y, p, _: _mean(np.abs(p - y)),
    "rmse": _rmse,
    "wape": lambda y, p, _: _ratio(np.abs(p - y), y),
    "bias": lambda y, p, _: _ratio(p, y),
    "gini": _gini,
    "poisson_deviance": lambda y, p, _: _mean(deviances(y, p, POWERS["poisson_deviance"])),
    "tweedie_deviance": lambda y, p, _: _mean(deviances(y, p, POWERS["tweedie_deviance"])),
    "decile_error": lambda y, p, _: _binned_error(y, p, y),
    "auc": _auc,
    "brier": lambda y, p, _: _mean((p - y) ** 2),
    "log_loss": _log_loss,
    "ece": lambda y, p, _: _binned_error(y, p, np.ones_like(y)),
}


def weight_blocks(
    n: int, *, n_replicates: int, random_state: int, block_cells: int = BLOCK_CELLS
) -> Iterator[Floats]:
    """Yield how often each customer is drawn, in blocks of replicates.

    Yields
    ------
    ndarray of shape (at most ``block_cells / n`` but at least 1, n)
        Counts that sum to n in each row. The draws do not depend on the size of the block.

    Examples
    --------
    >>> blocks = list(weight_blocks(3, n_replicates=5, random_state=0, block_cells=6))
    >>> [block.shape for block in blocks], set(np.vstack(blocks).sum(1).tolist())
    ([(2, 3), (2, 3), (1, 3)], {3.0})
    """
    rng = np.random.default_rng(random_state)
    size = max(1, block_cells // max(n, 1))
    for first in range(0, n_replicates, size):
        rows = min(size, n_replicates - first)
        block = np.empty((rows, n), order="F")
        for row in range(rows):
            block[row] = np.bincount(rng.integers(n, size=n), minlength=n)
        yield block


@dataclass(frozen=True)
class Difference:
    """A paired difference between two models in one metric.

    Parameters
    ----------
    model, other, metric : str
    model_value, other_value : float
        The metric of each, in its own unit.
    estimate, low, high : float
        ``model`` minus ``other`` in loss (a metric of which more is better is negated, a bias is
        taken as ``|log bias|``): positive means that ``model`` is worse. The interval is the
        bootstrap's; NaN where the metric is undefined.
    """

    model: str
    other: str
    metric: str
    model_value: float
    other_value: float
    estimate: float
    low: float
    high: float

    @property
    def defined(self) -> bool:
        """Whether the difference could be computed at all."""
        return bool(np.isfinite([self.estimate, self.low, self.high]).all())

    @property
    def worse(self) -> bool:
        """Whether ``model`` is significantly worse."""
        return self.low > 0

    @property
    def better(self) -> bool:
        """Whether ``model`` is significantly better."""
        return self.high < 0


@dataclass(frozen=True)
class Bootstrap:
    """Metrics of several models over the same replicates.

    Parameters
    ----------
    point : dict
        (model, metric) to the metric on the sample itself.
    draws : dict
        (model, metric) to its replicates, shape (n_replicates,).
    """

    point: dict[tuple[str, str], float]
    draws: dict[tuple[str, str], Floats]

    def interval(self, model: str, metric: str, *, level: float = 0.95) -> tuple[float, float]:
        """Percentile interval of one model's metric; NaN where it is undefined."""
        return percentile_interval(self.draws[model, metric], level)

    def difference(self, model: str, other: str, metric: str, *, level: float = 0.95) -> Difference:
        """Paired difference in loss; positive means that ``model`` is worse than ``other``."""
        a, b = (model, metric), (other, metric)
        draws = as_loss(metric, self.draws[a]) - as_loss(metric, self.draws[b])
        pair = as_loss(metric, np.array([self.point[a], self.point[b]]))
        return Difference(
            model, other, metric, self.point[a], self.point[b], float(pair[0] - pair[1]),
            *percentile_interval(draws, level),
        )  # fmt: skip


def as_loss(metric: str, values: Floats) -> Floats:
    """Turn metric values into losses: lower is better, whatever the metric.

    Examples
    --------
    >>> as_loss("auc", np.array([0.7])), as_loss("bias", np.array([0.5, 2.0])).round(3)
    (array([-0.7]), array([0.693, 0.693]))
    """
    if metric == "bias":
        return np.asarray(np.abs(np.log(np.maximum(values, 1e-9))))  # finite for "nothing at all"
    return -values if metric in HIGHER_IS_BETTER else values


def percentile_interval(draws: NDArray[np.float64], level: float = 0.95) -> tuple[float, float]:
    """Return the central interval of the replicates.

    NaN if more than a tenth of the replicates are undefined: the metric is then not known well
    enough to say anything.

    Examples
    --------
    >>> percentile_interval(np.arange(101.0), level=0.5)
    (25.0, 75.0)
    """
    defined = draws[~np.isnan(draws)]
    if defined.size == 0 or defined.size < 0.9 * draws.size:
        return float("nan"), float("nan")
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def bootstrap(
    actual: ArrayLike,
    predictions: Mapping[str, ArrayLike],
    metrics: Sequence[str] = VALUE_BOOTSTRAPPED,
    *,
    n_replicates: int = 200,
    random_state: int = 0,
) -> Bootstrap:
    """Resample customers, and compute every metric of every model on the same replicates.

    Parameters
    ----------
    actual : array-like of shape (n,)
    predictions : mapping of str to array-like of shape (n,)
    metrics : sequence of str
        See `statistic`.
    n_replicates, random_state : int
        The same state gives the same draws, to the bit.

    Examples
    --------
    >>> result = bootstrap([0, 1, 4], {"good": [0, 1, 3], "bad": [3, 1, 0]}, ["mae"])
    >>> result.point["bad", "mae"], result.difference("good", "bad", "mae").better
    (2.3333333333333335, False)
    """
    n = np.asarray(actual).size
    functions = statistics(actual, predictions, metrics)
    if n == 0:
        empty = np.full(n_replicates, np.nan)
        return Bootstrap(dict.fromkeys(functions, float("nan")), dict.fromkeys(functions, empty))
    one = np.ones((1, n))
    blocks = weight_blocks(n, n_replicates=n_replicates, random_state=random_state)
    draws = [{key: of(weights) for key, of in functions.items()} for weights in blocks]
    return Bootstrap(
        point={key: float(of(one)[0]) for key, of in functions.items()},
        draws={key: np.concatenate([part[key] for part in draws]) for key in functions},
    )
