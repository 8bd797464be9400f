"""The only rooms that know MLflow: runs, artifacts, aliases."""

from winback.registry.aliases import (
    CHALLENGER,
    CHAMPION,
    PREVIOUS,
    ModelVersionRef,
    aliases_of,
    promote,
    resolve,
    rollback,
    set_alias,
)
from winback.registry.artifacts import metrics, recipe
from winback.registry.load import LoadedModel, load, load_version
from winback.registry.runs import ModelRun, TrainingRun, job_key, training_run
from winback.registry.store import DEFAULT_URI, Store, open_store

__all__ = [
    "CHALLENGER",
    "CHAMPION",
    "DEFAULT_URI",
    "PREVIOUS",
    "LoadedModel",
    "ModelRun",
    "ModelVersionRef",
    "Store",
    "TrainingRun",
    "aliases_of",
    "job_key",
    "load",
    "load_version",
    "metrics",
    "open_store",
    "promote",
    "recipe",
    "resolve",
    "rollback",
    "set_alias",
    "training_run",
]
