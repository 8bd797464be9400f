"""A model version as files: parameters as JSON, trees as LightGBM text, and MLflow's covers.

The folder that MLflow stores holds

```
MLmodel, requirements.txt, …        MLflow's covers: signature, environment
input_example.json                  synthetic rows, never customers
data/model/model.json, …            the estimator as text; recipe.json, how to make it again
```

No file is a pickle or code, holds a customer, or names a folder of the machine that wrote it.
Versions of an earlier winback have `artifacts/model` instead of `data/model`, and code beside it
that only plain MLflow runs.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any, Final, Protocol

import pandas as pd

from winback.errors import ModelError, RegistryError, Sentence
from winback.estimators.base.artifact import recipe_of, to_files
from winback.registry.aliases import DIGEST, SIGNATURE_TAG, ModelVersionRef
from winback.registry.guard import guarded, load_mlflow
from winback.registry.store import Store
from winback.signing import VARIABLE, is_signed, sign

RECIPE_FILE: Final = "recipe.json"
_FOLDERS: Final = ("data/model", "artifacts/model")
_AS_OF: Final = "winback.as_of"


class Registrable(Protocol):
    """What an estimator must offer to become a model version."""

    input_columns_: Any

    def input_example(self) -> pd.DataFrame:
        """Return a few synthetic rows."""

    def predict_frame(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the predictions, index-aligned, with fixed columns."""


