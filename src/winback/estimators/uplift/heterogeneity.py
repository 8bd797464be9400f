"""Whether a contact works differently on different customers: factors jointly, and tested."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from winback.estimators.uplift.pooling import MIN_CELL

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

LEVEL = 0.05
"""P-value, shared by the factors, from which they do not tell customers apart."""


def joint_differences(
    factors: Mapping[str, npt.NDArray[np.object_]],
    *,
    arm: Floats,
    returned: Floats,
    weight: Floats,
    block: Whole,
    people: Whole,
) -> dict[str, tuple[pd.DataFrame, float]]:
    """Estimate all factors' differences from the mean effect in one regression.

    ``returned ~ campaign + levels + arm + arm x levels``, weighted, with levels centred so that
    the arm's coefficient stays the mean effect; variances by customer. Of two factors that overlap
    each is credited with its own part only.

    Parameters
    ----------
    factors
        Name to each row's level.
    arm, returned
        0 or 1.
    weight
        Inverse of P(arm as drawn).
    block
        Number of each row's campaign.
    people
        Numbers from 0; rows of one customer are not independent.

    Returns
    -------
    dict
        Factor to its levels (`n_treated, n_control, deviation, variance`, of those with enough
        customers in both arms) and the p-value of Wald's test that they do not differ.
    """
    levels, columns, sizes = {}, [], {}
    for name, level in factors.items():
        kinds, code = np.unique(level, return_inverse=True)
        many = [np.bincount(code, mine, minlength=len(kinds)) for mine in (arm, 1 - arm)]
        enough = np.flatnonzero(np.minimum(*many) >= MIN_CELL)
        levels[name] = [str(kinds[place]) for place in enough]
        sizes[name] = [n[enough].astype("float64") for n in many]
        # the last one is what the others leave
        for place in enough[:-1]:
            own, last = (code == place).astype("float64"), (code == enough[-1]).astype("float64")
            columns.append(own - last * (weight @ own) / max(weight @ last, 1e-12))
    if not columns:
        return {name: (pd.DataFrame(), 1.0) for name in factors}
    bases = np.column_stack(columns)
    centred = arm - means_of(arm, block, weight)
    design = np.column_stack([centred, centred[:, None] * bases, bases])
    design -= np.column_stack([means_of(column, block, weight) for column in design.T])
    target = returned - means_of(returned, block, weight)
    bread = np.linalg.pinv((design * weight[:, None]).T @ design, hermitian=True)
    beta = bread @ (design.T @ (weight * target))
    scores = design * (weight * (target - design @ beta))[:, None]
    by_person = np.column_stack([np.bincount(people, column) for column in scores.T])
    covariance = bread @ (by_person.T @ by_person) @ bread
    differences, start = {}, 1
    for name in factors:
        n = max(0, len(levels[name]) - 1)
        own = slice(start, start + n)
        start += n
        differences[name] = _levels(
            levels[name],
            sizes[name],
            beta[own],
            covariance[own, own],
            bases[:, own.start - 1 : own.stop - 1],
        )
    return differences


def means_of(values: Floats, block: Whole, weight: Floats) -> Floats:
    """Return each row's weighted mean of its block."""
    n = int(block.max()) + 1
    total = np.bincount(block, weight * values, minlength=n)
    average: Floats = (total / np.bincount(block, weight, minlength=n))[block]
    return average


def _levels(
    names: list[str], sizes: list[Floats], beta: Floats, covariance: Floats, bases: Floats
) -> tuple[pd.DataFrame, float]:
    if not len(beta):
        return pd.DataFrame(), 1.0
    from scipy.stats import chi2  # noqa: PLC0415 - half a second

    # a base is 1 on its own level and, on the last, minus their ratio: so the last one's deviation
    last = bases.min(axis=0)
    back = np.vstack([np.eye(len(beta)), last])
    deviation = back @ beta
    variance = np.einsum("ij,jk,ik->i", back, covariance, back)
    wald = float(beta @ np.linalg.pinv(covariance, hermitian=True) @ beta)
    table = pd.DataFrame(
        {
            "n_treated": sizes[0],
            "n_control": sizes[1],
            "deviation": deviation,
            "variance": variance,
        },
        index=pd.Series(names, dtype="object"),
    )
    return table, float(chi2.sf(wald, len(beta)))
