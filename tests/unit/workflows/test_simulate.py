from pathlib import Path

import pytest

from winback.config import load_job
from winback.errors import UsageError
from winback.workflows.reporter import Quiet
from winback.workflows.simulate import JOB, job_text, simulate

ROOT = Path(__file__).parents[3]


def test_a_shop_is_made_with_a_job_that_loads_and_the_next_command_is_told(tmp_path):
    notes = Quiet()
    made = simulate(tmp_path / "shop", customers=60, seed=1, reporter=notes)
    job = load_job(Path(made["job"])).job
    assert (made["last_day"] - job.as_of).days == 181
    assert (tmp_path / "shop" / job.data.transactions.source).exists()
    said = [str(message) for message in notes.said]
    assert said[-1] == f"next: winback run {tmp_path / 'shop' / JOB}"
    assert "60 customers" in said[0]
    assert f"{made['rows']['transactions']:,} transactions" in said[1]
    # an earlier simulation is replaced
    again = simulate(tmp_path / "shop", customers=60, seed=2)
    assert again["rows"] != made["rows"]


def test_the_pipeline_is_the_job_that_is_written(tmp_path):
    last_day = simulate(tmp_path, customers=1, seed=1)["last_day"]
    shipped = (ROOT / "pipelines" / "simulated_shop.yaml").read_text(encoding="utf-8")
    assert shipped == job_text("../data/simulated_shop/", last_day)


def test_a_folder_with_something_else_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=r"something else than a simulated shop.*notes\.txt"):
        simulate(tmp_path, customers=10, seed=1)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    with pytest.raises(UsageError, match="a file stands"):
        simulate(tmp_path / "notes.txt", customers=10, seed=1)


def test_what_a_killed_simulation_left_is_no_obstacle(tmp_path):
    (tmp_path / ".truth.parquet.part").write_bytes(b"half")
    simulate(tmp_path, customers=10, seed=1)
    assert not list(tmp_path.glob(".*"))