def model_files(estimator: Registrable, recipe: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Return the estimator as text files, its recipe among them.

    Parameters
    ----------
    estimator
        A fitted estimator.
    recipe
        How to make the unfitted estimator again (`winback.estimators.base.artifact.make`); unset:
        the estimator's own.
    """
    files = dict(to_files(estimator))
    written = recipe_of(estimator) if recipe is None else dict(recipe)
    files[RECIPE_FILE] = json.dumps(written, indent=1, sort_keys=True) + "\n"
    return files


def digest_of(files: Mapping[str, str]) -> str:
    """Return the SHA-256 of the files, names included, whatever their order.

    Examples
    --------
    >>> digest_of({"a": "1", "b": "2"}) == digest_of({"b": "2", "a": "1"})
    True
    >>> digest_of({"a": "12"}) == digest_of({"a": "1", "b": "2"})
    False
    """
    text = json.dumps(dict(files), sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def as_floats(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return `columns` of `frame` as float64, missing values as NaN.

    The signature owns the types: MLflow refuses an integer in a double column, and drops the whole
    signature over a nullable integer.

    Raises
    ------
    ModelError
        A column is missing, or holds something that is not a number.

    Examples
    --------
    >>> as_floats(pd.DataFrame({"T": [1, 2], "x": ["a", "b"]}), ["T"]).dtypes.to_dict()
    {'T': dtype('float64')}
    >>> as_floats(pd.DataFrame({"T": [1]}), ["T", "recency"])
    Traceback (most recent call last):
    ...
    winback.errors.ModelError: the frame lacks columns that the model needs (at recency): got T. ...
    """
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ModelError(
            "the frame lacks columns that the model needs",
            where=", ".join(missing),
            got=", ".join(map(str, frame.columns)) or "no column",
            hint="open_job(JOB).features() makes the frame that a job's models need, "
            "behaviour_table or rfm_summary one of your own purchases",
        )
    cast = {}
    for column in columns:
        try:
            cast[column] = frame[column].astype("float64")
        except (TypeError, ValueError) as error:
            raise ModelError(
                "the model needs numbers in this column", where=column, got=str(error)
            ) from error
    return pd.DataFrame(cast, index=frame.index)


def write_model(
    folder: Path, files: Mapping[str, str], estimator: Registrable, **cover: Any
) -> None:
    """Write the model version's folder.

    Parameters
    ----------
    folder
        A folder that does not exist yet.
    files
        The estimator as text, from `model_files`.
    estimator
        The same estimator, asked for its synthetic rows and its output columns.
    cover
        Fields of MLflow's `Model`, such as `run_id` and `model_id`.

    Raises
    ------
    RegistryError
        MLflow stored the model without its signature or without its input example.
    """
    mlflow = load_mlflow()
    example = as_floats(estimator.input_example(), list(estimator.input_columns_))
    signature = mlflow.models.infer_signature(example, estimator.predict_frame(example))
    with tempfile.TemporaryDirectory() as temporary, guarded(""):
        source = Path(temporary) / "model"
        source.mkdir()
        for name, text in files.items():
            (source / name).write_text(text, encoding="utf-8", newline="\n")
        mlflow.pyfunc.save_model(
            path=str(folder),
            loader_module="winback.registry.pyfunc_model",
            data_path=str(source),
            metadata={DIGEST: digest_of(files), SIGNATURE_TAG: sign(digest_of(files)) or ""},
            signature=signature,
            input_example=example,
            # Inferring requirements would run the model in a process of its own for 20 seconds.
            pip_requirements=[f"winback=={installed_version('winback')}"],
            mlflow_model=mlflow.models.Model(**cover),
        )
        model = mlflow.models.Model.load(str(folder))
    if model.signature != signature or model.saved_input_example_info is None:
        raise RegistryError(
            "MLflow stored the model without its signature or its input example",
            got=type(estimator).__name__,
        )


def demand_signed(digest: str, signature: object, where: str) -> None:
    """Refuse a model whose digest was not signed with the key, where there is one.

    Raises
    ------
    RegistryError
        It was registered without the key, or by somebody who does not have it.
    """
    if not is_signed(digest, signature):
        raise RegistryError(
            "the model is not signed with the key",
            where=where,
            got=Sentence("another signature" if signature else "no signature"),
            hint=Sentence("train again with the key in {variable}", variable=VARIABLE),
        )


def read_files(store: Store, ref: ModelVersionRef) -> dict[str, str]:
    """Return the version's text files, as `model_files` made them.

    Raises
    ------
    RegistryError
        The files are gone, are not those that were registered, or bear no signature of the key.
    """
    demand_signed(ref.digest, ref.tags.get(SIGNATURE_TAG), ref.label)
    for name in _FOLDERS:
        here = store.local and store.local.files(ref.name, ref.version, name)
        if here and digest_of(here) == ref.digest:
            return here
    mlflow = load_mlflow()
    with guarded(store.uri), tempfile.TemporaryDirectory() as temporary:
        location = store.client.get_model_version_download_uri(ref.name, str(ref.version))
        kept = {
            entry.path.rpartition("/")[2]
            for entry in mlflow.artifacts.list_artifacts(
                artifact_uri=location, tracking_uri=store.uri
            )
        }
        name = next((name for name in _FOLDERS if name.partition("/")[0] in kept), _FOLDERS[0])
        folder = mlflow.artifacts.download_artifacts(
            artifact_uri=f"{location}/{name}", tracking_uri=store.uri, dst_path=temporary
        )
        files = {path.name: path.read_text(encoding="utf-8") for path in Path(folder).iterdir()}
    if digest_of(files) != ref.digest:
        raise RegistryError(
            "the model's files are not those that were registered",
            where=ref.label,
            got=Sentence("digest {digest}", digest=digest_of(files)[:12]),
            allowed=Sentence("digest {digest}", digest=ref.digest[:12]),
            hint="restore the store's artifacts, or train again",
        )
    return files


def recipe(store: Store, ref: ModelVersionRef) -> dict[str, Any]:
    """Return how to make the version's unfitted estimator again."""
    content: dict[str, Any] = json.loads(read_files(store, ref)[RECIPE_FILE])
    return content


def metrics(store: Store, ref: ModelVersionRef) -> dict[str, float]:
    """Return the metrics that the version's training logged for it."""
    with guarded(store.uri):
        version = store.client.get_model_version(ref.name, str(ref.version))
        return dict(store.client.get_run(str(version.run_id)).data.metrics)


def read_text(store: Store, ref: ModelVersionRef, name: str) -> str | None:
    """Return a text that the version's training kept beside it; None where there is none.

    Parameters
    ----------
    name
        As it was logged, such as ``evidence.csv``.
    """
    here = None if store.local is None else store.local.text(ref.name, ref.version, name)
    if here is not None:
        return here
    mlflow = load_mlflow()
    with guarded(store.uri), tempfile.TemporaryDirectory() as temporary:
        version = store.client.get_model_version(ref.name, str(ref.version))
        run_id = str(version.run_id)
        if name not in {entry.path for entry in store.client.list_artifacts(run_id)}:
            return None
        path = mlflow.artifacts.download_artifacts(
            run_id=run_id, artifact_path=name, tracking_uri=store.uri, dst_path=temporary
        )
        return Path(path).read_text(encoding="utf-8")


def trained_on(store: Store, run_id: str) -> str | None:
    """Return the last day that was known to a training run, as ISO text; None if it is gone."""
    here = None if store.local is None else store.local.run_tag(run_id, _AS_OF)
    if here is not None:
        return here
    with guarded(store.uri):
        tags: Mapping[str, str] = store.client.get_run(run_id).data.tags
    return tags.get(_AS_OF)
