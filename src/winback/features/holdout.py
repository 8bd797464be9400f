"""A calibration period to fit on, and a holdout period to compare with."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from winback.errors import Sentence, UsageError
from winback.features.rfm import in_periods, known_days, period_of, rfm_summary, to_date


def calibration_holdout(
    data: Any, calibration_end: str | date, observation_end: str | date, *, period: str = "D"
) -> pd.DataFrame:
    """Summarise customers up to one day, and what they bought from then on up to another.

    Parameters
    ----------
    data
        As for `winback.features.rfm.rfm_summary`.
    calibration_end
        The last day of the calibration period: only what was known then is summarised.
    observation_end
        The last day of the holdout period.
    period
        As for `rfm_summary`; a period that holds `calibration_end` belongs to the calibration.

    Returns
    -------
    pandas.DataFrame
        The summary at `calibration_end`, ready to fit on, and beside it ``frequency_holdout`` (the
        purchase periods after it), ``monetary_value_holdout`` (their mean amount, 0 without one)
        and ``duration_holdout`` (the length of the holdout, in periods).

    Raises
    ------
    UsageError
        The holdout ends before it begins.
    DataError
        As `rfm_summary`.

    Examples
    --------
    >>> orders = pd.DataFrame({"customer_id": ["a", "a", "b"], "amount": [9.0, 5.0, 7.0],
    ...                        "date": ["2024-01-01", "2024-02-10", "2024-01-20"]})
    >>> split = calibration_holdout(orders, "2024-01-31", "2024-02-29")
    >>> split[["customer_id", "T", "frequency_holdout", "monetary_value_holdout"]].values.tolist()
    [['a', 30.0, 1.0, 5.0], ['b', 11.0, 0.0, 0.0]]
    >>> split["duration_holdout"].unique().tolist()
    [29.0]
    """
    end, until = to_date(calibration_end), to_date(observation_end)
    if until <= end:
        raise UsageError(
            "the holdout ends before it begins",
            where="observation_end",
            got=until,
            allowed=Sentence("after {end}", end=end),
        )
    summary = rfm_summary(data, end, period=period)
    days_by = {
        day: in_periods(known_days(data, day), period).to_pyarrow().to_pandas()
        for day in (end, until)
    }
    seen = pd.MultiIndex.from_frame(days_by[end][["customer_id", "day"]])
    later = days_by[until].set_index(["customer_id", "day"])
    later = later[~later.index.isin(seen)].reset_index()
    bought = later.groupby("customer_id")["amount"].agg(["size", "mean"])
    beside = bought.reindex(summary["customer_id"]).fillna(0.0).astype("float64")
    return summary.assign(
        frequency_holdout=beside["size"].to_numpy(),
        monetary_value_holdout=beside["mean"].to_numpy(),
        duration_holdout=float(period_of(until, period) - period_of(end, period)),
    )
