"""What every estimator asks of a customer frame, and the grouping of equal rows.

A customer frame has one row per customer and the field's own columns: ``frequency`` (repeat
purchase days), ``recency`` (age at the last purchase), ``T`` (age now) and ``monetary_value``
(mean amount of a repeat purchase day). Recency and T share a time unit, days unless said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from winback.errors import ModelError, Sentence
from winback.messages import did_you_mean

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

WHOLE = frozenset({"frequency", "last_horizon_purchases"})  # counts of purchase days


def read_columns(
    frame: Any, columns: Sequence[str], *, reader: str, signed: Collection[str] = ()
) -> dict[str, FloatArray]:
    """Return the named columns as float arrays, or say which rows break the contract.

    Parameters
    ----------
    frame
        A pandas data frame, one row per customer. Other columns are ignored.
    columns
        The columns wanted; every value must be a finite number >= 0, and a count a whole one.
    reader
        Who asks, for the message.
    signed
        Those of the columns that may lie below 0.

    Raises
    ------
    ModelError
        Naming the column, the number of rows and the first such row.

    Examples
    --------
    >>> frame = pd.DataFrame({"frequency": [2, 0], "recency": [30.0, 0.0], "T": [20.0, 9.0]})
    >>> read_columns(frame, ["frequency"], reader="BetaGeoModel")
    {'frequency': array([2., 0.])}
    >>> read_columns(frame, ["recency", "T"], reader="BetaGeoModel")
    Traceback (most recent call last):
        ...
    winback.errors.ModelError: recency is greater than T in 1 of 2 rows (at columns 'recency' ...
    """
    if not isinstance(frame, pd.DataFrame):
        raise ModelError(
            Sentence("{reader} reads a pandas data frame", reader=reader),
            got=type(frame).__name__,
            hint="convert it first, for instance with .to_pandas()",
        )
    arrays = {name: _read_column(frame, name, reader, name in signed) for name in columns}
    if "recency" in arrays and "T" in arrays:
        late = arrays["recency"] > arrays["T"]
        if late.any():
            raise ModelError(
                Sentence("recency is greater than T in {share}", share=_share(late)),
                where="columns 'recency' and 'T'",
                got=f"{arrays['recency'][late][0]} > {arrays['T'][late][0]} {_first(frame, late)}",
                hint="both are ages since the first purchase, in one time unit",
            )
    return arrays


def _read_column(frame: pd.DataFrame, name: str, reader: str, signed: bool = False) -> FloatArray:
    if name not in frame.columns:
        raise ModelError(
            Sentence(
                "the frame given to {reader} has no column '{name}'", reader=reader, name=name
            ),
            got=", ".join(map(str, frame.columns)) or "no columns",
            hint=did_you_mean(name, map(str, frame.columns))
            or Sentence("add the column '{name}'", name=name),
        )
    if list(frame.columns).count(name) > 1:
        raise ModelError(
            Sentence(
                "the frame given to {reader} has two columns '{name}'", reader=reader, name=name
            )
        )
    column = frame[name]
    try:
        values: FloatArray = column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise ModelError(
            Sentence("column '{name}' is not numeric", name=name),
            got=Sentence("type {dtype}", dtype=column.dtype),
            allowed="numbers",
        ) from error
    missing, negative = ~np.isfinite(values), (values < 0) & (not signed)
    _refuse(frame, name, missing, what="is missing or infinite", allowed="finite numbers")
    _refuse(frame, name, negative, what="is negative", allowed="numbers >= 0")
    if name in WHOLE:
        broken = values != np.floor(values)
        _refuse(frame, name, broken, what="is not whole", allowed="whole numbers")
    return values


def _refuse(
    frame: pd.DataFrame, name: str, bad: NDArray[np.bool_], *, what: str, allowed: str
) -> None:
    if bad.any():
        raise ModelError(
            Sentence(
                "column '{name}' {what} in {share}",
                name=name,
                what=Sentence(what),
                share=_share(bad),
            ),
            where=Sentence("column '{name}'", name=name),
            got=f"{frame[name].to_numpy()[bad][0]} {_first(frame, bad)}",
            allowed=allowed,
        )


def _share(bad: NDArray[np.bool_]) -> Sentence:
    return Sentence("{n:,} of {rows:,} {rows:form.row/rows}", n=int(bad.sum()), rows=len(bad))


def _first(frame: pd.DataFrame, bad: NDArray[np.bool_]) -> str:
    row = int(np.argmax(bad))
    if "customer_id" in frame.columns:
        return f"for customer {frame['customer_id'].iloc[row]!r}"
    return f"in row {frame.index[row]!r}"


def read_weight(frame: pd.DataFrame, *, reader: str) -> FloatArray | None:
    """Return the optional column ``weight`` (how many customers a row stands for), or None."""
    if "weight" not in frame.columns:
        return None
    return _read_column(frame, "weight", reader)


def group_rows(columns: Sequence[FloatArray]) -> tuple[list[FloatArray], IntArray]:
    """Return the distinct rows, sorted, and for every row the position of its own.

    Customers share few distinct histories (a day grid saturates), so that whatever depends on
    the history alone is computed once per distinct row. ``np.unique(axis=0)`` sorts whole rows;
    this gives each column small integer codes and sorts one integer key.

    Examples
    --------
    >>> (x, T), position = group_rows([np.array([2.0, 0.0, 2.0]), np.array([9.0, 4.0, 9.0])])
    >>> x, T, position
    (array([0., 2.]), array([4., 9.]), array([1, 0, 1]))
    """
    key, levels = _row_key(columns)
    position, distinct = pd.factorize(key, sort=True)
    return _unpack(np.asarray(distinct), levels), np.asarray(position, dtype=np.int64)


def tally_rows(
    columns: Sequence[FloatArray], weight: FloatArray | None
) -> tuple[list[FloatArray], FloatArray]:
    """Return the distinct rows, sorted, and the weight (number of customers) of each.

    Examples
    --------
    >>> (x,), weight = tally_rows([np.array([2.0, 0.0, 2.0])], None)
    >>> x, weight
    (array([0., 2.]), array([1., 2.]))
    """
    if weight is not None:
        kept = weight > 0
        distinct, position = group_rows([column[kept] for column in columns])
        count = np.bincount(position, weight[kept], minlength=len(distinct[0]))
        return distinct, np.asarray(count, dtype=np.float64)
    key, levels = _row_key(columns)
    key = np.sort(key)
    first = np.flatnonzero(np.r_[True, key[1:] != key[:-1]][: len(key)])
    count = np.diff(np.r_[first, len(key)]).astype(np.float64)
    return _unpack(key[first], levels), count


def thin(weight: FloatArray, at_most: int) -> tuple[IntArray, FloatArray]:
    """Return a systematic sample of about ``at_most`` customers from weighted rows.

    Returns
    -------
    The rows drawn, and how many of the sampled customers each stands for.

    Examples
    --------
    >>> thin(np.array([5.0, 1.0, 4.0, 10.0]), 4)
    (array([0, 2, 3]), array([1., 1., 2.]))
    """
    place = np.floor(np.cumsum(weight) * (at_most / weight.sum()) + 1e-9)
    count = np.diff(place, prepend=0.0)
    rows = np.flatnonzero(count)
    return rows, count[rows]


def _row_key(columns: Sequence[FloatArray]) -> tuple[IntArray, list[FloatArray]]:
    """Return one integer per row that sorts as the rows do, and the levels of each column."""
    key: IntArray = np.zeros(len(columns[0]), dtype=np.int64)
    levels = []
    width = 1
    for column in columns:
        code, level = pd.factorize(column, sort=True)
        width *= max(len(level), 1)
        if width >= 2**62:  # more combinations than an integer can number
            raise ModelError(
                "too many distinct values to group",
                got=Sentence("{n:,} {n:form.row/rows}", n=len(key)),
            )
        key = key * max(len(level), 1) + np.asarray(code, dtype=np.int64)
        levels.append(np.asarray(level, dtype=column.dtype if np.iscomplexobj(column) else float))
    return key, levels


def _unpack(key: IntArray, levels: Iterable[FloatArray]) -> list[FloatArray]:
    columns = []
    for level in reversed(list(levels)):
        key, code = np.divmod(key, max(len(level), 1))
        columns.append(level[code] if len(level) else np.empty(0))
    return columns[::-1]
