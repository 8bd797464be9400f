"""Ids that hang together, under constraints: nobody gets two of what a person has once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Codes = npt.NDArray[np.int64]


def connected(n: int, links: pd.DataFrame) -> Codes:
    """Return for each of `n` ids the smallest code that it hangs together with.

    Examples
    --------
    >>> connected(4, pd.DataFrame({"one": [1], "other": [3]})).tolist()
    [0, 1, 2, 1]
    """
    ends = links["one"].to_numpy(np.int64), links["other"].to_numpy(np.int64)
    graph = coo_array((np.ones(len(links), dtype=np.int8), ends), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    first = np.full(n, n, dtype=np.int64)
    np.minimum.at(first, label, np.arange(n))
    return np.asarray(first[label])


def in_doubt(head: Codes, unique: pd.DataFrame, apart: Codes) -> Codes:
    """Return the heads of those in whom two values of a unique kind, or two persons, meet.

    Parameters
    ----------
    head
        From `connected`.
    unique
        ``code``, ``kind``, ``value`` of the unique kinds.
    apart
        Pairs of codes that are two persons, shape (n, 2).
    """
    values = unique.assign(head=head[unique["code"].to_numpy(np.int64)])
    several = values.groupby(["head", "kind"])["value"].nunique()
    clash = several[several > 1].index.get_level_values("head").to_numpy(np.int64)
    left, right = head[apart[:, 0]], head[apart[:, 1]]
    return np.unique(np.concatenate([clash, left[left == right]]))


def under_constraints(
    pairs: pd.DataFrame, unique: pd.DataFrame, apart: Codes
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Take links one by one, the most trusted and newest first; drop what breaks a constraint.

    The idea of Adobe's identity optimization. One by one, since what a link may do depends on those
    taken before it: for the few ids in doubt only (see `in_doubt`).

    Parameters
    ----------
    pairs
        All links among ids in doubt, in the order in which they are taken.
    unique, apart
        As for `in_doubt`.

    Returns
    -------
    kept, dropped : DataFrame
        Rows of `pairs`. Links between ids that hang together already are kept.

    Examples
    --------
    >>> pairs = pd.DataFrame({"one": [0, 1], "other": [1, 2]})
    >>> members = pd.DataFrame({"code": [0, 2], "kind": "member_number", "value": ["M1", "M2"]})
    >>> kept, dropped = under_constraints(pairs, members, np.empty((0, 2), dtype=np.int64))
    >>> kept["other"].tolist(), dropped["other"].tolist()
    ([1], [2])
    """
    ids = np.union1d(pairs["one"], pairs["other"]).tolist()
    root = {code: code for code in ids}
    members = {code: {code} for code in ids}
    held: dict[int, dict[str, set[str]]] = {code: {} for code in ids}
    rows = unique[unique["code"].isin(ids)]
    for code, kind, value in zip(rows["code"], rows["kind"], rows["value"], strict=True):
        held[code].setdefault(kind, set()).add(value)
    enemies: dict[int, set[int]] = {}
    for left, right in apart.tolist():
        enemies.setdefault(left, set()).add(right)
        enemies.setdefault(right, set()).add(left)

    def may_meet(one: int, other: int) -> bool:
        if any(enemies.get(member, set()) & members[other] for member in members[one]):
            return False
        return all(
            # an id that carries two of a kind by itself is no reason against a third id
            len(values | held[other].get(kind, values))
            <= max(len(values), len(held[other].get(kind, values)))
            for kind, values in held[one].items()
        )

    kept = np.zeros(len(pairs), dtype=bool)
    for place, (left, right) in enumerate(zip(pairs["one"], pairs["other"], strict=True)):
        one, other = root[left], root[right]
        if one == other:
            kept[place] = True
        elif may_meet(one, other):
            kept[place] = True
            for member in members[other]:
                root[member] = one
            members[one] |= members.pop(other)
            for kind, values in held.pop(other).items():
                held[one][kind] = held[one].get(kind, set()) | values
    return pairs[kept], pairs[~kept]
