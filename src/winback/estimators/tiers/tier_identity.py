"""Which tier is which over a retrain: "core" stays "core" unless its value says otherwise.

Every retrain clusters anew, and clusters have no names of their own. Names come from the order of
mean expected value; where there are tiers in use, from these:

1. New centres are matched to the previous ones: the assignment of least total squared distance
   (Kuhn 1955), which a common shift of all customers does not change.
2. Each new cluster takes the name of the one it is matched to.
3. Unless that would contradict the order of value significantly: some tier's mean expected value
   is more than 10% above that of a tier named as worth more, and Welch's test holds the difference
   to be no accident (z of 2.58 or more, 1%). Then all are named by value, and a note says so.

So two tiers of nearly the same value do not swap names because of a few customers, and no tier
bears a name that its value belies.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from scipy.optimize import linear_sum_assignment

from winback.estimators.tiers.tier_cuts import Floats, Ints
from winback.messages import Message

MATERIAL = 0.10
SIGNIFICANT = 2.58


def by_value(labels: Ints, value: Floats, k: int) -> Ints:
    """Return the clusters from the highest mean value to the lowest.

    A cluster that attracts nobody counts as worth nothing and comes last.

    Examples
    --------
    >>> by_value(np.array([0, 1, 1]), np.array([5.0, 20.0, 10.0]), 3)
    array([1, 0, 2])
    """
    count = np.bincount(labels, minlength=k)
    mean = np.bincount(labels, weights=value, minlength=k) / np.maximum(count, 1)
    return np.asarray(np.argsort(-mean, kind="stable"), dtype=np.int64)


def carried_over(
    names: Sequence[str],
    previous_names: Sequence[str],
    *,
    centers: Floats,
    previous_centers: Floats,
    order: Ints,
    labels: Ints,
    value: Floats,
) -> tuple[Ints, list[Message]]:
    """Return which cluster bears the first name, the second, ..., and what to say about it.

    Parameters
    ----------
    names
        The names to give, from the highest value.
    previous_names
        Those in use, in the order of `previous_centers`.
    centers, previous_centers
        The new clusters and those in use, both in the space of those in use: there each column
        weighs what it did when they were learned, however its spread has changed.
    order
        The new clusters by value, as `by_value` returns it.
    labels, value
        Cluster and expected value of each customer.
    """
    if sorted(previous_names) != sorted(names):
        return order, [Message("cut.other_names")]
    distance = ((centers[:, None, :] - previous_centers[None, :, :]) ** 2).sum(axis=2)
    matched = linear_sum_assignment(distance)[1]
    bears = {previous_names[column]: cluster for cluster, column in enumerate(matched)}
    carried = np.array([bears[name] for name in names], dtype=np.int64)
    if (carried == order).all():
        return order, []
    groups = [value[labels == cluster] for cluster in carried]
    if any(_worth_more(lower, upper) for upper, lower in combinations(groups, 2)):
        before = {int(cluster): name for name, cluster in bears.items()}
        were = [before[int(cluster)] for cluster in order]
        return order, [Message("cut.places_changed", were=were, now=list(names))]
    return carried, []


def _worth_more(lower: Floats, upper: Floats) -> bool:
    """Return whether the tier named as worth less is materially and significantly worth more."""
    if len(lower) == 0 or len(upper) == 0:
        return len(upper) == 0 < len(lower)  # nobody is worth nothing
    gap = float(lower.mean() - upper.mean())
    if gap <= MATERIAL * abs(float(upper.mean())):
        return False
    error = np.sqrt(sum(float(x.var()) / len(x) for x in (lower, upper)))
    return bool(gap >= SIGNIFICANT * error)
