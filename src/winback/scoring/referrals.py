"""Referral values, written into scores that are there: they need every customer's own value first.

Memory is bounded by a row group, as in scoring itself: the file is read and written again group by
group, and the engine, which holds the referral values, is asked for those between a group's first
and last customer.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    import ibis.expr.types as ir

COLUMN = "referral_value"


def write_referral_values(path: Path, referrals: ir.Table) -> None:
    """Fill in the column `referral_value` of a file of scores.

    Parameters
    ----------
    path
        `scores.parquet`, in order of `customer_id`; it is replaced as a whole at the end.
    referrals
        `customer_id`, `referral_value`: who brought somebody. For everybody else it is 0.
    """
    part = path.with_suffix(".part")
    with pq.ParquetFile(path) as scores:
        place = scores.schema_arrow.get_field_index(COLUMN)
        with pq.ParquetWriter(part, scores.schema_arrow, compression="zstd") as writer:
            for number in range(scores.num_row_groups):
                group = scores.read_row_group(number)
                column = pa.array(_values(group["customer_id"], referrals), pa.float64())
                writer.write_table(group.set_column(place, group.field(place), column))
    part.replace(path)


def _values(ids: pa.ChunkedArray, referrals: ir.Table) -> pd.Series[float]:
    if not len(ids):
        return pd.Series(dtype="float64")
    first, last = ids[0].as_py(), ids[-1].as_py()
    near = referrals.filter(referrals.customer_id.between(first, last)).to_pyarrow().to_pandas()
    by_customer = near.set_index("customer_id")[COLUMN]
    values: pd.Series[float] = by_customer.reindex(ids.to_pandas()).fillna(0.0)
    return values
