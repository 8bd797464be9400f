"""With a key, versions are signed when they are registered, and others are refused everywhere."""

import mlflow
import pytest

from winback.errors import RegistryError
from winback.registry import load, training_run
from winback.registry.guard import load_mlflow
from winback.signing import VARIABLE


@pytest.mark.parametrize("signed", [True, False])
def test_a_version_without_a_signature_of_the_key_is_loaded_on_no_path(
    store, tiny, tmp_path, monkeypatch, signed
):
    (tmp_path / "key").write_bytes(b"k" * 32)
    if signed:
        monkeypatch.setenv(VARIABLE, str(tmp_path / "key"))
    with (
        training_run(store, "shop", "key", models=("churn",)) as training,
        training.model("churn") as run,
    ):
        ref = run.register(tiny())
    monkeypatch.setenv(VARIABLE, str(tmp_path / "key"))
    location = store.client.get_model_version_download_uri(ref.name, str(ref.version))
    paths = [lambda: load(ref.label, store.uri), lambda: mlflow.pyfunc.load_model(location)]
    load_mlflow()
    for path in paths:
        if signed:
            path()
        else:
            with pytest.raises(RegistryError, match="not signed with the key"):
                path()
