"""What acting on a churn score would have earned, row by row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from winback.economics import Economics
from winback.estimators.churn.candidates.candidate import Floats

DEPTH = 0.1
"""The share of a snapshot's customers that is contacted at most: nobody can write to all."""


def contact_profit(
    p: Floats,
    y: npt.NDArray[np.int64],
    value: Floats,
    snapshot: npt.NDArray[np.int64],
    economics: Economics,
    *,
    keepable: Floats | None = None,
    depth: float = DEPTH,
) -> Floats:
    """Return what each row earns when the best `depth` of each snapshot are contacted.

    Who has gone already is contacted in vain: of those who left, `keepable` counts as saved. What
    is earned is therefore an expectation given who left; nobody ever sees who was still there.

    The best are those of the highest expected profit, by the score and the value known then, and
    only where that is positive. Ties are contacted in part, so that an order between equals, which
    a score does not give, earns nothing.

    Parameters
    ----------
    p, y, value, snapshot
        Shape (n,): P(churn), what happened, the value at stake, and the day of each row.
    economics
        Of a contact.
    keepable
        Shape (n,): P(has not gone already | leaves), as known then. None: 1, nobody had gone.
    depth
        The share contacted.

    Returns
    -------
    ndarray of shape (n,)
        In the unit of `value`; 0 for those not contacted.

    Examples
    --------
    >>> money = Economics(save_rate=0.5, contact_cost=1.0)
    >>> contact_profit(np.array([0.9, 0.8, 0.1]), np.array([1, 0, 1]), np.full(3, 10.0),
    ...                np.zeros(3, dtype=int), money, depth=2 / 3)
    array([ 4., -1.,  0.])
    """
    kept = np.ones(len(p)) if keepable is None else keepable
    expected = economics.of_warning(p, p * kept * value, keepable=kept)
    share = np.zeros(len(p))
    for day in np.unique(snapshot):
        here = np.flatnonzero(snapshot == day)
        places = depth * len(here)
        best = expected[here]
        least = np.sort(best)[::-1][min(max(int(np.ceil(places)) - 1, 0), len(here) - 1)]
        above, tied = best > least, best == least
        share[here] = above + tied * (places - above.sum()) / tied.sum()
    share[expected <= 0.0] = 0.0
    left = y.astype(np.float64)
    return np.asarray(share * economics.of_warning(left, left * kept * value, keepable=kept))
