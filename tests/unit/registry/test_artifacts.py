import dataclasses
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from winback.errors import RegistryError
from winback.registry import metrics, recipe, training_run
from winback.registry.artifacts import model_files, write_model
from winback.registry.guard import load_mlflow
from winback.registry.load import load_version


@pytest.fixture
def version(store, tiny):
    with (
        training_run(store, "shop", "key", models=["churn"]) as training,
        training.model("churn") as run,
    ):
        run.log_metrics({"auc": 0.75, "ece": None, "lift": float("nan")})
        run.log_metrics({"auc": 0.7}, split="1997-09-30/1998-06-30")
        return run.register(tiny(2.5))


@pytest.fixture
def tree(folder, version):
    """Return the folder that MLflow keeps of the version."""
    (covers,) = (folder / "artifacts").rglob("MLmodel")
    return covers.parent


def test_no_file_is_a_pickle_or_code_or_names_this_machine(tree, folder):
    files = [path for path in tree.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"model.json", "recipe.json"}
    assert not [path for path in files if path.suffix in (".py", ".pkl", ".so")]
    for path in files:
        text = path.read_text(encoding="utf-8")  # a pickle is not text
        for place in (folder, Path.cwd(), Path.home(), Path(__file__).parents[3], "/tmp/"):
            assert str(place) not in text, (path.name, place)
    assert sum(path.stat().st_size for path in files) < 20_000


def test_signature_and_synthetic_example_are_stored_as_floats(tree):
    mlflow = load_mlflow()
    model = mlflow.models.Model.load(str(tree))
    types = {column.name: column.type.name for column in model.signature.inputs}
    assert types == {"frequency": "double", "T": "double"}
    assert [column.name for column in model.signature.outputs] == ["value"]
    assert model.load_input_example(str(tree))["T"].tolist() == [7.0, 30.0]
    assert (tree / "requirements.txt").read_text().count("winback==") == 1


def test_mlflow_loads_it_with_pickle_forbidden(tree, tiny, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    model = load_mlflow().pyfunc.load_model(str(tree))
    frame = pd.DataFrame({"T": [2.0, 4.0], "frequency": [0.0, 1.0]}, index=[7, 9])
    pd.testing.assert_frame_equal(
        model.predict(frame), pd.DataFrame({"value": [5.0, 10.0]}, index=[7, 9])
    )


def test_recipe_and_metrics_are_read_back(store, version):
    assert recipe(store, version) == {"estimator": "TinyModel", "params": {"slope": 2.5}}
    assert metrics(store, version) == {"auc": 0.75, "1997-09-30/1998-06-30/auc": 0.7}


def test_altered_files_are_refused(store, version, tree, tiny):
    file = tree / "data/model/model.json"
    file.write_text(json.dumps({"slope": 99.0}))
    with pytest.raises(RegistryError, match="not those that were registered"):
        load_version(store, version)
    file.unlink()
    (tree / "data/model/recipe.json").unlink()
    file.parent.rmdir()
    with pytest.raises(RegistryError):
        load_version(store, version)


def test_plain_mlflow_refuses_altered_files_too(tree):
    file = tree / "data/model/model.json"
    file.write_text(file.read_text(encoding="utf-8").replace("2.5", "99.5"), encoding="utf-8")
    with pytest.raises(RegistryError, match="not those that were registered"):
        load_mlflow().pyfunc.load_model(str(tree))


def test_a_version_of_an_earlier_winback_is_read_and_its_code_is_not_run(store, version, tree):
    shutil.move(tree / "data", tree / "artifacts")
    trap = tree / "pyfunc_model.py"
    trap.write_text("raise SystemExit('its own code was run')", encoding="utf-8")
    assert load_version(store, version).estimator.slope == 2.5
    elsewhere = dataclasses.replace(store, local=None)  # as of a server
    assert load_version(elsewhere, version).estimator.slope == 2.5


def test_a_signature_that_mlflow_drops_is_an_error(tmp_path, tiny, monkeypatch):
    mlflow = load_mlflow()
    save = mlflow.pyfunc.save_model

    def forgetful(path, **options):
        save(path, **options)
        model = mlflow.models.Model.load(path)
        model.signature = None
        model.save(f"{path}/MLmodel")

    monkeypatch.setattr("mlflow.pyfunc.save_model", forgetful)
    with pytest.raises(RegistryError, match="without its signature"):
        write_model(tmp_path / "version", model_files(tiny()), tiny())
