import os
import shutil
import time

import pytest

from winback.errors import RegistryError, UsageError
from winback.registry import load, open_store, promote, resolve, training_run
from winback.registry.guard import load_mlflow

LINE = 300


def test_the_default_store_is_under_the_working_directory_of_its_opening(
    tmp_path, monkeypatch, empty_mlflow
):
    (tmp_path / "models/local").mkdir(parents=True)
    shutil.copy(empty_mlflow, tmp_path / "models/local/mlflow.db")
    monkeypatch.chdir(tmp_path)
    store = open_store()
    monkeypatch.chdir("/")
    store.experiment("shop")
    experiment = store.client.get_experiment_by_name("shop")
    assert experiment.artifact_location == (tmp_path / "models/local/artifacts/shop").as_uri()
    assert not os.path.exists("/mlruns")  # noqa: PTH110


def test_opening_leaves_the_global_address_alone(store):
    mlflow = load_mlflow()
    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri(), os.getenv("MLFLOW_TRACKING_URI")
    store.experiment("shop")
    after = mlflow.get_tracking_uri(), mlflow.get_registry_uri(), os.getenv("MLFLOW_TRACKING_URI")
    assert before == after
    assert str(store.label) not in before


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("http://ann:s3cret@127.0.0.1:9", "cannot be reached"),
        ("postgresql://ann:s3cret@127.0.0.1:9/db", "cannot be reached"),
        ("sqlite:////proc/nowhere/mlflow.db", "cannot be opened"),
    ],
)
def test_a_store_that_cannot_be_reached_says_so_soon_and_in_one_line(uri, message):
    start = time.monotonic()
    with pytest.raises(RegistryError, match=message) as caught:
        open_store(uri)
    assert time.monotonic() - start < 60  # else it tries for minutes
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < LINE


@pytest.mark.parametrize(
    "uri",
    ["models/local", "file:///tmp/runs", "http://[x", "s3://bucket", "sqlite:///a%2520b/m.db"],
)
def test_an_address_of_another_kind_is_bad_usage(uri):
    with pytest.raises(UsageError, match=r"not the address of a model store|cannot hold"):
        open_store(uri)


def test_noise_is_not_a_store(tmp_path):
    (tmp_path / "noise.db").write_bytes(os.urandom(4096))
    with pytest.raises(RegistryError, match="not a database"):
        open_store(f"sqlite:///{tmp_path}/noise.db")


def test_a_reader_makes_no_store(tmp_path):
    with pytest.raises(RegistryError, match="no model store here"):
        open_store(f"sqlite:///{tmp_path}/models/mlflow.db", create=False)
    assert not (tmp_path / "models").exists()


def test_a_new_store_appears_whole_or_not_at_all(tmp_path, monkeypatch, empty_mlflow):
    def half_made(uri, _root):
        shutil.copy(empty_mlflow, uri.removeprefix("sqlite:///"))
        assert not (tmp_path / "mlflow.db").exists()
        raise KeyboardInterrupt

    load_mlflow()
    monkeypatch.setattr("mlflow.store.tracking.sqlalchemy_store.SqlAlchemyStore", half_made)
    with pytest.raises(KeyboardInterrupt):
        open_store(f"sqlite:///{tmp_path}/mlflow.db")
    assert list(tmp_path.iterdir()) == []


def test_a_deleted_experiment_keeps_its_name(store):
    store.client.delete_experiment(store.experiment("shop"))
    with pytest.raises(RegistryError, match="was deleted"):
        store.experiment("shop")


def test_a_moved_store_works_where_it_is_now_and_leaves_the_old_place_alone(folder, store, tiny):
    with (
        training_run(store, "shop", "key", models=["churn"]) as training,
        training.model("churn") as run,
    ):
        ref = run.register(tiny(2.0))
    promote(store, ref)
    moved = folder.with_name("moved here")
    shutil.copytree(folder, moved)
    shutil.rmtree(folder)

    uri = f"sqlite:///{moved}/mlflow.db"
    assert load("shop-churn@champion", uri).estimator.slope == 2.0
    again = open_store(uri)
    with (
        training_run(again, "shop", "other", models=["churn"]) as training,
        training.model("churn") as run,
    ):
        run.log_text("hello", "note.txt")
        assert run.register(tiny(3.0)).version == 2
    assert load("shop-churn/2", uri).estimator.slope == 3.0
    assert resolve(again, "shop-churn@champion") == ref
    assert list((moved / "artifacts").rglob("note.txt"))
    assert not folder.exists()
    assert folder.name not in (moved / "mlflow.db").read_bytes().decode("latin-1")


@pytest.mark.parametrize("create", [True, False])
def test_an_empty_file_is_no_store_without_models(tmp_path, create):
    (tmp_path / "mlflow.db").touch()
    with pytest.raises(RegistryError, match=r"holds no model store.*got 0 bytes.*from a backup"):
        open_store(f"sqlite:///{tmp_path}/mlflow.db", create=create)
    assert (tmp_path / "mlflow.db").stat().st_size == 0
