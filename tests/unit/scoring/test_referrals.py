import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from winback.data.connect import open_engine
from winback.scoring.referrals import write_referral_values
from winback.scoring.score import SCHEMA


def write(path, n, rows):
    """Write scores of `n` customers, of whom only the id and the ltv matter."""
    ids = [f"c{i:03d}" for i in range(n)]
    columns = {"customer_id": ids, "ltv": [float(i) for i in range(n)]}
    empty = [pa.array(columns.get(f.name, [None] * n), f.type) for f in SCHEMA]
    pq.write_table(pa.Table.from_arrays(empty, schema=SCHEMA), path, row_group_size=rows)


def test_the_column_is_filled_in_and_nothing_else_changes(tmp_path):
    path = tmp_path / "scores.parquet"
    write(path, 25, rows=10)
    before = pd.read_parquet(path)
    brought = pa.table(
        {"customer_id": ["c000", "c009", "c010", "c024"], "referral_value": [1.0, 2.0, 3.0, -4.0]}
    )
    engine = open_engine()
    write_referral_values(path, engine.create_table("brought", brought))
    after = pd.read_parquet(path)
    got = after.set_index("customer_id")["referral_value"]
    assert got[got != 0].to_dict() == {"c000": 1.0, "c009": 2.0, "c010": 3.0, "c024": -4.0}
    assert len(got) == 25
    assert not got.isna().any()
    pd.testing.assert_frame_equal(
        after.drop(columns="referral_value"), before.drop(columns="referral_value")
    )
    assert pq.read_metadata(path).num_row_groups == 3  # no more in memory than before
    assert pq.read_schema(path).equals(SCHEMA)
    assert [p.name for p in tmp_path.iterdir()] == ["scores.parquet"]


def test_a_file_without_rows_keeps_its_columns(tmp_path):
    path = tmp_path / "scores.parquet"
    write(path, 0, rows=10)
    table = pa.table(
        {"customer_id": pa.array([], pa.string()), "referral_value": pa.array([], pa.float64())}
    )
    write_referral_values(path, open_engine().create_table("brought", table))
    assert pq.read_schema(path).equals(SCHEMA)
    assert pq.read_metadata(path).num_rows == 0
