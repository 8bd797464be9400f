"""What the gate checks, for each kind of model.

Models are judged by scores that are consistent for the mean (deviance, squared error, Brier, log
loss), by their ranking and by calibration. MAE has no say.

Against a baseline a challenger must not be *worse*: the interval of the paired customer bootstrap
lies wholly on the losing side, *and* the loss is more than `TOLERANCE` higher, so that a difference
of no consequence does not stop a retrain just because there are a million customers (of calibration
errors, which are mostly chance, more than their margin). Intervals are as wide as so many
comparisons make it take (Bonferroni).

Against the champion it must be *shown to be as good* in every score: the upper end of the 95%
interval of the loss lies below the margin (`MARGINS`). Where the burden of proof is turned round
(`winback.evaluation.gate`), it must only not be worse.

What cannot be computed is not passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from winback.confidence import Z
from winback.evaluation.bootstrap import HIGHER_IS_BETTER, Bootstrap, as_loss, bootstrap
from winback.evaluation.calibration import Floats
from winback.evaluation.forward import ForwardTest
from winback.evaluation.metrics import POWERS, deviances
from winback.evaluation.value_losses import DEVIANCE, pooled_loss
from winback.messages import Message
from winback.sequential import rolling_boundary

TOLERANCE = 0.01
ERROR = 0.05  # of a whole family of comparisons
MARGINS = {"decile_error": 0.05, "ece": 0.02}  # in shares of the total, and of customers
MARGIN = 0.05  # of the champion's loss, in every other score
LOOKS_DAYS = 365  # for so long the gate may look every night without being fooled
BIAS_BOUNDS = (0.5, 2.0)  # beyond a factor of two no total is of use
MIN_TIERS = 2


@dataclass(frozen=True)
class Check:
    """One comparison, passed or not.

    Parameters
    ----------
    target : str
    against, metric : str or Message
        ``against`` names the other model, or a bound.
    challenger, other : float
        The metric of each, in its own unit.
    loss_change : float
        Relative change of the loss, challenger against other: 0.03 is 3% worse.
    low, high : float
        Its 95% interval.
    passed : bool

    Examples
    --------
    >>> worse = Check("revenue", "rate+own_mean", "mae", 10.3, 10.0, 0.03, 0.01, 0.05, False)
    >>> print(worse.message)
    Revenue: MAE 10.3 against 10 of own rate so far, loss +3.0% (+1.0% to +5.0%): worse
    """

    target: str
    against: str | Message
    metric: str | Message
    challenger: float
    other: float
    loss_change: float
    low: float
    high: float
    passed: bool

    @property
    def message(self) -> Message:
        """The check in one line."""
        value, ends = self.challenger, (self.loss_change, self.low, self.high)
        said = Message("check.of", target=self.target, metric=self.metric, value=value)
        if np.isnan([value, *ends]).any():
            result = Message("check.within") if self.passed else Message("check.beyond")
            return Message("check.bound", said=said, against=self.against, result=result)
        loss = Message("check.loss", change=ends[0], low=ends[1], high=ends[2])
        result = Message("check.holds") if self.passed else Message("check.worse")
        return Message(
            "check.compared",
            said=said,
            other=self.other,
            against=self.against,
            loss=loss,
            result=result,
        )


def compare(
    result: Bootstrap,
    target: str,
    metric: str,
    challenger: str,
    other: str,
    *,
    margin: float | None = None,
    level: float = 1 - ERROR,
) -> Check:
    """Compare two models in one metric of a bootstrap.

    Losses are relative to the other model's; those of ``gini`` and ``auc`` are their distances
    from 1, ``loss`` is a log already, and calibration errors are as they are. Not passed if worse,
    or unknown; with a `margin`, unless the interval's upper end lies below it.

    Examples
    --------
    >>> y = np.tile([0.0, 1.0], 50)
    >>> result = bootstrap(y, {"new": y * 0.5, "old": y * 0.9}, ["mae"])
    >>> compare(result, "revenue", "mae", "new", "old").passed
    False
    """
    d = result.difference(challenger, other, metric, level=level)
    change = np.array([d.estimate, d.low, d.high])
    if metric == "loss":
        change = np.expm1(change)
    elif metric != "bias" and metric not in MARGINS:
        other_loss = float(as_loss(metric, np.array([d.other_value]))[0])
        scale = other_loss + 1 if metric in HIGHER_IS_BETTER else other_loss
        with np.errstate(divide="ignore", invalid="ignore"):
            change = np.where(change == 0, 0.0, change / scale)
    worse = d.worse and change[0] > MARGINS.get(metric, TOLERANCE)
    holds = not worse if margin is None else bool(change[2] < margin)
    return Check(
        target,
        other,
        metric,
        d.model_value,
        d.other_value,
        float(change[0]),
        float(change[1]),
        float(change[2]),
        d.defined and holds,
    )


def value_checks(
    test: ForwardTest,
    challenger: str,
    champion: str | None,
    rivals: Sequence[str],
    *,
    shown: bool = True,
    n_replicates: int = 200,
    random_state: int = 0,
) -> list[Check]:
    """Check a value model on one target.

    * Not worse than any baseline in the loss of the contest (`winback.evaluation.value_losses`).
    * As good as the champion in deviance, RMSE, 1 - Gini and `decile_error`; `shown` False turns
      the burden of proof round.
    * The total within a factor of two of the actual, or nearer to it than the champion's.
    """
    settings = {"n_replicates": n_replicates, "random_state": random_state}
    names = dict.fromkeys([challenger, *rivals])
    predicted = {name: values for name, values in test.predicted().items() if name in names}
    mine = replace(test, predictions={name: test.predictions[name] for name in predicted})
    pooled = pooled_loss([mine], **settings)
    scores = (DEVIANCE[test.target], "rmse", "gini", "decile_error")
    single = bootstrap(test.actual, predicted, (*scores, "bias"), **settings)
    baselines = [rival for rival in rivals if rival != champion]
    level = 1 - ERROR / max(len(baselines), 1)
    checks = [
        compare(pooled, test.target, "loss", challenger, rival, level=level) for rival in baselines
    ]
    bias = single.point[challenger, "bias"]
    low, high = BIAS_BOUNDS
    bound = Check(
        test.target, Message("bound.range", low=low, high=high), "bias", bias,
        np.nan, np.nan, np.nan, np.nan,
        passed=low <= bias <= high,
    )  # fmt: skip
    if champion in predicted:
        checks += _as_good(single, test, scores, challenger, str(champion), shown=shown)
        if not bound.passed:
            bound = compare(single, test.target, "bias", challenger, str(champion))
    return [*checks, bound]


def _as_good(
    result: Bootstrap,
    test: ForwardTest,
    scores: Sequence[str],
    challenger: str,
    champion: str,
    *,
    shown: bool,
) -> list[Check]:
    """Ask for as good as the champion in every score, within the margins if it is to be shown."""
    margins = {score: MARGINS.get(score, MARGIN) if shown else None for score in scores}
    level = 1 - (ERROR if shown else ERROR / len(scores))
    return [
        compare(
            result, test.target, score, challenger, champion, margin=margins[score], level=level
        )
        for score in scores
    ]


def churn_checks(
    test: ForwardTest,
    challenger: str,
    champion: str | None,
    rivals: Sequence[str],
    *,
    shown: bool = True,
    n_replicates: int = 200,
    random_state: int = 0,
) -> list[Check]:
    """Check a churn model.

    * Not worse than any baseline in Brier score nor, if it ranks at all, in 1 - AUC: who gives
      everybody the same risk says that there is nothing to rank by.
    * As good as the champion in Brier score, log loss, 1 - AUC and ECE; `shown` False turns the
      burden of proof round.
    """
    names = dict.fromkeys([challenger, *rivals])
    predicted = {name: values for name, values in test.predicted().items() if name in names}
    result = bootstrap(
        test.actual,
        predicted,
        ("brier", "log_loss", "auc", "ece"),
        n_replicates=n_replicates,
        random_state=random_state,
    )
    ranks = bool(np.ptp(predicted[challenger]) > 0)
    scores = ("brier", "auc") if ranks else ("brier",)
    asked = [(rival, score) for rival in rivals if rival != champion for score in scores]
    level = 1 - ERROR / max(len(asked), 1)
    checks = [
        compare(result, test.target, score, challenger, rival, level=level)
        for rival, score in asked
    ]
    if champion in predicted:
        every = ("brier", "log_loss", "auc", "ece")
        checks += _as_good(result, test, every, challenger, str(champion), shown=shown)
    return checks


def superiority(test: ForwardTest, challenger: str, champion: str) -> Check:
    """Check whether the challenger is shown to be better, however often that is asked.

    By the deviance, or the Brier score, customer by customer: the mean difference over its standard
    error has to lie beyond `winback.sequential.rolling_boundary` for a year of nightly looks at the
    last so many days.
    """
    predicted = test.predicted()
    if test.target == "churn":
        metric = "brier"
        losses = [(predicted[name] - test.actual) ** 2 for name in (challenger, champion)]
    else:
        metric = DEVIANCE[test.target]
        losses = [
            deviances(test.actual, predicted[name], POWERS[metric])
            for name in (challenger, champion)
        ]
    mine, theirs = (np.float64(loss.mean()) for loss in losses)
    change = _standardised(losses[0] - losses[1])
    bound = rolling_boundary(test.window.horizon_days, LOOKS_DAYS, ERROR)
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate, low, high = (
            float((change[0] + side * bound * change[1]) / theirs) for side in (0, -1, 1)
        )
    return Check(
        test.target,
        champion,
        metric,
        float(mine),
        float(theirs),
        estimate,
        low,
        high,
        passed=high < 0,
    )


def _standardised(differences: Floats) -> tuple[float, float]:
    """Return the mean and its standard error."""
    n = max(differences.size, 1)
    return float(differences.mean()), float(differences.std() / np.sqrt(n))


def tier_checks(
    test: ForwardTest,
    challenger: str,
    champion: str | None,
    rivals: Sequence[str],  # noqa: ARG001 - one signature for all kinds; tiers have no baseline
    *,
    shown: bool = True,  # noqa: ARG001 - the same; tiers follow the value model
    n_replicates: int = 200,
    random_state: int = 0,
) -> list[Check]:
    """Check tiers: ``predicted`` is the rank of a customer's tier, ``actual`` later revenue.

    * At least two tiers are occupied.
    * The rank orders later revenue better than chance: Gini above 0, by its interval.
    * No tier earned significantly less per customer than the one below it.
    * Not worse than the champion in 1 - Gini.
    """
    settings = {"n_replicates": n_replicates, "random_state": random_state}
    predicted = test.predicted()
    rank = predicted[challenger]
    levels = np.unique(rank)
    none = np.nan
    occupied = Check(
        test.target, Message("bound.least", least=MIN_TIERS), "tiers", float(levels.size),
        none, none, none, none,
        passed=levels.size >= MIN_TIERS,
    )  # fmt: skip
    names = [name for name in (challenger, champion) if name in predicted]
    result = bootstrap(
        test.actual, {str(n): predicted[str(n)] for n in names}, ["gini"], **settings
    )
    low, high = result.interval(challenger, "gini")
    gini = result.point[challenger, "gini"]
    orders = Check(
        test.target, Message("bound.chance"), "gini", gini, 0.0, -gini, -high, -low,
        passed=bool(low > 0),
    )  # fmt: skip
    checks = [occupied, orders]
    for lower, upper in pairwise(levels):
        checks.append(_ordered(test, rank == lower, rank == upper, int(upper) + 1))
    if champion in predicted:
        checks.append(compare(result, test.target, "gini", challenger, str(champion)))
    return checks


def _ordered(test: ForwardTest, below: np.ndarray, above: np.ndarray, tier: int) -> Check:
    """Check that the upper tier did not earn significantly less per customer (Welch's interval)."""
    a, b = test.actual[above], test.actual[below]
    mean_a, mean_b = float(a.mean()), float(b.mean())
    error = np.sqrt(sum(x.var(ddof=1) / x.size if x.size > 1 else np.inf for x in (a, b)))
    return Check(
        test.target, Message("bound.tier_below"), Message("check.tier_mean", n=tier),
        mean_a, mean_b, np.nan, np.nan, np.nan, passed=bool(mean_a - mean_b + Z * error >= 0),
    )  # fmt: skip
