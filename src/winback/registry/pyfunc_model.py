"""How MLflow loads a model version: by this package's own code, which the version only names.

A version holds parameters and trees as text, and no code: whoever may write into a store cannot
make those who load from it run anything.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from winback.errors import RegistryError, Sentence
from winback.estimators.base import artifact
from winback.registry.aliases import DIGEST, SIGNATURE_TAG
from winback.registry.artifacts import demand_signed, digest_of
from winback.registry.guard import load_mlflow


class WinbackModel:
    """A winback estimator behind MLflow's generic interface.

    Parameters
    ----------
    estimator
        A fitted estimator.
    """

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def predict(
        self,
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,  # noqa: ARG002  # MLflow's signature
    ) -> pd.DataFrame:
        """Return the estimator's predictions, index-aligned with `model_input`."""
        predictions: pd.DataFrame = self.estimator.predict_frame(model_input)
        return predictions


def _load_pyfunc(data_path: str) -> WinbackModel:
    """Load the files that MLflow keeps under `data/model` (its contract for loader modules).

    Raises
    ------
    RegistryError
        The files are not those whose digest stands in the version's `MLmodel`, or it is not signed.
    """
    folder = Path(data_path)
    files = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    covers = load_mlflow().models.Model.load(str(folder.parents[1]))
    registered = (covers.metadata or {}).get(DIGEST)
    if digest_of(files) != registered:
        raise RegistryError(
            "the model's files are not those that were registered",
            where=folder.parents[1].name,
            got=Sentence("digest {digest}", digest=digest_of(files)[:12]),
            allowed=Sentence("digest {digest}", digest=str(registered)[:12]),
            hint="restore the store's artifacts, or train again",
        )
    signature = (covers.metadata or {}).get(SIGNATURE_TAG)
    demand_signed(str(registered), signature, folder.parents[1].name)
    return WinbackModel(artifact.from_files(files))
