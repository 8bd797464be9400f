"""Trainings in MLflow: a parent run, a nested run per model, and a registered version of each.

A training is known by its job key. Started again after it was killed, it takes up the parent run
of that key, keeps the versions that were registered, and redoes the rest. Creating the version is
the last step of a model and one transaction, so a version either exists whole or not at all; the
alias `challenger` moves when all models are there.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from winback.errors import RegistryError
from winback.messages import Message
from winback.registry.aliases import (
    CHALLENGER,
    SIGNATURE_TAG,
    ModelVersionRef,
    set_alias,
    to_ref,
)
from winback.registry.artifacts import Registrable, digest_of, model_files, write_model
from winback.registry.claim import Claim, sole
from winback.registry.guard import guarded, load_mlflow
from winback.registry.run_log import Run
from winback.registry.store import Store
from winback.registry.version_notes import as_text
from winback.roles import ROLES
from winback.signing import sign

_PARENT: Final = "mlflow.parentRunId"
_LONGEST: Final = 5000  # the column of MLflow's database that holds descriptions


def job_key(config: Mapping[str, Any], *, data: str, as_of: object, version: str) -> str:
    """Return what a training is known by: 16 hex digits over everything that decides its result.

    Parameters
    ----------
    config
        The settings that reach the models, without secrets.
    data
        The data's fingerprint.
    as_of
        The training's date.
    version
        The version of the package.

    Examples
    --------
    >>> first = job_key({"horizon": 90, "seed": 0}, data="ab", as_of="2011-12-09", version="1.0")
    >>> first == job_key({"seed": 0, "horizon": 90}, data="ab", as_of="2011-12-09", version="1.0")
    True
    >>> first == job_key({"horizon": 90, "seed": 1}, data="ab", as_of="2011-12-09", version="1.0")
    False
    """
    parts = {"config": config, "data": data, "as_of": str(as_of), "version": version}
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass
class ModelRun(Run):
    """The nested run of one model."""

    training: TrainingRun
    model: str

    def register(
        self,
        estimator: Registrable,
        recipe: Mapping[str, Any] | None = None,
        *,
        caveats: Sequence[Message] = (),
        card: str = "",
    ) -> ModelVersionRef:
        """Store the fitted estimator and register it as the next version of `NAME-MODEL`.

        Log everything else first: the version is the mark that this model is complete.

        Parameters
        ----------
        estimator
            A fitted winback estimator.
        recipe
            How to make it again, unfitted; by default the estimator's own parameters.
        caveats
            What to know before relying on it, a message each: `winback.registry.version_notes`.
        card
            What whoever looks the version up should know, as Markdown: its description.
        """
        entities, client = load_mlflow().entities, self.store.client
        files = model_files(estimator, recipe)
        with guarded(self.store.uri), tempfile.TemporaryDirectory() as temporary:
            logged = client.create_logged_model(
                self.training.experiment_id,
                name=self.model,
                source_run_id=self.run_id,
                model_type=type(estimator).__name__,
            )
            folder = Path(temporary) / "version"
            write_model(
                folder,
                files,
                estimator,
                run_id=self.run_id,
                model_id=logged.model_id,
                artifact_path=self.model,  # not the location: that names this machine's folders
            )
            client.log_outputs(self.run_id, [entities.LoggedModelOutput(logged.model_id, step=0)])
            client.log_model_artifacts(logged.model_id, str(folder))
            client.finalize_logged_model(logged.model_id, "READY")
        if self.training.claim is not None:
            self.training.claim.demand()
        ref = self._create_version(logged, digest_of(files), caveats, card)
        self.training.versions[self.model] = ref
        return ref

    def log_trial(
        self, name: str, params: Mapping[str, Any], metrics: Mapping[str, float | None]
    ) -> None:
        """Log one trial of a search as a finished run below this one."""
        run_id = _create_run(
            self.store,
            self.training.experiment_id,
            f"{self.training.name}-{self.model}-{name}",
            {_PARENT: self.run_id, "winback.role": "trial"},
        )
        trial = Run(self.store, run_id)
        with _ending(trial):
            trial.log_params(params)
            trial.log_metrics(metrics)

    def _create_version(
        self, logged: Any, digest: str, caveats: Sequence[Message], card: str
    ) -> ModelVersionRef:
        client, name = self.store.client, f"{self.training.name}-{self.model}"
        with guarded(self.store.uri):
            if not client.search_registered_models(f"name = '{name}'"):
                client.create_registered_model(name)
            version = client.create_model_version(
                name,
                # MLflow resolves models:/ through its global address; a server has the right one.
                source=logged.artifact_location if self.store.direct else logged.model_uri,
                run_id=self.run_id,
                model_id=logged.model_id,
                description=card[:_LONGEST] or None,
                tags={
                    "winback.training_run": self.training.run_id,
                    "winback.job_key": self.training.key,
                    "winback.model": self.model,
                    "winback.digest": digest,
                    **({SIGNATURE_TAG: signature} if (signature := sign(digest)) else {}),
                    "winback.caveats": as_text(caveats),
                },
            )
            return to_ref(client.get_model_version(name, str(version.version)))


@dataclass
class TrainingRun(Run):
    """The parent run of a training; made by `training_run`.

    Attributes
    ----------
    name
        The job's name: the experiment's, and the first part of the registered models'.
    key
        The training's job key.
    reused
        This training was finished before: `versions` is complete, and there is nothing to do.
    resumed
        This training was started before and did not finish.
    versions
        The model versions that are there already, by model. Skip these.
    claim
        What keeps other trainings of the job away from the store meanwhile.
    """

    name: str
    key: str
    experiment_id: str
    reused: bool = False
    resumed: bool = False
    versions: dict[str, ModelVersionRef] = field(default_factory=dict)
    claim: Claim | None = field(default=None, repr=False)

    @contextmanager
    def model(self, model: str) -> Iterator[ModelRun]:
        """Open the nested run of one model, e.g. `churn`; it ends with the block.

        Raises
        ------
        RegistryError
            This training has registered the model already (see `versions`).
        """
        if model in self.versions:
            raise RegistryError(
                "this training has registered the model already", got=self.versions[model].label
            )
        run_id = _create_run(
            self.store,
            self.experiment_id,
            f"{self.name}-{model}",
            {_PARENT: self.run_id, "winback.model": model},
        )
        run = ModelRun(self.store, run_id, self, model)
        with _ending(run):
            yield run


@contextmanager
def training_run(
    store: Store,
    name: str,
    key: str,
    *,
    models: Sequence[str] = ROLES,
    tags: Mapping[str, str] | None = None,
    force: bool = False,
) -> Iterator[TrainingRun]:
    """Open the run of a training: a new one, or the one that was started with the same key.

    At the end of the block the alias `challenger` of each registered model moves to this
    training's version, and the run is finished. An error fails the run, and a later start with the
    same key resumes it. Meanwhile no other training of the job can begin, neither with this key
    nor with another (`winback.registry.claim`).

    Parameters
    ----------
    store
        An open store.
    name
        The job's name.
    key
        From `job_key`.
    models
        The models that this training will register. A finished run that lacks one is resumed.
    tags
        More to write on the run, e.g. the config's hash, the data's fingerprint, `as_of`.
    force
        Train again although a finished run with the same key exists.

    Raises
    ------
    RegistryError
        Another living process trains this job at the store.

    Examples
    --------
    Each model is trained once, however often the job is killed and started again::

        with training_run(store, "shop", key) as training:
            for model in ("value", "churn", "tiers"):
                if model not in training.versions:
                    with training.model(model) as run:
                        run.log_metrics({"mae": 1.5})
                        run.register(fitted[model])
    """
    experiment_id = store.experiment(name)
    with sole(store, experiment_id, "training") as claim:
        training = _take_up(store, name, key, experiment_id, models)
        if training is not None and training.reused and not force:
            _challenge(training)
            yield training
            return
        if training is None or training.reused:
            run_tags = {"winback.job_key": key, "winback.role": "training", **dict(tags or {})}
            run_id = _create_run(store, experiment_id, name, run_tags)
            training = TrainingRun(store, run_id, name, key, experiment_id)
        else:
            _clear_orphans(training)
        training.claim = claim
        with _ending(training):
            yield training
            _challenge(training)


@contextmanager
def _ending(run: Run) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        with suppress(RegistryError):  # the first failure is the one to report
            run.end("FAILED" if isinstance(error, Exception) else "KILLED")
        raise
    run.end("FINISHED")


def _challenge(training: TrainingRun) -> None:
    for ref in training.versions.values():
        set_alias(training.store, ref, CHALLENGER)


def _create_run(store: Store, experiment_id: str, name: str, tags: Mapping[str, str]) -> str:
    with guarded(store.uri):
        run = store.client.create_run(experiment_id, tags=dict(tags), run_name=name)
    return str(run.info.run_id)


def _take_up(
    store: Store, name: str, key: str, experiment_id: str, models: Sequence[str]
) -> TrainingRun | None:
    """Return the newest training of this key: finished with all `models`, or to be resumed."""
    with guarded(store.uri):
        runs = store.client.search_runs(
            [experiment_id],
            f"tags.`winback.job_key` = '{key}' AND tags.`winback.role` = 'training'",
            order_by=["attributes.start_time DESC"],
            max_results=1,
        )
    if not runs:
        return None
    info = runs[0].info
    versions = _versions(store, info.run_id)
    done = info.status == "FINISHED" and set(models) <= set(versions)
    return TrainingRun(
        store, info.run_id, name, key, experiment_id, done, not done, versions=versions
    )


def _versions(store: Store, run_id: str) -> dict[str, ModelVersionRef]:
    with guarded(store.uri):
        tagged = store.client.search_model_versions(f"tags.`winback.training_run` = '{run_id}'")
        refs = [to_ref(version) for version in tagged]
    return {ref.model: ref for ref in sorted(refs, key=lambda ref: -ref.version)}


def _clear_orphans(training: TrainingRun) -> None:
    """Take up a training that stopped half-way: keep what was completed, remove what was not."""
    store, client = training.store, training.store.client
    with guarded(store.uri):
        client.update_run(training.run_id, status="RUNNING")
        nested = client.search_runs(
            [training.experiment_id], f"tags.`{_PARENT}` = '{training.run_id}'"
        )
        logged = client.search_logged_models([training.experiment_id])
        for run in nested:
            if run.data.tags.get("winback.model") in training.versions:
                if run.info.status != "FINISHED":
                    client.set_terminated(run.info.run_id)
                continue
            for model in logged:
                if model.source_run_id == run.info.run_id:
                    client.delete_logged_model(model.model_id)
            trials = client.search_runs(
                [training.experiment_id], f"tags.`{_PARENT}` = '{run.info.run_id}'"
            )
            for trial in trials:
                client.delete_run(trial.info.run_id)
            client.delete_run(run.info.run_id)
