"""Jobs run in this process, each in a folder of its own."""

import fcntl
import gc
import json
import os
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from winback.config import load_job
from winback.workflows.reporter import Quiet
from winback.workflows.work import Work

os.environ["LC_ALL"] = "C.UTF-8"  # winback speaks the reader's language; tests read English


@dataclass
class Workshop:
    """A folder with inputs, a job, a model store and results."""

    folder: Path
    yaml: Path
    warnings: tuple = ()

    @property
    def out(self):
        return self.folder / "out"

    def work(self, **overrides):
        reporter = Quiet()
        self.warnings = reporter.warnings
        loaded = load_job(self.yaml, overrides=overrides)
        return Work(loaded, out=self.out, reporter=reporter, today=date(2030, 1, 1))

    def do(self, workflow, **overrides):
        with self.work(**overrides) as work:
            return work.do(workflow)

    def copy_to(self, folder):
        """Return the same workshop elsewhere; the store finds its artifacts at the new place."""
        shutil.copytree(self.folder, folder, symlinks=True)
        yaml = folder / self.yaml.name
        text = self.yaml.read_text(encoding="utf-8")
        yaml.write_text(text.replace(str(self.folder), str(folder)), encoding="utf-8")
        return Workshop(folder, yaml)

    def read(self, name):
        path = self.out / name
        if name.endswith(".parquet"):
            return pd.read_parquet(path)
        return json.loads(path.read_text(encoding="utf-8"))


def pytest_collection_finish():
    """Let the collector pass by what is imported, and look less often: a tenth of all time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_unconfigure():
    gc.unfreeze()


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    """Return a maker of a folder that is filled once, by whichever worker comes first."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def _made(name, fill):
        folder, done = base / name, base / f"{name}.done"
        with (base / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)  # of a worker that failed
                fill(folder)
                done.touch()
        return folder

    return _made


@pytest.fixture(scope="session")
def empty_mlflow(made_once):
    """Make a store once: its many migrations take seconds."""
    from winback.registry.store import open_store

    def fill(folder):
        folder.mkdir()
        open_store(f"sqlite:///{folder}/mlflow.db")

    return made_once("empty_store", fill) / "mlflow.db"


@pytest.fixture(scope="session")
def workshop_in(empty_mlflow):
    """Return a maker of workshops: folder, YAML without tracking, and inputs by name."""

    def _make(folder, yaml, **inputs):
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in inputs.items():
            path = folder / f"{name}.csv"
            if isinstance(content, str):
                path.write_text(content, encoding="utf-8")
            else:
                content.to_csv(path, index=False)
        shutil.copy(empty_mlflow, folder / "mlflow.db")
        job = folder / "job.yaml"
        tracking = f"tracking: {{uri: 'sqlite:///{folder}/mlflow.db'}}\n"
        job.write_text(yaml + tracking, encoding="utf-8")
        return Workshop(folder, job)

    return _make


@pytest.fixture(scope="session")
def workshop_once(made_once):
    """Return a maker of workshops that all workers share; change a copy only."""

    def _open(name, fill):
        folder = made_once(name, fill)
        return Workshop(folder, folder / "job.yaml")

    return _open


@pytest.fixture(scope="session")
def cdnow_quarter():
    """Return the rows of about 590 of CDNOW's published customers."""
    from winback.data.connect import open_engine
    from winback.data.samples import load

    engine = open_engine()
    rows = engine.table(load(engine, "sample:cdnow-tenth").name).to_pyarrow().to_pandas()
    engine.disconnect()
    rows = rows[rows["customer_id"].astype(int) % 4 == 0]
    return rows[["customer_id", "timestamp", "amount"]].reset_index(drop=True)


@pytest.fixture(scope="session")
def online_retail(real_data):
    """Return the path of two years of a gift wholesaler's invoices (UCI Online Retail)."""
    return real_data("online_retail.parquet")


@pytest.fixture(scope="session")
def read_retail(online_retail):
    """Return a reader of these invoices."""
    from winback.data.intake import read_transactions

    columns = {"customer_id": "CustomerID", "timestamp": "InvoiceDate"}
    return lambda **options: read_transactions(
        str(online_retail),
        columns=columns | {"amount": "Quantity * UnitPrice"},
        filter="CustomerID IS NOT NULL",
        **options,
    )


@pytest.fixture(scope="session")
def real_data():
    """Return a maker of paths to real data that the project does not ship; absent: skipped."""
    folder = Path(os.environ.get("WINBACK_TEST_DATA", Path(__file__).parents[2] / "shared/data"))

    def _path(name):
        if not (folder / name).exists():
            pytest.skip(f"{folder / name} is absent; set WINBACK_TEST_DATA")
        return folder / name

    return _path
