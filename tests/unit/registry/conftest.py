"""A tiny estimator, and a store that is made once and copied for every test."""

import json
import shutil
from importlib import import_module

import pandas as pd
import pytest

from winback.registry.store import open_store


class TinyModel:
    """Predict `slope * T`: all that the registry asks of an estimator, and nothing else."""

    input_columns_ = ("frequency", "T")

    def __init__(self, slope=1.0):
        self.slope = slope

    def input_example(self):
        return pd.DataFrame({"frequency": pd.array([0, 2], dtype="Int64"), "T": [7, 30]})

    def predict_frame(self, frame):
        return pd.DataFrame({"value": self.slope * frame["T"]}, index=frame.index)


def _from_files(files):
    return TinyModel(json.loads(files["model.json"])["slope"])


@pytest.fixture
def tiny(monkeypatch):
    """Return the class of the tiny estimator, known to the artifact format for one test."""
    monkeypatch.setattr(
        "winback.registry.artifacts.to_files",
        lambda estimator: {"model.json": json.dumps({"slope": estimator.slope})},
    )
    monkeypatch.setattr(
        "winback.registry.artifacts.recipe_of",
        lambda estimator: {"estimator": "TinyModel", "params": {"slope": estimator.slope}},
    )
    for module in ("winback.registry.load", "winback.estimators.base.artifact"):
        monkeypatch.setattr(import_module(module), "from_files", _from_files)
    return TinyModel


@pytest.fixture
def folder(tmp_path, empty_mlflow):
    """Return a folder with a store in it; the name is one that careless quoting breaks."""
    folder = tmp_path / "a störe, 100% 'ours'"
    folder.mkdir()
    shutil.copy(empty_mlflow, folder / "mlflow.db")
    return folder


@pytest.fixture
def store(folder):
    return open_store(f"sqlite:///{folder}/mlflow.db")
