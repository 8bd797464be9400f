"""`winback.load`: a registered model, ready to predict, for anyone who can reach the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from winback.estimators.base.artifact import from_files
from winback.estimators.base.likelihood_model import LikelihoodModel
from winback.messages import Message
from winback.registry.aliases import ModelVersionRef, resolve
from winback.registry.artifacts import as_floats, read_files
from winback.registry.store import Store, open_store
from winback.registry.version_notes import CAVEATS, read_fitness, read_notes


@dataclass(frozen=True)
class LoadedModel:
    """A model version and its estimator.

    Attributes
    ----------
    ref
        Which version this is, and what was kept beside it when it was loaded.
    estimator
        The fitted winback estimator itself, with all its methods.
    """

    ref: ModelVersionRef
    estimator: Any = field(repr=False)

    @property
    def name(self) -> str:
        """The registered model, e.g. `shop-churn`."""
        return self.ref.name

    @property
    def version(self) -> int:
        """Its number, from 1."""
        return self.ref.version

    @property
    def run_id(self) -> str:
        """The training run that made it."""
        return self.ref.run_id

    @property
    def digest(self) -> str:
        """SHA-256 of the model's files: equal digests predict equally."""
        return self.ref.digest

    @property
    def input_columns(self) -> list[str]:
        """The numeric columns that `predict` needs."""
        return list(self.estimator.input_columns_)

    def __str__(self) -> str:
        """Tell which model this is, what it needs, what it is fit for, and what it has learned."""
        fit, own = read_fitness(self.ref), self.estimator
        notes = list(read_notes(self.ref, CAVEATS))
        within = [getattr(own, name, None) for name in ("purchase_model_", "spend_model_")]
        learned = [str(model) for model in within if isinstance(model, LikelihoodModel)]
        columns = ", ".join(self.input_columns)
        lines = [f"{self.ref.label}: {type(own).__name__}", f"needs: {columns}"]
        if fit is not None:
            lines.append(f"fit for: {fit['fit']} ({Message.of(fit['why'])})")
        return "\n".join([*lines, *(f"note: {note}" for note in notes), *learned])

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the model's predictions, index-aligned with `frame`.

        Parameters
        ----------
        frame
            Any frame with the columns `input_columns`, as `winback.open_job(JOB).features()` makes
            it; integers will do, other columns are left aside.

        Raises
        ------
        ModelError
            A column is missing or is not numeric.
        """
        predictions: pd.DataFrame = self.estimator.predict_frame(
            as_floats(frame, self.input_columns)
        )
        return predictions


def load(uri: str, tracking_uri: str | None = None) -> LoadedModel:
    """Load a registered model, e.g. ``winback.load("shop-churn@champion").predict(frame)``.

    Parameters
    ----------
    uri
        `NAME@ALIAS` or `NAME/VERSION`, with or without `models:/` in front.
    tracking_uri
        The store's address; by default `sqlite:///models/local/mlflow.db` under the working
        directory.

    Raises
    ------
    RegistryError
        There is no such store, model, alias or version.
    UsageError
        `uri` does not name a model version.

    Examples
    --------
    >>> load("shop-churn@champion", "sqlite:///nowhere/mlflow.db")
    Traceback (most recent call last):
    ...
    winback.errors.RegistryError: there is no model store here (at sqlite:///...). Next: ...
    """
    store = open_store(tracking_uri, create=False)
    return load_version(store, resolve(store, uri))


def load_version(store: Store, ref: ModelVersionRef) -> LoadedModel:
    """Load a version that was resolved before; what a job does after resolving once."""
    return LoadedModel(ref, from_files(read_files(store, ref)))
