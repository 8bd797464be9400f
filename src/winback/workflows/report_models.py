"""What the report says of the models in use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import StringIO
from typing import TYPE_CHECKING, Any

import pandas as pd

from winback.messages import Message

if TYPE_CHECKING:
    from winback.config import Job
    from winback.registry.load import LoadedModel
    from winback.workflows.tracking import Tracking

EVIDENCE = "evidence.csv"
CHOICE, CONTEST = "choice.json", "contest.csv"
WHY = "choice.txt"  # before there was `CHOICE`

_NAMES = {
    "BetaGeoBetaBinomialModel": "beta_binomial",
    "BetaGeoModel": "beta_geo",
    "ModifiedBetaGeoModel": "modified_beta_geo",
    "ParetoNBDModel": "pareto_nbd",
    "RegularBetaGeoModel": "regular_beta_geo",
    "GammaGammaModel": "gamma_gamma",
}


def read_evidence(tracking: Tracking, model: LoadedModel) -> list[dict[str, Any]]:
    """Read how the churn champion's contest went, snapshot by snapshot, as its training kept it."""
    text = _kept(tracking, model, EVIDENCE)
    return rows_of(pd.read_csv(StringIO(text))) if text else []


def read_choice(job: Job, tracking: Tracking, model: LoadedModel) -> dict[str, Any] | None:
    """Read what the contest of the value champion's training chose, and why.

    None where the job names a model. An earlier version kept English, which is shown as it stands.
    """
    from winback.reports.value_choice import choice

    if job.value.purchase_model != "auto":
        return None
    if kept := _kept(tracking, model, CHOICE):
        record: dict[str, Any] = json.loads(kept)
        return record if "candidates" in record else None
    why, table = (_kept(tracking, model, file) for file in (WHY, CONTEST))
    if not why or not table:
        return None
    rows = rows_of(pd.read_csv(StringIO(table)))
    return choice(_value(model.estimator)[0], Message.of(why.strip()), rows)


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table's rows as dicts, whatever is missing as None."""
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def _kept(tracking: Tracking, model: LoadedModel, file: str) -> str | None:
    from winback.registry.artifacts import read_text

    return read_text(tracking.store, model.ref, file)


def describe_models(tracking: Tracking, used: Mapping[str, LoadedModel]) -> list[dict[str, Any]]:
    """Describe the champions, what there is to say about them, and whether a challenger waits."""
    from winback.registry.aliases import CHALLENGER, aliases_of, resolve
    from winback.registry.version_notes import CAVEATS, GATE, read_notes

    entries = []
    for role, model in used.items():
        newest = aliases_of(tracking.store, model.name).get(CHALLENGER, model.version)
        challenger = resolve(tracking.store, f"{model.name}/{newest}")
        estimator, parameters = _DESCRIBE[role](model.estimator)
        entries.append(
            {
                "name": model.name,
                "role": role,
                "version": model.version,
                "estimator": estimator,
                "parameters": parameters,
                "promoted": newest == model.version,
                "reasons": read_notes(challenger, GATE),
                "caveats": read_notes(model.ref, CAVEATS),
            }
        )
    return entries


def value_runs(job: Job, tracking: Tracking, champion: LoadedModel) -> list[dict[str, Any]]:
    """Read from the registry what the versions of the value model have found, the oldest first."""
    from winback.errors import WinbackError
    from winback.registry.aliases import CHALLENGER, aliases_of
    from winback.registry.artifacts import trained_on
    from winback.reports.charts.value_stability import MOST

    store = tracking.store
    newest = aliases_of(store, champion.name).get(CHALLENGER, champion.version)
    runs = []
    for version in range(max(newest - 2 * MOST, 0) + 1, newest + 1):
        try:
            loaded = tracking.version("value", version)
            model, day = loaded.estimator, trained_on(store, loaded.run_id)
        except WinbackError:  # deleted, or of another version of the package
            continue
        if day is not None and day <= job.as_of.isoformat():
            entry = {"version": version, "as_of": day, "estimator": _value(model)[0]}
            runs.append({**entry, "parameters": _intervals(model)})
    return runs


def _intervals(model: Any) -> list[dict[str, Any]]:
    """Return the fitted parameters of a value model with their 95% intervals."""
    rows = []
    for part in (model.purchase_model_, model.spend_model_):
        if hasattr(part, "confidence_intervals"):
            ends = part.confidence_intervals(0.95)
            rows += [
                {"name": name, "value": getattr(part, f"{name}_"), "low": low, "high": high}
                for name, low, high in ends.itertuples()
            ]
    return rows


def _value(model: Any) -> tuple[str, dict[str, Any]]:
    parts = [part for part in (model.purchase_model_, model.spend_model_) if part is not None]
    names = ("r_", "alpha_", "a_", "b_", "s_", "beta_", "p_", "q_", "v_")
    parameters = {
        name.rstrip("_"): getattr(part, name)
        for part in parts
        for name in names
        if hasattr(part, name)
    }
    title = "+".join(
        _NAMES.get(getattr(part, "rule", type(part).__name__), type(part).__name__)
        for part in parts
    )
    return candidate_of(model) or title, parameters


def candidate_of(model: Any) -> str | None:
    """Return which contestant a value model is, if any: its parts do not tell them all apart."""
    from winback.estimators.base.artifact import make, recipe_of
    from winback.evaluation.value_candidates import VALUE_CANDIDATES

    mine = recipe_of(model)
    for name, recipe in VALUE_CANDIDATES.items():
        named = recipe_of(make(recipe))
        same = all(named["params"][key] == mine["params"].get(key) for key in recipe["params"])
        if same and named["estimator"] == mine["estimator"]:
            return name
    return None


def _churn(model: Any) -> tuple[str, dict[str, Any]]:
    parameters = {"calibration": model.calibration_, "features": len(model.input_columns_)}
    return model.selected_, parameters


def _tiers(model: Any) -> tuple[str, dict[str, Any]]:
    return "ValueTiers", {"tiers": ", ".join(model.names_)}


_DESCRIBE = {"value": _value, "churn": _churn, "tiers": _tiers}
