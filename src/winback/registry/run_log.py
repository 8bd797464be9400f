"""What can be logged to an MLflow run: settings, figures, texts, and which data went in."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any, Final

from winback.masking import mask
from winback.messages import as_records
from winback.plain import plain
from winback.registry.guard import guarded, load_mlflow
from winback.registry.store import Store

_BATCH: Final = 100  # MLflow takes at most 100 parameters in one call


@dataclass
class Run:
    """One MLflow run, and what can be logged to it."""

    store: Store
    run_id: str

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Log settings; nested ones under dotted names, addresses without their passwords."""
        mlflow = load_mlflow()
        flat = [
            mlflow.entities.Param(key, mask(str(value))) for key, value in _flat(params).items()
        ]
        with guarded(self.store.uri):
            for start in range(0, len(flat), _BATCH):
                self.store.client.log_batch(self.run_id, params=flat[start : start + _BATCH])

    def log_metrics(self, metrics: Mapping[str, float | None], split: str | None = None) -> None:
        """Log measured figures, under `SPLIT/NAME` when they belong to a split.

        `None` and NaN are left out: a figure that is missing is to be missed.
        """
        mlflow = load_mlflow()
        now = int(time.time() * 1000)
        named = {f"{split}/{key}" if split else key: value for key, value in metrics.items()}
        entities = [
            mlflow.entities.Metric(_metric_name(key), float(value), now, 0)
            for key, value in plain(named).items()
            if value is not None
        ]
        with guarded(self.store.uri):
            for start in range(0, len(entities), _BATCH):
                self.store.client.log_batch(self.run_id, metrics=entities[start : start + _BATCH])

    def log_text(self, text: str, file: str) -> None:
        """Keep `text` as the run's artifact `file`."""
        with guarded(self.store.uri):
            self.store.client.log_text(self.run_id, text, file)

    def log_dict(self, content: Mapping[str, Any], file: str) -> None:
        """Keep `content`, messages as records, as the run's artifact `file` (`.json`, `.yaml`)."""
        with guarded(self.store.uri):
            self.store.client.log_dict(self.run_id, as_records(content), file)

    def log_figure(self, figure: Any, file: str) -> None:
        """Keep a plotly figure as the run's artifact `file` (`.html`)."""
        with guarded(self.store.uri):
            self.store.client.log_figure(self.run_id, figure, file)

    def log_dataset(
        self,
        name: str,
        *,
        fingerprint: str,
        source: str,
        profile: Mapping[str, Any],
        columns: Mapping[str, str] | None = None,
    ) -> None:
        """Record which data went in: a name, a digest and counts, never a row.

        Parameters
        ----------
        name
            The table, e.g. `transactions`.
        fingerprint
            Its digest (at most 36 characters).
        source
            Where it came from; passwords are removed.
        profile
            Counts and dates that describe it.
        columns
            Its columns and their types.
        """
        entities = load_mlflow().entities
        dataset = entities.Dataset(
            name=name,
            digest=fingerprint,
            source_type="code",  # MLflow's type for a source that it does not reload by itself
            source=json.dumps({"tags": {"source": mask(source)}}),
            schema=json.dumps(
                {
                    "mlflow_colspec": [
                        {"name": key, "type": kind, "required": True}
                        for key, kind in (columns or {}).items()
                    ]
                }
            ),
            profile=json.dumps(dict(profile), default=str),
        )
        tags = [entities.InputTag("mlflow.data.context", "training")]
        with guarded(self.store.uri):
            self.store.client.log_inputs(self.run_id, [entities.DatasetInput(dataset, tags)])

    def end(self, status: str) -> None:
        """Close the run as `FINISHED`, `FAILED` or `KILLED`."""
        with guarded(self.store.uri):
            self.store.client.set_terminated(self.run_id, status)


def _flat(params: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in params.items():
        parts = asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
        if isinstance(parts, Mapping):
            flat.update(_flat(parts, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _metric_name(name: str) -> str:
    return re.sub(r"[^\w\-. /:]", "_", name)
