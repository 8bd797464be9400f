"""The engine: where it works, and what it refuses."""

import duckdb
import pyarrow as pa
import pytest

from winback.data import sql
from winback.data.connect import open_engine, read_source
from winback.errors import ConfigError, OutputError


def test_an_engine_on_disk_keeps_its_tables_and_spill_in_its_folder(tmp_path):
    engine = open_engine(tmp_path / "scratch", memory_limit="100MB", threads=1)
    read_source(engine, pa.table({"x": range(100)}))
    assert (tmp_path / "scratch" / "engine.duckdb").exists()
    spill = engine.con.execute("SELECT current_setting('temp_directory')").fetchall()
    assert spill == [(str(tmp_path / "scratch" / "spill"),)]
    engine.disconnect()
    # what a killed job left is no obstacle
    assert open_engine(tmp_path / "scratch").list_tables() == []


@pytest.mark.parametrize("options", [{"memory_limit": "much"}, {"threads": 0}])
def test_settings_that_the_engine_refuses(options):
    with pytest.raises(ConfigError, match="the engine refuses its settings"):
        open_engine(**options)


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="engine's folder"):
        open_engine(tmp_path / "file" / "scratch")


def test_standard_output_is_left_alone():
    query = "SELECT current_setting('enable_progress_bar'), current_setting('TimeZone')"
    assert open_engine().con.execute(query).fetchall() == [(False, "UTC")]


def test_a_kernel_in_which_no_progress_can_be_drawn_computes_all_the_same():
    class Kernel:  # as DuckDB answers to any setting of the bar where ipywidgets are missing
        def execute(self, _):
            raise duckdb.InvalidInputException("required package 'ipywidgets' is missing")

    sql.quiet(Kernel())


def test_a_folder_with_a_question_mark_in_its_name_is_no_hindrance(tmp_path):
    engine = open_engine(tmp_path / "why?" / "here")
    assert sql.rows(engine, "SELECT 1") == [(1,)]
