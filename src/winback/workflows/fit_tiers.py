"""The value tiers of a job: learned on everything known, judged on a held-out past."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from winback.errors import ModelError, NotEnoughDataError
from winback.files import read_record
from winback.messages import Message, as_records
from winback.plain import records
from winback.workflows.evaluate import Evaluation, churn_settings
from winback.workflows.fitting import Fitted

if TYPE_CHECKING:
    import pandas as pd

    from winback.config import Job
    from winback.estimators.tiers.value_tiers import ValueTiers
    from winback.estimators.value.customer_value import CustomerValueModel
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables
    from winback.workflows.tracking import Tracking

RECORD = "tiers.json"


def fit_tiers(
    job: Job, tracking: Tracking, frame: pd.DataFrame, value: CustomerValueModel
) -> Fitted:
    """Learn the value tiers, their identities matched to the champion's where there is one."""
    from winback.errors import RegistryError
    from winback.estimators.tiers.value_tiers import ValueTiers
    from winback.evaluation.tier_quality import with_worth

    previous, caveats = None, list[Message]()
    try:
        previous = tracking.earlier("tiers")
    except RegistryError as error:
        caveats.append(Message("cut.anew", why=Message.of_error(error)))
    unfitted = ValueTiers(**job.tiers.model_dump(), random_state=job.random_state)
    tiers = unfitted.fit(with_worth(frame, value), previous=previous)
    caveats += [tiers.note_] if tiers.note_ else []
    reasons = Message("cut.named", n=len(tiers.names_), tiers=tiers.names_)
    metrics = {
        "stability": tiers.stability_,
        "separation": tiers.separation_,
        "separation_reference": tiers.separation_reference_,
        "tiers": float(len(tiers.names_)),
    }
    return Fitted(tiers, job.tiers.scheme, reasons, tuple(caveats), metrics)


def judge_tiers(
    job: Job,
    tables: JobTables,
    results: Results,
    evaluation: Evaluation,
    value: CustomerValueModel,
    tiers: ValueTiers,
) -> dict[str, Any]:
    """Judge the tiers on the days that the gate judges them on, and stage what was found.

    Returns
    -------
    dict
        Plain data; ``held_out`` is None where history is too short, and ``held_out_note`` says so.
    """
    from winback.evaluation.tier_quality import migration_since

    horizon_days = job.value.horizon_days
    window, note = tables.past.last_window(horizon_days)
    held_out = None
    if window is not None:
        try:
            held_out = _held_out(
                job, tables, window, _value_recipe(tables, evaluation, value), tiers
            )
        except (ModelError, NotEnoughDataError) as error:
            note = Message("said_because", said=note, why=Message.of_error(error))
    selection = tiers.selection_
    content: dict[str, Any] = {
        "as_of": job.as_of.isoformat(),
        "training_key": tables.training_key,
        "tiers": list(tiers.names_),
        "note": tiers.note_,
        "stability": tiers.stability_,
        "separation": tiers.separation_,
        "separation_reference": tiers.separation_reference_,
        "profile": records(tiers.profile_.reset_index()),
        "selection": None if selection is None else records(selection.reset_index()),
        "held_out": held_out,
        "held_out_note": note,
        "migration": migration_since(
            tables.past,
            horizon_days=horizon_days if window is None else window.horizon_days,
            tiers=tiers,
            value=value,
        ),
    }
    content = as_records(content)
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    results.staged(RECORD).write_text(text + "\n", encoding="utf-8")
    return content


def ensure_judged(
    job: Job,
    tables: JobTables,
    results: Results,
    tracking: Tracking,
    reporter: Reporter,
    evaluation: Evaluation,
    versions: Mapping[str, int],
) -> None:
    """Judge registered tiers again where the record of this training is not there (any more)."""
    if read_record(results.find(RECORD)).get("training_key") == tables.training_key:
        return
    value, tiers = (tracking.version(role, versions[role]).estimator for role in ("value", "tiers"))
    with reporter.step(Message("doing.judge_tiers")):
        judge_tiers(job, tables, results, evaluation, value, tiers)


def _held_out(
    job: Job, tables: JobTables, window: Any, value_recipe: dict[str, Any], tiers: ValueTiers
) -> dict[str, Any]:
    from winback.estimators.base.artifact import recipe_of
    from winback.evaluation.tier_quality import tier_quality

    return tier_quality(
        tables.past,
        window,
        tiers_recipe=recipe_of(tiers),
        value_recipe=value_recipe,
        churn_horizon_days=tables.churn_horizon_days,
        churn=churn_settings(job),
        random_state=job.random_state,
    )


def _value_recipe(
    tables: JobTables, evaluation: Evaluation, value: CustomerValueModel
) -> dict[str, Any]:
    """Return the recipe that the contest chose at the cut-off; the model's own if none did.

    The model's own was chosen on days that the tiers are judged on.
    """
    from winback.estimators.base.artifact import recipe_of
    from winback.evaluation.value_candidates import VALUE_CANDIDATES

    own = recipe_of(value)
    target = "revenue" if tables.transactions.has_amounts else "purchases"
    chosen = [
        record["model"]
        for record in evaluation.records
        if record["target"] == target and record.get("chosen")
    ]
    if not chosen or chosen[0] not in VALUE_CANDIDATES:
        return own
    return {**own, "params": {**own["params"], **VALUE_CANDIDATES[chosen[0]]["params"]}}
