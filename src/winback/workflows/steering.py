"""What a team steers by, as far as the job's tables allow: indicators, alerts, campaigns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from winback.messages import Message
from winback.workflows.alerts import alerts
from winback.workflows.campaigns import campaigns
from winback.workflows.channels import channels, no_channels
from winback.workflows.identities import identities
from winback.workflows.indicators import stage_indicators

if TYPE_CHECKING:
    from winback.config import Job, LoadedJob
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables


def steering(
    settings: LoadedJob, job: Job, tables: JobTables, results: Results, reporter: Reporter
) -> dict[str, Any]:
    """Stage the indicators, what is open of the alerts, what channels and campaigns brought.

    Returns
    -------
    dict
        ``indicators``: how many rows; ``alerts`` and, where there are tables for them,
        ``identities``, ``campaigns`` and ``channels``: see the commands of that name;
        ``left_out``: for which part there is none, and why.
    """
    made = stage_indicators(settings, job, tables, results, reporter)
    watched = alerts(settings, job, tables, results, reporter, made=made)
    done: dict[str, Any] = {
        "indicators": sum(len(one.table) for one in made.values()),
        "alerts": watched["alerts"],
    }
    left_out: dict[str, Message] = {}
    if tables.persons is not None:
        done["identities"] = identities(tables, results, reporter)
    if (why := _no_campaigns(tables)) is None:
        done["campaigns"] = campaigns(job, tables, results, reporter)
    else:
        left_out["campaigns"] = why
    if (why := no_channels(tables)) is None:
        done["channels"] = channels(job, tables, results, reporter)["channels"]
    else:
        left_out["channels"] = why
    for part, why in left_out.items():
        reporter.say(Message("steering.left_out", part=part, reason=why))
    kept = {part: why.as_record() for part, why in left_out.items()}
    results.manifest["steering"] = {"left_out": kept}
    return {**done, "left_out": kept}


def _no_campaigns(tables: JobTables) -> Message | None:
    """Return why past campaigns cannot be judged; None: they can."""
    if tables.contacts is None:
        return Message("steering.no_contacts")
    if "arm" not in tables.contacts.columns:
        return Message("steering.no_arm")
    return None
