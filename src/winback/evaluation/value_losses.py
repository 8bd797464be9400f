"""What candidates lose on forward windows of the past, pooled over the windows.

A loss is made of scores that the true mean minimises, so that nobody gains by a level that is too
low, as the absolute error would have it, and of the ranking: the geometric mean of

* the root of the deviance (`winback.evaluation.metrics.deviances`; Poisson's for purchases,
  Tweedie's with power 1.5 for revenue),
* the root mean squared error, in which a customer weighs less the more is expected of them beyond
  what is expected of the hundredth largest (`bounded_weights`), and
* 1 - Gini.

The squared error alone would leave it to one wholesaler who is to be trusted. What is expected,
and not what happened, says whose weight is bounded: a weight that is known beforehand leaves the
mean the best answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from winback.evaluation.bootstrap import Bootstrap, Statistic, statistics, weight_blocks
from winback.evaluation.calibration import Floats
from winback.evaluation.forward import ForwardTest

SCORED = ("deviance", "rmse", "gini")
DEVIANCE = {"purchases": "poisson_deviance", "revenue": "tweedie_deviance"}
LARGEST = 0.99  # the quantile of customers beyond which nobody weighs more


def pooled_loss(
    tests: Sequence[ForwardTest], *, n_replicates: int = 200, random_state: int = 0
) -> Bootstrap:
    """Pool forward tests of one target into losses per model, with paired replicates.

    ``log_deviance`` (halved), ``log_rmse`` and ``log_gini`` are the means over tests of the
    logarithms of the root of the deviance, of the bounded RMSE and of 1 - Gini; ``loss`` is the
    mean of the three. A difference of 0.02 between two models is 2% more loss. Customers are
    resampled once for all tests, because the same ones stand in several.

    Parameters
    ----------
    tests : sequence of ForwardTest
        The same models in each; a test in which nothing can be ranked is left out.

    Returns
    -------
    Bootstrap
        Keys (model, loss); NaN where no test says anything.
    """
    models = [name for name in tests[0].predictions if all(name in t.predictions for t in tests)]
    ids = np.unique(np.concatenate([test.customers.to_numpy(dtype=str) for test in tests]))
    columns = [np.searchsorted(ids, test.customers.to_numpy(dtype=str)) for test in tests]
    metrics = [_statistics(test, models) for test in tests]

    def losses(weights: Floats) -> dict[tuple[str, str], Floats]:
        logs: dict[str, list[Floats]] = {model: [] for model in models}
        for cells, of in zip(columns, metrics, strict=True):
            drawn = weights.T[cells].T
            for model in models:
                deviance, rmse, gini = (of[model, metric](drawn) for metric in SCORED)
                scored = np.stack([np.sqrt(deviance), rmse, 1 - gini])
                logs[model].append(np.log(np.maximum(scored, 1e-9)))
        means: dict[tuple[str, str], Floats] = {}
        for model, parts in logs.items():
            stacked = np.stack(parts)  # test, metric, replicate
            means[model, "loss"] = _mean_of_known(stacked.mean(1))
            for place, metric in enumerate(SCORED):
                means[model, f"log_{metric}"] = _mean_of_known(stacked[:, place])
        return means

    blocks = weight_blocks(ids.size, n_replicates=n_replicates, random_state=random_state)
    draws = [losses(block) for block in blocks]
    point = losses(np.ones((1, ids.size)))
    return Bootstrap(
        point={key: float(value[0]) for key, value in point.items()},
        draws={key: np.concatenate([part[key] for part in draws]) for key in point},
    )


def _statistics(test: ForwardTest, models: Sequence[str]) -> dict[tuple[str, str], Statistic]:
    predicted = {model: test.predicted()[model] for model in models}
    deviance = DEVIANCE[test.target]
    root = np.sqrt(bounded_weights(list(predicted.values())))
    small = {model: values * root for model, values in predicted.items()}
    measured = statistics(test.actual, predicted, (deviance, "gini"))
    measured |= statistics(test.actual * root, small, ("rmse",))
    return {
        (model, {deviance: "deviance"}.get(metric, metric)): of
        for (model, metric), of in measured.items()
    }


def bounded_weights(predictions: Sequence[Floats]) -> Floats:
    """Weigh squared errors: 1, and less for who is expected to bring more than nearly everybody.

    With the mean prediction m of a customer and its quantile q over customers (`LARGEST`), the
    weight is min(1, q / m) squared: the errors of the largest count as if they were that size.

    Examples
    --------
    >>> weights = bounded_weights([np.r_[np.ones(99), 10.0]] * 2)
    >>> weights[:2].tolist(), bool(weights[-1] < 0.02)
    ([1.0, 1.0], True)
    """
    mean = np.mean(predictions, axis=0)
    bound = np.quantile(mean, LARGEST) if mean.size else 0.0
    ratio = np.divide(bound, mean, out=np.ones_like(mean), where=mean > bound)
    return np.asarray(ratio**2) if bound > 0 else np.ones_like(mean)


def at_level(test: ForwardTest, shifts: Mapping[str, float]) -> ForwardTest:
    """Return the test with each model's predictions multiplied by exp(shift), as they are used."""
    moved = {
        name: frame * np.exp(shifts[name]) if name in shifts else frame
        for name, frame in test.predictions.items()
    }
    return replace(test, predictions=moved)


def _mean_of_known(logs: Floats) -> Floats:
    """Average over tests, leaving out those in which nothing could be ranked; NaN if all."""
    seen = ~np.isnan(logs)
    total = np.where(seen, logs, 0.0).sum(0)
    return np.asarray(np.where(seen.any(0), total / np.maximum(seen.sum(0), 1), np.nan))


def pooled_bias(tests: Sequence[ForwardTest], model: str) -> float:
    """Return the predicted over the actual total; NaN if nothing was brought."""
    actual = sum(float(test.actual.sum()) for test in tests)
    predicted = sum(float(test.predicted()[model].sum()) for test in tests)
    return predicted / actual if actual > 0 else float("nan")
