"""The job that `init` writes reads the file that it was written for."""

import datetime as dt

import pytest

from winback.config.load import load_job
from winback.data.intake import read_transactions
from winback.errors import DataError
from winback.workflows.init import init


def written_for(tmp_path, text):
    """Return what `init` told, the YAML, and the transactions that the job of it reads."""
    orders, to = tmp_path / "orders.csv", tmp_path / "job.yaml"
    orders.write_text(text, encoding="utf-8")
    told = init(orders, to)
    job = load_job(to).job
    given = job.data.transactions
    read = read_transactions(orders, columns=given.columns, filter=given.filter, as_of=job.as_of)
    return "\n".join(told), to.read_text(encoding="utf-8"), read


def test_amounts_with_a_currency_sign_are_told_and_read(tmp_path):
    told, _, read = written_for(
        tmp_path, 'Customer,Order Date,Total\na,2024-01-02,"$1,234.50"\nb,2024-01-03,$5.00\n'
    )
    assert "Total looks like the amount but its cells are no plain numbers: '$1,234.50'" in told
    assert sorted(read.table.to_pyarrow()["amount"].to_pylist()) == [5.0, 1234.5]


def test_a_date_that_could_be_either_is_written_both_ways(tmp_path):
    told, yaml, read = written_for(tmp_path, "client,date,montant\na,03/04/2024,5\n")
    assert read.counts.last_day == dt.date(2024, 4, 3)
    assert "      timestamp: strptime(date, '%d/%m/%Y')\n" in yaml
    assert "      # timestamp: strptime(date, '%m/%d/%Y')\n" in yaml
    assert "whether the day or the month comes first: 03/04/2024" in told


def test_a_file_of_nothing_but_a_header_has_no_rows(tmp_path):
    with pytest.raises(DataError, match="the file has no rows"):
        written_for(tmp_path, "customer,date,amount\n")
    assert not (tmp_path / "job.yaml").exists()
