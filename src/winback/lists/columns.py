"""What the columns of a list hold: their order, types and shape, also with zero rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from winback.errors import DataError, Sentence

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

_CASE: dict[str, Kind] = {
    "arm": "text",
    "chosen_by": "text",
    "stratum": "text",
    "propensity": "probability",
    "experiment_id": "text",
    "p_return_untreated": "probability",
    "uplift": "probability",
    "uplift_source": "text",
    "expected_margin": "money",
    "contact_cost": "money",
    "offer_cost": "money",
    "expected_cost": "money",
    "expected_incremental_margin": "money",
    "step": "text",
}
NEXT_ORDER: dict[str, Kind] = {
    "next_category": "text",
    "p_next_category": "probability",
    "next_order_due": "date",
}
_CUSTOMER: dict[str, Kind] = {
    "days_since_last": "count",
    "last_purchase_at": "date",
    "frequency": "count",
    "monetary_value": "money",
    "tier": "text",
    "limits": "text",
}
N_REASONS = 3
REASONS: dict[str, Kind] = {f"reason_{i}": "text" for i in range(1, N_REASONS + 1)}
REASON_CODES: dict[str, Kind] = {f"{name}_code": "text" for name in REASONS}
REASON_MESSAGES: dict[str, Kind] = {"reason_messages": "text"}

WIN_BACK: dict[str, Kind] = {
    "list_id": "text",
    "as_of": "date",
    "customer_id": "text",
    "rank": "count",
    **_CASE,
    "action": "text",
    "channel": "text",
    "offer": "text",
    "owner": "text",
    **NEXT_ORDER,
    **_CUSTOMER,
    **REASONS,
    **REASON_CODES,
    **REASON_MESSAGES,
    "cooldown_until": "date",
    "measure_until": "date",
    "expires_at": "date",
    **VERSIONS,
}
WIN_BACK_EXCLUDED: dict[str, Kind] = {
    "list_id": "text",
    "as_of": "date",
    "customer_id": "text",
    "reason": "text",
    "rank": "count",
    **_CASE,
    "channel": "text",
    **{name: kind for name, kind in _CUSTOMER.items() if name != "limits"},
    **VERSIONS,
}

CHURN_WARNING: dict[str, Kind] = {
    "list_id": "text",
    "as_of": "date",
    "rank": "count",
    "customer_id": "text",
    "severity": "text",
    "previous_severity": "text",
    "days_at_severity": "count",
    "p_churn": "probability",
    "percentile_within_tier": "probability",
    "value_at_risk": "money",
    "value_at_risk_low": "money",
    "value_at_risk_high": "money",
    "p_keepable": "probability",
    "value_keepable": "money",
    "contact_cost": "money",
    "offer_cost": "money",
    "expected_profit": "money",
    "days_since_last": "count",
    "typical_gap_days": "number",
    "overdue_ratio": "number",
    **REASONS,
    "last_behaviours": "text",
    "action": "text",
    "channel": "text",
    "offer": "text",
    "owner": "text",
    **NEXT_ORDER,
    "tier": "text",
    "lifecycle_stage": "text",
    "last_purchase_at": "date",
    "frequency": "count",
    "monetary_value": "money",
    "clv": "money",
    **REASON_CODES,
    **REASON_MESSAGES,
    "horizon_days": "count",
    "cooldown_until": "date",
    "expires_at": "date",
    "limits": "text",
    **VERSIONS,
}

CHURN_WARNING_EXCLUDED: dict[str, Kind] = {
    "list_id": "text",
    "as_of": "date",
    "customer_id": "text",
    "reason": "text",
    "severity": "text",
    "p_churn": "probability",
    "overdue_ratio": "number",
    "value_at_risk": "money",
    "days_since_last": "count",
    "tier": "text",
    **VERSIONS,
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
    if kind == "text":
        return as_text(values)
    if kind == "count":
        values = values.astype("Float64").round()
    return values.astype(DTYPES[kind])


def as_text(values: pd.Series) -> pd.Series:
    """Return names, version numbers or messages (in English) as text; what is missing stays so."""
    if pd.api.types.is_float_dtype(values):
        values = values.astype("Int64")  # a version number that met a missing value
    if pd.api.types.is_object_dtype(values):
        values = values.map(str, na_action="ignore")
    return values.astype("str")


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
        raise DataError(
            Sentence("{what} lack a column", what=Sentence(what)), got=", ".join(missing)
        )
    if frame["customer_id"].isna().any():
        raise DataError(
            Sentence("{what} hold a row without a customer", what=Sentence(what)),
            where="customer_id",
        )
    twice = frame["customer_id"].duplicated()
    if twice.any():
        raise DataError(
            Sentence("{what} hold a customer twice", what=Sentence(what)),
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
                Sentence("{what} hold a number that is missing or infinite", what=Sentence(what)),
                where=name,
                got=Sentence(
                    "{n} of {rows} {rows:form.row/rows}", n=int(wrong.sum()), rows=len(frame)
                ),
            )
