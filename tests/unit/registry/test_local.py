"""An SQLite store is read without MLflow, and says what MLflow says."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from winback.errors import RegistryError
from winback.registry import aliases_of, load, open_store, promote, resolve, training_run
from winback.registry.artifacts import read_files, read_text, trained_on
from winback.registry.local import LocalStore


@pytest.fixture
def versions(store, tiny):
    refs = []
    for slope in (1.0, 2.0):
        tags = {"winback.as_of": "2024-01-01"}
        with (
            training_run(store, "shop", f"key{slope}", models=["churn"], tags=tags) as training,
            training.model("churn") as run,
        ):
            run.log_text(f"slope {slope}", "note.txt")
            refs.append(run.register(tiny(slope)))
    promote(store, refs[0])
    return refs


@pytest.fixture
def reader(store, versions, monkeypatch):
    """Return the store as a process sees it that must do without MLflow."""
    opened = open_store(store.uri, create=False)
    with monkeypatch.context() as context:
        for module in ("store", "guard", "artifacts", "places"):
            context.setattr(f"winback.registry.{module}.load_mlflow", lambda: pytest.fail("MLflow"))
        yield opened


def test_what_a_reader_needs_is_read_without_mlflow(reader, versions):
    first, second = versions
    assert aliases_of(reader, "shop-churn") == {"challenger": 2, "champion": 1}
    found = resolve(reader, "shop-churn@champion")
    assert (found, dict(found.tags)) == (first, dict(first.tags))
    assert resolve(reader, "shop-churn/2") == second
    assert load("shop-churn@champion", reader.uri).estimator.slope == 1.0
    assert read_text(reader, second, "note.txt") == "slope 2.0"
    assert trained_on(reader, first.run_id) == "2024-01-01"


def test_an_alias_that_mlflow_moves_is_followed_at_once(store, versions, reader):
    assert resolve(reader, "shop-churn@champion").version == 1
    store.client.set_registered_model_alias("shop-churn", "champion", "2")
    assert resolve(reader, "shop-churn@champion").version == 2
    assert load("shop-churn@champion", reader.uri).estimator.slope == 2.0


def test_what_the_file_does_not_tell_is_asked_of_mlflow(folder, store, versions):
    store.client.delete_model_version("shop-churn", "2")
    with pytest.raises(RegistryError, match="no such version"):
        resolve(store, "shop-churn/2")
    with pytest.raises(RegistryError, match=r"no registered model.*shop-churn"):
        resolve(store, "other-churn@champion")
    assert aliases_of(store, "other-churn") == {}
    model = next((folder / "artifacts").rglob("model.json"))
    text = model.read_text()
    for path in (folder / "artifacts").rglob("model.json"):
        path.write_text(text + " ")
    with pytest.raises(RegistryError, match="not those that were registered"):
        read_files(store, versions[0])


def test_another_schema_is_left_to_mlflow(folder, versions):
    shutil.copy(folder / "mlflow.db", folder / "other.db")
    with closing(sqlite3.connect(folder / "other.db")) as connection:
        connection.execute("ALTER TABLE model_versions RENAME COLUMN current_stage TO stage")
        connection.commit()
    other, same = LocalStore(folder / "other.db"), LocalStore(folder / "mlflow.db")
    assert same.tags("shop-churn", 1) == dict(versions[0].tags)
    assert other.tags("shop-churn", 1) is None
    assert other.files("shop-churn", 1, "data/model") is None


def test_opening_and_reading_a_store_imports_no_mlflow(store, versions):
    code = (
        "import sys; from winback.registry import open_store, resolve; "
        f"resolve(open_store({store.uri!r}), 'shop-churn@champion'); "
        "assert not {'mlflow', 'sqlalchemy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
