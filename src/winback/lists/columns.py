"""What the columns of a list hold: their order, types and shape, also with zero rows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd

from winback.errors import DataError

Kind = Literal["text", "date", "count", "number", "money", "probability"]
Columns = Mapping[str, Kind]

DTYPES: dict[Kind, Any] = {  # Any: pandas types each dtype's name apart
    "text": "str",
    "date": "datetime64[us]",
    "count": "Int64",
    "number": "float64",
    "money": "float64",
    "probability": "float64",
}

VERSIONS: dict[str, Kind] = {
    "value_version": "text",
    "churn_version": "text",
    "tiers_version": "text",
    "run_id": "text",
}


def conform(frame: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    """Give a frame exactly these columns, in this order and with these types.

    A column that the frame lacks is added empty, one too many is left out, and the index becomes
    0, 1, 2, so that two lists can be compared and stacked whatever they were made from.

    Parameters
    ----------
    frame
        The rows of a list.
    columns
        Column name to kind, in the order of the file.

    Examples
    --------
    >>> conform(pd.DataFrame({"n": [2.0], "extra": 1}), {"customer_id": "text", "n": "count"})
      customer_id  n
    0         NaN  2
    """
    return pd.DataFrame(
        {
            name: _as_kind(frame[name], kind)
            if name in frame.columns
            else pd.Series(np.nan, index=frame.index).astype(DTYPES[kind])
            for name, kind in columns.items()
        },
        index=frame.index,
        columns=list(columns),
    ).reset_index(drop=True)


def _as_kind(values: pd.Series, kind: Kind) -> pd.Series:
    if kind == "date":  # a list speaks of days, as its readers do
        return pd.to_datetime(values).astype("datetime64[us]").dt.normalize()
    if kind == "text" and pd.api.types.is_float_dtype(values):
        values = values.astype("Int64")  # a version number that met a missing value
    if kind == "count":
        values = values.astype("Float64").round()
    return values.astype(DTYPES[kind])


def require(frame: pd.DataFrame, names: tuple[str, ...], *, what: str) -> None:
    """Refuse a frame that lacks a column, or in which a customer stands twice.

    Parameters
    ----------
    frame
        A table with one row a customer.
    names
        Columns that it must have, besides `customer_id`.
    what
        How the table is called in the message.

    Raises
    ------
    DataError
        If a column is missing, an identifier is missing or stands twice.
    """
    missing = [name for name in ("customer_id", *names) if name not in frame.columns]
    if missing:
        raise DataError(f"{what} lack a column", got=", ".join(missing))
    if frame["customer_id"].isna().any():
        raise DataError(f"{what} hold a row without a customer", where="customer_id")
    twice = frame["customer_id"].duplicated()
    if twice.any():
        raise DataError(
            f"{what} hold a customer twice",
            where="customer_id",
            got=str(frame.loc[twice, "customer_id"].min()),
            allowed="one row a customer",
        )


def finite(frame: pd.DataFrame, names: tuple[str, ...], *, what: str) -> None:
    """Refuse a frame in which one of these numbers is missing or infinite.

    Raises
    ------
    DataError
        Naming the column and how many rows are wrong.
    """
    for name in names:
        values = pd.to_numeric(frame[name]).astype("float64")
        wrong = values.isna() | values.isin([float("inf"), float("-inf")])
        if wrong.any():
            raise DataError(
                f"{what} hold a number that is missing or infinite",
                where=name,
                got=f"{int(wrong.sum())} of {len(frame)} rows",
            )


def list_id(job: str, name: str, as_of: date, versions: pd.DataFrame) -> str:
    """Name a list after what it was made from: the same inputs give the same name.

    Parameters
    ----------
    job
        Name of the job.
    name
        Name of the list, such as `win_back`.
    as_of
        The last day that was known.
    versions
        The scores; their distinct model versions enter the name.

    Returns
    -------
    str
        `NAME-AS_OF-` and twelve hexadecimal digits.

    Examples
    --------
    >>> scores = pd.DataFrame({"value_version": [3, 3], "churn_version": [1, 1]})
    >>> list_id("shop", "win_back", date(2011, 12, 9), scores)
    'win_back-2011-12-09-8027fa683e3f'
    """
    parts = [job, name, as_of.isoformat()]
    for column in VERSIONS:
        if column in versions.columns:
            parts += [column, *sorted(_as_kind(versions[column], "text").dropna().unique())]
    digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
    return f"{name}-{as_of.isoformat()}-{digest[:12]}"
