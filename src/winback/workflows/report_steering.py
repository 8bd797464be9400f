"""What the report says of indicators, alerts and campaigns: what is there and still fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from winback.files import read_record
from winback.messages import Message
from winback.plain import records

if TYPE_CHECKING:
    from winback.config import LoadedJob
    from winback.reports.material import Steering
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables


def read_steering(
    settings: LoadedJob, tables: JobTables, results: Results, reporter: Reporter
) -> Steering:
    """Read what `winback run`, or the commands of the parts, left for the job's date.

    A part that was made of other settings or data than are in force is left out, and the command
    that makes it anew is named.
    """
    from winback.reports.material import Steering

    manifest, fits = results.manifest, dict[str, bool]()
    for part in ("indicators", "alerts", "channels", "campaigns"):
        made = part in (manifest.get("made") or {})
        fits[part] = made and results.is_current(part, data=tables.transactions.fingerprint)
        if made and not fits[part]:
            reporter.warn(Message("steering.stale", part=part, job=settings.path.name))
    facts = manifest.get("indicators", {})
    return Steering(
        board=_board(results, facts) if fits["indicators"] else None,
        alerts=read_record(results.find("alerts.json"))["alerts"] if fits["alerts"] else None,
        channels=manifest["channels"] if fits["channels"] else None,
        campaigns=_campaigns(settings, results) if fits["campaigns"] else None,
        left_out={
            "indicator": facts.get("left_out", {}) if fits["indicators"] else {},
            "steering": manifest.get("steering", {}).get("left_out", {}),
        },
    )


def _board(results: Results, facts: dict[str, Any]) -> dict[str, Any] | None:
    import pandas as pd

    from winback.reports.board import board_of

    path = results.find("indicators.parquet")
    if path is None:
        return None
    table = pd.read_parquet(path, filters=[("dimension", "==", "all")])
    return board_of(table, facts["board"], facts["grain"])


def _campaigns(settings: LoadedJob, results: Results) -> dict[str, Any] | None:
    import pandas as pd

    from winback.campaigns.decision import say_verdict

    path = results.find("campaigns.parquet")
    if path is None:
        return None
    rows = records(pd.read_parquet(path))
    for row in rows:
        row |= {name: str(row[name])[:10] for name in ("first_day", "last_day")}
        row["says"] = say_verdict(row).as_record()
    facts = results.manifest["campaigns"]
    return {"rows": rows, "horizon_days": settings.job.horizon_days, **facts}
