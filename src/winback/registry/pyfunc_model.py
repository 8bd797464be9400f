"""The code that MLflow stores with every model version and runs to load it (models-from-code).

It is copied into the artifact, so it stays tiny: the files beside it hold parameters and trees as
text, and the installed winback turns them back into an estimator. Nothing is unpickled.
"""

import warnings
from pathlib import Path
from typing import Any

import pandas as pd

from winback.estimators.base.artifact import from_files

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # MLflow warns of its own type hints while it is imported
    from mlflow.models import set_model
    from mlflow.pyfunc.model import PythonModel, PythonModelContext


class WinbackModel(PythonModel):
    """A winback estimator behind MLflow's generic interface."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the estimator back from the artifact's text files."""
        folder = Path(context.artifacts["model"])
        files = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
        self.estimator = from_files(files)

    def predict(
        self,
        context: PythonModelContext,  # noqa: ARG002  # MLflow's signature
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> pd.DataFrame:
        """Return the estimator's predictions, index-aligned with `model_input`."""
        predictions: pd.DataFrame = self.estimator.predict_frame(model_input)
        return predictions


set_model(WinbackModel())
