"""Read what a store holds: the trainings of a job, and the versions of a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from winback.registry.aliases import ModelVersionRef, aliases_of, to_ref
from winback.registry.artifacts import metrics
from winback.registry.guard import guarded
from winback.registry.store import Store, open_store
from winback.registry.version_notes import CAVEATS, read_notes

_SUFFIXES = ("worse_low", "worse_high", "worse", "low", "high")
_SCORE_COLUMNS = [
    *("target", "model", "chosen", "metric", "value"),
    *("low", "high", "worse", "worse_low", "worse_high"),
]


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
        Indexed by ``version``: ``aliases, as_of``, ``choice`` (the model that the contest chose),
        ``digest, caveats``, and a column for each figure of the fit itself, such as
        ``log_likelihood``. What contests measured is in `version_scores`.
    """
    opened = _opened(store)
    aliases = aliases_of(opened, name)
    refs = _newest_first(opened, name)
    with guarded(opened.uri):
        days = {ref.run_id: opened.client.get_run(ref.run_id).data.tags for ref in refs}
    rows = [
        {
            "version": ref.version,
            "aliases": ", ".join(
                sorted(key for key, number in aliases.items() if number == ref.version)
            ),
            "as_of": days[ref.run_id].get("winback.as_of"),
            "choice": choice_of(opened, ref),
            "digest": ref.digest[:12],
            "caveats": "; ".join(map(str, read_notes(ref, CAVEATS))),
            **{name: value for name, value in metrics(opened, ref).items() if "/" not in name},
        }
        for ref in refs
    ]
    columns = ["version", "aliases", "as_of", "choice", "digest", "caveats"]
    return pd.DataFrame(rows, columns=None if rows else columns).set_index("version")


def version_scores(name: str, store: Store | str | None = None) -> pd.DataFrame:
    """List what the contests of a registered model's versions measured, a row a figure.

    Parameters
    ----------
    name
        The registered model, such as ``shop-churn``.
    store
        As of `runs`.

    Returns
    -------
    DataFrame
        ``version`` (the newest first), ``target``, ``model``, ``chosen`` (whether that is the model
        that the version holds), ``metric``, ``value``; its 95% interval ``low, high``; and ``worse,
        worse_low, worse_high``: how much more the model loses than the chosen one. Missing where
        they were not measured. Versions were judged on windows of their own: only what stands
        within one version compares.

    Examples
    --------
    >>> version_scores("shop-churn", "sqlite:///nowhere/mlflow.db")
    Traceback (most recent call last):
    ...
    winback.errors.RegistryError: there is no model store here (at sqlite:///...). Next: ...
    """
    opened = _opened(store)
    refs = _newest_first(opened, name)
    tables = [
        tidy(metrics(opened, ref), choice_of(opened, ref)).assign(version=ref.version)
        for ref in refs
    ]
    columns = ["version", *_SCORE_COLUMNS]
    if not tables:
        return pd.DataFrame(columns=columns)
    return pd.concat(tables, ignore_index=True)[columns]


def _newest_first(store: Store, name: str) -> list[ModelVersionRef]:
    with guarded(store.uri):
        versions = store.client.search_model_versions(f"name = '{name}'")
    return sorted(map(to_ref, versions), key=lambda ref: -ref.version)


def tidy(logged: Mapping[str, float], choice: str | None) -> pd.DataFrame:
    """Lay the metrics of one version out, a row a figure; those of the fit itself are left out.

    Parameters
    ----------
    logged
        ``target/metric`` of the model that the version holds, ``target/model/metric`` of the
        others; an end of an interval, or a loss beside the chosen model's, has its suffix.
    choice
        What the version holds.

    Examples
    --------
    >>> logged = {"churn/auc": 0.7, "churn/auc_low": 0.6, "churn/zero/auc_worse": 0.2, "level": 1}
    >>> columns = ["model", "chosen", "metric", "value", "low", "worse"]
    >>> tidy(logged, "blend")[columns].values.tolist()
    [['blend', True, 'auc', 0.7, 0.6, nan], ['zero', False, 'auc', nan, nan, 0.2]]
    """
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for name, value in logged.items():
        if "/" not in name:
            continue
        target, *model, last = name.split("/")
        suffix = next((each for each in _SUFFIXES if last.endswith(f"_{each}")), None)
        metric, column = (last.removesuffix(f"_{suffix}"), suffix) if suffix else (last, "value")
        chosen = not model or model[0] == choice
        key = (target, model[0] if model else str(choice), metric)
        row = rows.setdefault(
            key, {"target": target, "model": key[1], "chosen": chosen, "metric": metric}
        )
        row[column] = value
    table = pd.DataFrame(list(rows.values()), columns=_SCORE_COLUMNS)
    return table.sort_values(["target", "model", "metric"]).reset_index(drop=True)


def choice_of(store: Store, ref: ModelVersionRef) -> str | None:
    """Return which model the contest chose for a version; None where it was not written down."""
    with guarded(store.uri):
        version = store.client.get_model_version(ref.name, str(ref.version))
        choice: str | None = store.client.get_run(str(version.run_id)).data.params.get("choice")
    return choice


def _opened(store: Store | str | None) -> Store:
    return store if isinstance(store, Store) else open_store(store, create=False)
