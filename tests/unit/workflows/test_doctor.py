"""Each check of the doctor finds what it is there to find, says how to mend it, spoils no other."""

import builtins
import importlib
import json
import os
import sqlite3
import subprocess
import sys
from importlib import metadata
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement
from typer.testing import CliRunner

from winback import cli
from winback.cli import first
from winback.workflows import doctor as room
from winback.workflows.doctor import doctor

JOB = """\
name: shop
as_of: 2011-12-09
data:
  transactions:
    source: orders.csv
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orders.csv").write_text("customer_id,timestamp,amount\na,2011-01-01,1\n")
    (tmp_path / "shop.yaml").write_text(JOB)
    return tmp_path


def job(path="shop.yaml"):
    from winback.config import load_job

    return lambda: load_job(path)


def check_of(name, checks):
    return next(check for check in checks if check.name == name)


def only_broken(checks):
    (broken,) = [check for check in checks if check.state == "broken"]
    return broken


def test_where_all_is_well_nothing_is_to_mend(folder):
    checks = doctor(job())
    assert not [check for check in checks if check.state == "broken"]
    assert {check.name for check in checks if check.state == "ok"} >= {
        "Python", "libraries", "LightGBM", "DuckDB", "time zones", "job", "output folder",
        "model store", "extra: postgres",
    }  # fmt: skip
    assert "made by the first training" in check_of("model store", checks).found
    assert not (folder / "outputs").exists()
    assert not (folder / "models").exists()


def test_a_python_that_is_too_old(monkeypatch):
    monkeypatch.setattr(room.sys, "version_info", (3, 9, 2, "final", 0))
    assert "3.9.2" in room._python().found
    assert room._python().state == "broken"


@pytest.mark.parametrize(
    ("version", "message"),
    [("1.0", "duckdb is 1.0, needs "), (None, "duckdb is not installed")],
)
def test_a_library_that_is_old_or_missing(monkeypatch, version, message):
    real = metadata.version

    def stand_in(name):
        if name != "duckdb":
            return real(name)
        if version is None:
            raise metadata.PackageNotFoundError(name)
        return version

    monkeypatch.setattr(room.metadata, "version", stand_in)
    check = room._libraries()
    assert check.state == "broken"
    assert message in check.found
    (wanted,) = {
        f"duckdb{need.specifier}"
        for need in map(Requirement, metadata.requires("winback"))
        if need.name == "duckdb"
    }
    assert check.mend.startswith(f"{sys.executable} -m pip install '{wanted}'")


def test_a_source_that_was_never_installed(monkeypatch):
    def unknown(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(room.metadata, "requires", unknown)
    check = room._alone("libraries", room._libraries)
    assert check.found == "winback is not installed"
    assert check.mend == f"{sys.executable} -m pip install ."


def test_lightgbm_without_openmp(monkeypatch):
    def no_openmp(name):
        raise OSError("libgomp.so.1: cannot open shared object file")

    monkeypatch.setattr(room, "import_module", no_openmp)
    check = room._lightgbm()
    assert (check.state, check.mend) == ("broken", "apt-get install -y libgomp1")


def test_a_library_that_cannot_be_imported_spoils_its_own_check_only(folder, monkeypatch):
    real = builtins.__import__

    def broken(name, *arguments, **options):
        if name == "winback.data.connect":
            raise ImportError("_duckdb.so: undefined symbol", name="duckdb")
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", broken)
    check = only_broken(doctor())
    assert check.name == "DuckDB"
    assert "undefined symbol" in check.found
    assert check.mend.endswith("-m pip install --force-reinstall duckdb")


def test_a_container_without_time_zones(monkeypatch):
    monkeypatch.setattr("zoneinfo.available_timezones", lambda: {"UTC"})
    assert room._time_zones().mend.endswith("pip install tzdata")


def test_little_memory_is_said_and_stops_nothing(monkeypatch):
    monkeypatch.setattr(room, "_memory", lambda: 2**30)
    check = room._machine()
    assert check.state == "optional"
    assert "compute.memory_limit" in check.mend


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (JOB.replace("as_of", "asof"), "asof"),
        (JOB.replace("orders.csv", "ordres.csv"), "data.transactions: no file ordres.csv"),
        (JOB.replace("orders.csv", "'*.parquet'"), "no file *.parquet"),
    ],
    ids=["key", "file", "glob"],
)
def test_a_job_that_cannot_run(folder, text, message):
    (folder / "shop.yaml").write_text(text)
    check = only_broken(doctor(job()))
    assert check.name == "job"
    assert message in check.found
    assert check.mend


def test_an_output_folder_that_cannot_be_written(folder):
    (folder / "shop.yaml").write_text(JOB + "output: /proc/1/winback\n")
    check = only_broken(doctor(job()))
    assert check.name == "output folder"
    assert "cannot be written" in check.found


def test_a_disk_that_is_full(folder, monkeypatch):
    monkeypatch.setattr(room.shutil, "disk_usage", lambda _: SimpleNamespace(free=2**20))
    assert "too little" in room._folder("output folder", folder).found


@pytest.mark.parametrize("uri", ["sqlite:///mlflow.db", "http://127.0.0.1:1", "nonsense"])
def test_a_model_store_that_does_not_answer(folder, uri):
    (folder / "mlflow.db").write_bytes(b"no database at all, only some text " * 100)
    (folder / "shop.yaml").write_text(JOB + f"tracking:\n  uri: {uri}\n")
    check = only_broken(doctor(job()))
    assert check.name == "model store"
    assert check.mend


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anything")
def test_a_model_store_that_is_read_only(folder):
    sqlite3.connect(folder / "mlflow.db").close()
    (folder / "mlflow.db").chmod(0o400)
    assert "read-only" in room._store("sqlite:///mlflow.db").found


@pytest.mark.parametrize(
    ("line", "extra", "package"),
    [
        (
            "    source: postgresql://db.example.org/shop\n    table: orders\n",
            "postgres",
            "psycopg",
        ),
        ("    source: orders.csv\nchurn:\n  tune: 5\n", "tune", "optuna"),
    ],
    ids=["postgres", "tune"],
)
def test_an_extra_is_optional_until_the_job_needs_it(folder, monkeypatch, line, extra, package):
    real = metadata.version

    def without(name):
        if name == package:
            raise metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(room.metadata, "version", without)
    assert check_of(f"extra: {extra}", doctor()).state == "optional"
    (folder / "shop.yaml").write_text(JOB.replace("    source: orders.csv\n", line))
    check = only_broken(doctor(job()))
    assert check.name == f"extra: {extra}"
    assert package in check.mend


def test_the_command_ends_with_1_where_a_job_would_fail(folder):
    well = CliRunner().invoke(cli.app, ["doctor", "shop.yaml"])
    assert well.exit_code == 0
    assert "all is well: a job can run" in well.stdout
    (folder / "orders.csv").unlink()
    ill = CliRunner().invoke(cli.app, ["doctor", "shop.yaml", "--json"])
    assert ill.exit_code == 1
    assert only_broken([SimpleNamespace(**check) for check in json.loads(ill.stdout)]).name == "job"


def test_the_doctor_speaks_even_without_the_libraries_that_it_examines(folder):
    """Nothing of winback's own libraries can be imported, but those that draw the command line."""
    code = """
import sys
from importlib.abc import MetaPathFinder
GONE = {"duckdb", "ibis", "lightgbm", "mlflow", "numpy", "pandas", "pyarrow", "yaml"}
class Gone(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in GONE:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Gone())
from winback.cli import main
sys.argv = ["winback", "doctor", "shop.yaml"]
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    states = dict(reversed(line.split()[:2]) for line in done.stdout.splitlines() if " " in line)
    assert [states[name] for name in ("LightGBM", "DuckDB", "job")] == ["BROKEN"] * 3
    assert states["Python"] == "ok"
    assert "-m pip install --force-reinstall lightgbm" in done.stdout


def test_plain_lines_where_the_library_that_draws_is_missing(monkeypatch, capsys):
    real = builtins.__import__

    def without_rich(name, *arguments, **options):
        if name.startswith("rich"):
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without_rich)
    importlib.invalidate_caches()
    first._show([room.Finding("rich", "broken", "rich is not installed", "pip install rich")])
    assert capsys.readouterr().out == (
        "BROKEN  rich: rich is not installed\n\nrich: pip install rich\n\n1 to mend\n"
    )
