"""What candidates lose on forward windows of the past, pooled over the windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from winback.evaluation.bootstrap import Bootstrap, statistics, weight_blocks
from winback.evaluation.calibration import Floats
from winback.evaluation.forward import ForwardTest

SCORED = ("mae", "rmse", "gini")


def pooled_loss(
    tests: Sequence[ForwardTest], *, n_replicates: int = 200, random_state: int = 0
) -> Bootstrap:
    """Pool forward tests of one target into losses per model, with paired replicates.

    ``log_mae``, ``log_rmse`` and ``log_gini`` are the means over tests of log MAE, log RMSE and
    log (1 - Gini); ``loss`` is the mean of the three. A difference of 0.02 between two models is
    2% more loss. Customers are resampled once for all tests, because the same ones stand in
    several.

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
    metrics = [statistics(test.actual, test.predicted(), SCORED) for test in tests]

    def losses(weights: Floats) -> dict[tuple[str, str], Floats]:
        logs: dict[str, list[Floats]] = {model: [] for model in models}
        for cells, of in zip(columns, metrics, strict=True):
            drawn = weights.T[cells].T
            for model in models:
                mae, rmse, gini = (of[model, metric](drawn) for metric in SCORED)
                logs[model].append(np.log(np.maximum(np.stack([mae, rmse, 1 - gini]), 1e-9)))
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


def written_off(tests: Sequence[ForwardTest], model: str) -> float:
    """Return the share of the actual total brought by those whom the model predicts 0 for."""
    actual = sum(float(test.actual.sum()) for test in tests)
    missed = sum(float(test.actual[test.predicted()[model] == 0].sum()) for test in tests)
    return missed / actual if actual > 0 else float("nan")
