"""Read what a store holds: the trainings of a job, and the versions of a model."""

from __future__ import annotations

import pandas as pd

from winback.registry.aliases import aliases_of, to_ref
from winback.registry.artifacts import metrics
from winback.registry.guard import guarded
from winback.registry.notes import CAVEATS, read_notes
from winback.registry.store import Store, open_store


def runs(name: str, store: Store | str | None = None) -> pd.DataFrame:
    """List the trainings of a job, the newest first.

    Parameters
    ----------
    name
        The job's name: the experiment's.
    store
        An open store, or its address; by default the one under the working directory.

    Returns
    -------
    DataFrame
        ``run_id, as_of, status, started`` and ``versions`` (of which models it made which).

    Examples
    --------
    >>> runs("shop", "sqlite:///nowhere/mlflow.db")
    Traceback (most recent call last):
    ...
    winback.errors.RegistryError: there is no model store here (at sqlite:///...). Next: ...
    """
    opened = _opened(store)
    with guarded(opened.uri):
        experiment = opened.client.get_experiment_by_name(name)
        trainings = (
            opened.client.search_runs(
                [experiment.experiment_id],
                "tags.`winback.role` = 'training'",
                order_by=["attributes.start_time DESC"],
            )
            if experiment
            else []
        )
        made = {
            run.info.run_id: opened.client.search_model_versions(
                f"tags.`winback.training_run` = '{run.info.run_id}'"
            )
            for run in trainings
        }
    rows = [
        {
            "run_id": run.info.run_id,
            "as_of": run.data.tags.get("winback.as_of"),
            "status": run.info.status.lower(),
            "started": pd.Timestamp(run.info.start_time, unit="ms"),
            "versions": ", ".join(sorted(f"{v.name}/{v.version}" for v in made[run.info.run_id])),
        }
        for run in trainings
    ]
    return pd.DataFrame(rows, columns=["run_id", "as_of", "status", "started", "versions"])


def versions(name: str, store: Store | str | None = None) -> pd.DataFrame:
    """List the versions of a registered model, the newest first.

    Parameters
    ----------
    name
        The registered model, such as ``shop-churn``.
    store
        As of `runs`.

    Returns
    -------
    DataFrame
        Indexed by ``version``: ``aliases, as_of, digest, caveats``, and a column for each metric
        that its training logged.
    """
    opened = _opened(store)
    aliases = aliases_of(opened, name)
    with guarded(opened.uri):
        refs = [to_ref(v) for v in opened.client.search_model_versions(f"name = '{name}'")]
        days = {ref.run_id: opened.client.get_run(ref.run_id).data.tags for ref in refs}
    rows = [
        {
            "version": ref.version,
            "aliases": ", ".join(
                sorted(key for key, number in aliases.items() if number == ref.version)
            ),
            "as_of": days[ref.run_id].get("winback.as_of"),
            "digest": ref.digest[:12],
            "caveats": "; ".join(map(str, read_notes(ref, CAVEATS))),
            **metrics(opened, ref),
        }
        for ref in sorted(refs, key=lambda ref: -ref.version)
    ]
    columns = ["version", "aliases", "as_of", "digest", "caveats"]
    return pd.DataFrame(rows, columns=None if rows else columns).set_index("version")


def _opened(store: Store | str | None) -> Store:
    return store if isinstance(store, Store) else open_store(store, create=False)
