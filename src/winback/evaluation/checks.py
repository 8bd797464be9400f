"""What the gate checks, for each kind of model.

"Worse" means: the 95% interval of the paired customer bootstrap lies wholly on the losing side,
*and* the loss is more than `TOLERANCE` higher, so that a difference of no consequence does not
stop a retrain just because there are a million customers. What cannot be computed is not passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from winback.evaluation.bootstrap import HIGHER_IS_BETTER, Bootstrap, as_loss, bootstrap
from winback.evaluation.contest import MAX_WRITTEN_OFF
from winback.evaluation.forward import ForwardTest
from winback.evaluation.value_losses import SCORED, pooled_loss, written_off
from winback.messages import Message

TOLERANCE = 0.01
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
    tolerance: float = TOLERANCE,
) -> Check:
    """Compare two models in one metric of a bootstrap.

    Losses are relative to the other model's; those of ``gini`` and ``auc`` are their distances
    from 1, and ``loss`` is a log already. Not passed if worse, or unknown.

    Examples
    --------
    >>> y = np.tile([0.0, 1.0], 50)
    >>> result = bootstrap(y, {"new": y * 0.5, "old": y * 0.9}, ["mae"])
    >>> compare(result, "revenue", "mae", "new", "old").passed
    False
    """
    d = result.difference(challenger, other, metric)
    change = np.array([d.estimate, d.low, d.high])
    if metric == "loss":
        change = np.expm1(change)
    elif metric != "bias":
        other_loss = float(as_loss(metric, np.array([d.other_value]))[0])
        scale = other_loss + 1 if metric in HIGHER_IS_BETTER else other_loss
        with np.errstate(divide="ignore", invalid="ignore"):
            change = np.where(change == 0, 0.0, change / scale)
    worse = d.worse and change[0] > tolerance
    return Check(
        target,
        other,
        metric,
        d.model_value,
        d.other_value,
        float(change[0]),
        float(change[1]),
        float(change[2]),
        d.defined and not worse,
    )


def value_checks(
    test: ForwardTest,
    challenger: str,
    champion: str | None,
    rivals: Sequence[str],
    *,
    n_replicates: int = 200,
    random_state: int = 0,
) -> list[Check]:
    """Check a value model on one target.

    * Not worse than any rival in the mean log of MAE, RMSE and 1 - Gini together: no single
      metric decides, because "nobody buys again" can win MAE. From rivals that write customers off
      (`writing_off`) only the ranking is asked.
    * Not worse than the champion in the ranking (1 - Gini); for revenue, by which value models are
      chosen, not in MAE or RMSE either.
    * The total within a factor of two of the actual, or nearer to it than the champion's.
    """
    settings = {"n_replicates": n_replicates, "random_state": random_state}
    names = dict.fromkeys([challenger, *rivals])
    predicted = {name: values for name, values in test.predicted().items() if name in names}
    pooled = pooled_loss([test], **settings)
    single = bootstrap(test.actual, predicted, (*SCORED, "bias"), **settings)
    blind = writing_off(test, challenger, rivals)
    checks = [
        compare(single, test.target, "gini", challenger, rival)
        if rival in blind
        else compare(pooled, test.target, "loss", challenger, rival)
        for rival in rivals
    ]
    bias = single.point[challenger, "bias"]
    low, high = BIAS_BOUNDS
    bound = Check(
        test.target, Message("bound.range", low=low, high=high), "bias", bias,
        np.nan, np.nan, np.nan, np.nan,
        passed=low <= bias <= high,
    )  # fmt: skip
    if champion in predicted:
        alone = SCORED if test.target == "revenue" else ("gini",)
        checks += [
            compare(single, test.target, metric, challenger, str(champion))
            for metric in (() if champion in blind else alone)
        ]
        if not bound.passed:
            bound = compare(single, test.target, "bias", challenger, str(champion))
    return [*checks, bound]


def writing_off(test: ForwardTest, challenger: str, rivals: Sequence[str]) -> dict[str, float]:
    """Return rivals that the contest would not let in, with the share of the total they miss.

    They predict exactly 0 for customers who brought `MAX_WRITTEN_OFF` or more of the actual total,
    which lowers the absolute error and is no standard for a challenger that does not.
    """
    missed = {name: written_off([test], name) for name in (challenger, *rivals)}
    if missed[challenger] >= MAX_WRITTEN_OFF:
        return {}
    return {name: missed[name] for name in rivals if missed[name] >= MAX_WRITTEN_OFF}


def churn_checks(
    test: ForwardTest,
    challenger: str,
    champion: str | None,  # noqa: ARG001 - one signature for all kinds; it is among the rivals
    rivals: Sequence[str],
    *,
    n_replicates: int = 200,
    random_state: int = 0,
) -> list[Check]:
    """Check a churn model: not worse than any rival in Brier score, nor in 1 - AUC."""
    names = dict.fromkeys([challenger, *rivals])
    result = bootstrap(
        test.actual,
        {name: values for name, values in test.predicted().items() if name in names},
        ("brier", "auc"),
        n_replicates=n_replicates,
        random_state=random_state,
    )
    return [
        compare(result, test.target, metric, challenger, rival)
        for rival in rivals
        for metric in ("brier", "auc")
    ]


def tier_checks(
    test: ForwardTest,
    challenger: str,
    champion: str | None,
    rivals: Sequence[str],  # noqa: ARG001 - one signature for all kinds; tiers have no baseline
    *,
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
        mean_a, mean_b, np.nan, np.nan, np.nan, passed=bool(mean_a - mean_b + 1.96 * error >= 0),
    )  # fmt: skip
