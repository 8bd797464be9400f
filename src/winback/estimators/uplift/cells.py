"""The kinds of customers that uplift may differ by: bands of numbers, and groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from winback.errors import DataError

BANDS = {2: ("low", "high"), 3: ("low", "middle", "high")}
"""How bands are called, by how many there are."""


def numbers_of(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return the columns as finite numbers.

    Raises
    ------
    DataError
        A column is missing, or holds a number that is missing or infinite.
    """
    missing = [name for name in columns if name not in rows.columns]
    if missing:
        raise DataError("the campaigns lack a column", got=", ".join(missing))
    numbers = rows[list(columns)].astype("float64")
    if not np.isfinite(numbers.to_numpy()).all():
        raise DataError("the campaigns hold a number that is missing or infinite")
    return numbers


def cells_of(
    rows: pd.DataFrame, cuts: Mapping[str, Sequence[float]], groups: Sequence[str]
) -> dict[str, npt.NDArray[np.object_]]:
    """Name each customer's cell, factor by factor.

    Parameters
    ----------
    rows
        One row a customer.
    cuts
        Of each column, where one band ends and the next begins; bands of all cross.
    groups
        Columns whose values are cells themselves, where they are known.

    Examples
    --------
    >>> rows = pd.DataFrame({"orders": [1, 9], "channel": ["shop", None]})
    >>> cells = cells_of(rows, {"orders": [4.0]}, ["channel"])
    >>> {name: list(cell) for name, cell in cells.items()}
    {'orders': ['orders low', 'orders high'], 'channel': ['shop', 'unknown']}
    """
    numbers, cells = numbers_of(rows, list(cuts)), {}
    if cuts:
        words = []
        for name, ends in cuts.items():
            band = np.searchsorted(ends, numbers[name].to_numpy(), side="left")
            words.append(np.array([f"{name} {word}" for word in BANDS[len(ends) + 1]])[band])
        joined = [", ".join(parts) for parts in zip(*words, strict=True)]
        cells[" x ".join(cuts)] = np.array(joined, dtype=object)
    for name in groups:
        if name in rows.columns and rows[name].notna().any():
            cells[name] = rows[name].astype("str").fillna("unknown").to_numpy(dtype=object)
    return cells
