"""The samples are the published ones."""

import subprocess
import sys

import pytest

from winback.data.intake import read_transactions
from winback.errors import ConfigError


@pytest.mark.parametrize(
    ("name", "rows", "customers", "cents"),
    # Fader and Hardie (2001): 23,570 customers, 69,659 transactions; the 1/10 sample has 2,357
    [("cdnow", 69_659, 23_570, 250_031_563), ("cdnow-tenth", 6_919, 2_357, 24_409_194)],
)
def test_cdnow(name, rows, customers, cents):
    sample = read_transactions(f"sample:{name}")
    assert (sample.counts.accepted, sample.counts.customers) == (rows, customers)
    assert sample.counts.first_day.isoformat() == "1997-01-01"
    assert sample.counts.last_day.isoformat() == "1998-06-30"
    assert sample.count_zero
    assert sample.has_amounts
    total = (sample.table.amount * 100).round().sum().to_pyarrow().as_py()
    assert total == cents


def test_an_unknown_sample():
    with pytest.raises(ConfigError, match="did you mean sample:cdnow-tenth"):
        read_transactions("sample:cdnow_tenth")


def test_lifetimes_is_not_imported():
    code = (
        "import sys; from winback.data.intake import read_transactions;"
        "read_transactions('sample:cdnow-tenth'); assert 'lifetimes' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
