"""Draw the report from what the earlier steps left."""

from __future__ import annotations

from importlib.metadata import version
from io import StringIO
from typing import Any

import pandas as pd

from winback.workflows.aggregates import read_tracking
from winback.workflows.evaluate import read as read_evaluation
from winback.workflows.score import champions
from winback.workflows.session import Session, read_record

EVIDENCE = "evidence.csv"

_NAMES = {
    "BetaGeoModel": "BG/NBD",
    "GammaGammaModel": "Gamma-Gamma",
    "rate": "rate so far",
    "last_period": "last period again",
    "own_mean": "own mean spend",
    "pooled_mean": "mean spend of all",
}


def report(session: Session) -> dict[str, Any]:
    """Compute, draw and stage `report.html`, one offline file without customer identifiers.

    Returns
    -------
    dict
        The file's size, and the warnings that it shows.

    Raises
    ------
    UsageError
        There are no scores or lists yet.
    DataError
        They are of another date.
    """
    from winback.reports.compute import compute_report
    from winback.reports.figures import figures
    from winback.reports.page import write_data, write_report

    job, manifest = session.job, session.manifest
    scores = session.require("scores.parquet", "score")
    session.require("win_back_excluded.parquet", "lists")  # nearly everybody: its date is sure
    lists = {
        "churn_warning": pd.read_parquet(session.require("churn_warning.parquet", "lists")),
        "win_back": pd.read_parquet(session.require("win_back.parquet", "lists")),
        "win_back_control": _control(session),
        "win_back_summary": _win_back_facts(session),
        "churn_warning_summary": manifest.get("churn_warning"),
    }
    evaluation = read_evaluation(session)
    models = _models(session)
    if "intake" not in manifest:
        _ = session.transactions  # the counts of the intake
    with session.reporter.step("Drawing the report"):
        computed = compute_report(
            job={
                "name": job.name,
                "as_of": job.as_of,
                "currency": job.currency,
                "horizon_days": job.horizon_days,
                "value_horizon_days": job.value.horizon_days,
                "margin": job.margin,
                "active_within_days": job.churn.active_within_days,
                "defaults": session.loaded.defaults,
                "package_version": version("winback"),
            },
            intake=manifest["intake"],
            scores=scores,
            lists=lists,
            evaluation=evaluation.records,
            predictions=evaluation.predictions,
            groups=evaluation.groups,
            profit=evaluation.profit,
            evidence=_evidence(session),
            tiers=_of_today(session, "tiers.json"),
            models=models,
            tracking=read_tracking(session),
            warnings=[
                *evaluation.caveats,
                *(caveat for model in models for caveat in model["caveats"]),
                *(manifest.get("win_back") or {}).get("warnings", []),
            ],
        )
        write_data(computed, session.staged("report.json"))
        path = session.staged("report.html")
        write_report(computed, path, figures=figures(computed))
    size = path.stat().st_size
    session.reporter.say(f"report: {session.out / 'report.html'} ({size / 1e6:.1f} MB)")
    return {"bytes": size, "warnings": computed["warnings"]}


def _control(session: Session) -> pd.DataFrame:
    """Read back the comparison group, which is kept as CSV alone so that nobody sends to it."""
    style = session.job.lists
    path = session.require("win_back_control.csv", "lists")
    return pd.read_csv(path, sep=style.separator, decimal=style.decimal, dtype=str)


def _win_back_facts(session: Session) -> dict[str, Any]:
    """Put the summary of the win-back list into the report's words."""
    summary = session.manifest.get("win_back") or {}
    measures = summary.get("measures") or {}
    return {
        **summary,
        "spent": summary.get("budget_committed"),
        "expected_margin": summary.get("expected_incremental_margin"),
        "mde": measures.get("minimum_detectable_effect"),
        "needed_customers": measures.get("needed_customers"),
        "window_days": session.job.lists.win_back.window_days,
    }


def _evidence(session: Session) -> list[dict[str, Any]]:
    """Read how the churn champion's contest went, snapshot by snapshot, as its training kept it."""
    from winback.registry.aliases import resolve
    from winback.registry.artifacts import read_text

    model = champions(session)["churn"]
    text = read_text(
        session.store, resolve(session.store, f"{model.name}/{model.version}"), EVIDENCE
    )
    if not text:
        return []
    rows = pd.read_csv(StringIO(text)).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def _of_today(session: Session, name: str) -> dict[str, Any]:
    """Read a JSON result of the job's date; empty where there is none."""
    content = read_record(session.find(name))
    return content if content.get("as_of") == session.job.as_of.isoformat() else {}


def _models(session: Session) -> list[dict[str, Any]]:
    """Describe the champions, what there is to say about them, and whether a challenger waits."""
    from winback.registry.aliases import CHALLENGER, aliases_of, resolve
    from winback.registry.notes import CAVEATS, GATE, read_notes

    entries = []
    for role, model in champions(session).items():
        newest = aliases_of(session.store, model.name).get(CHALLENGER, model.version)
        champion = resolve(session.store, f"{model.name}/{model.version}")
        challenger = resolve(session.store, f"{model.name}/{newest}")
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
                "caveats": read_notes(champion, CAVEATS),
            }
        )
    return entries


def _value(model: Any) -> tuple[str, dict[str, Any]]:
    parts = [part for part in (model.purchase_model_, model.spend_model_) if part is not None]
    names = ("r_", "alpha_", "a_", "b_", "p_", "q_", "v_")
    parameters = {
        name.rstrip("_"): getattr(part, name)
        for part in parts
        for name in names
        if hasattr(part, name)
    }
    title = " and ".join(
        _NAMES.get(getattr(part, "rule", type(part).__name__), type(part).__name__)
        for part in parts
    )
    return title, parameters


def _churn(model: Any) -> tuple[str, dict[str, Any]]:
    parameters = {"calibration": model.calibration_, "features": len(model.input_columns_)}
    return model.selected_, parameters


def _tiers(model: Any) -> tuple[str, dict[str, Any]]:
    return "ValueTiers", {"tiers": ", ".join(model.names_)}


_DESCRIBE = {"value": _value, "churn": _churn, "tiers": _tiers}
