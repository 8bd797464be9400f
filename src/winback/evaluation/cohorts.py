"""What customers won in the same month have brought, and are expected to bring."""

from __future__ import annotations

import ibis.expr.types as ir
import pandas as pd

from winback.features.purchases import exact_sum

SUMS = ("p_alive", "expected_purchases", "ltv", "ltv_first_order", "clv", "residual_value")


def cohort_values(scores: ir.Table) -> pd.DataFrame:
    """Sum scores by the month of the first purchase.

    Parameters
    ----------
    scores
        Rows of `scores.parquet`, in an engine: `as_of`, `T`, `frequency` and the columns summed.

    Returns
    -------
    DataFrame
        By `cohort` (first day of the month): `customers`, `returned` (with a repeat purchase),
        `alive` (expected), `expected_purchases`, and in money, null without amounts, `realised`
        (margin so far), of it `first_order`, `expected` (`clv`), `ltv` (their sum), `residual`.

    Examples
    --------
    >>> import datetime as dt
    >>> import ibis, pyarrow as pa
    >>> numbers = dict.fromkeys(SUMS, [0.5, 1.0]) | {"ltv": [30.0, 41.0]}
    >>> rows = {"as_of": [dt.date(2024, 3, 31)] * 2, "T": [0.0, 30.0], "frequency": [0.0, 2.0]}
    >>> scores = ibis.memtable(pa.table(rows | numbers))
    >>> cohort_values(scores)[["cohort", "customers", "returned", "realised", "expected"]]
           cohort  customers  returned  realised  expected
    0  2024-03-01          2         1      69.5       1.5
    """
    first = scores.as_of.cast("date") - scores["T"].cast("int64").as_interval("D")
    dated = scores.mutate(cohort=first.cast("date").truncate("M").cast("date"))
    sums = {name: exact_sum(dated[name]).cast("float64") for name in SUMS}
    grouped = dated.group_by("cohort").aggregate(
        customers=dated.count(), returned=dated.count(where=dated.frequency > 0), **sums
    )
    table = grouped.select(
        "cohort",
        "customers",
        "returned",
        "expected_purchases",
        "ltv",
        alive=grouped.p_alive,
        realised=grouped.ltv - grouped.clv,
        first_order=grouped.ltv_first_order,
        expected=grouped.clv,
        residual=grouped.residual_value,
    )
    frame: pd.DataFrame = table.order_by("cohort").to_pyarrow().to_pandas()
    return frame
