"""How a job stands: its last good run, its champions, what is open, and what has grown stale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from winback.files import read_record
from winback.messages import Message
from winback.processes import lives
from winback.publishing.result_folder import MANIFEST, pointed
from winback.roles import ROLES

if TYPE_CHECKING:
    from winback.config import LoadedJob


@dataclass(frozen=True)
class Freshness:
    """How old things may be.

    Attributes
    ----------
    results_days
        Days that the results' date may lie back.
    models_days
        Days that the last day known to a champion may lie back.
    """

    results_days: int = 2
    models_days: int = 92


def status(
    settings: LoadedJob, out: Path | None, now: datetime, limits: Freshness
) -> dict[str, Any]:
    """Say how a job stands; nothing is locked and nothing changed.

    Parameters
    ----------
    settings
        The job.
    out
        The output folder. Unset: the job's.
    now
        The time, with its zone.
    limits
        How old things may be.

    Returns
    -------
    dict
        `run` (the results' date, when they were published, and how old they are), `at_work` (the
        process that works on them, or was killed), `champions` (version, last day known to it, age
        in days), `performance` (what was sold and expected in the last window that was judged),
        `alerts` (those that fire), and `problems`: messages; none where all is well.
    """
    folder = Path(out or settings.job.output or Path("outputs") / settings.job.name)
    today = now.date()
    version = pointed(folder)
    manifest = read_record(version and version / MANIFEST)
    firing = [
        alert
        for alert in read_record(version and version / "alerts.json").get("alerts", [])
        if alert["status"] == "firing" and not alert["silenced_until"]
    ]
    stands: dict[str, Any] = {
        "folder": str(folder),
        "run": _run(version, manifest, now),
        "at_work": _at_work(folder),
        "champions": _champions(settings, today),
        "performance": _performance(read_record(version and version / "tracking.json")),
        "alerts": [
            {key: alert[key] for key in ("rule", "severity", "segment", "days_open", "owner")}
            for alert in firing
        ],
    }
    return {**stands, "problems": _problems(stands, limits)}


def _run(version: Path | None, manifest: Mapping[str, Any], now: datetime) -> dict[str, Any] | None:
    if version is None or not manifest:
        return None
    published = datetime.fromtimestamp((version / MANIFEST).stat().st_mtime, UTC)
    return {
        "as_of": manifest["as_of"],
        "age_days": (now.date() - date.fromisoformat(manifest["as_of"])).days,
        "published_at": published.isoformat(timespec="seconds"),
        "hours_since": round((now - published).total_seconds() / 3600, 1),
        "seconds": manifest.get("seconds"),
        "rows": manifest.get("rows"),
    }


def _at_work(folder: Path) -> dict[str, Any] | None:
    """Return the process that holds the folder, and whether it is there; None: nobody."""
    beat = read_record(folder / ".lock")
    if not beat:
        return None
    is_there = lives(beat["machine"], beat["pid"], beat["born"], beat["beat"])
    return {**{key: beat[key] for key in ("host", "pid", "since", "beat")}, "lives": is_there}


def _champions(settings: LoadedJob, today: date) -> dict[str, Any]:
    from winback.errors import RegistryError
    from winback.registry.aliases import CHAMPION, aliases_of, resolve
    from winback.registry.artifacts import trained_on
    from winback.registry.store import open_store

    tracking = settings.job.tracking
    try:
        store = open_store(tracking.uri, artifacts=tracking.artifacts, create=False)
    except RegistryError as error:
        return {"unreachable": str(error)}
    champions = {}
    for role in ROLES:
        name = f"{settings.job.name}-{role}"
        if CHAMPION in aliases_of(store, name):
            ref = resolve(store, f"{name}@{CHAMPION}")
            day = trained_on(store, ref.run_id)
            age = None if day is None else (today - date.fromisoformat(day)).days
            champions[role] = {
                "name": name,
                "version": ref.version,
                "trained_on": day,
                "age_days": age,
            }
    return champions


def _performance(tracking: Mapping[str, Any]) -> dict[str, Any] | None:
    """Add up what was sold, and what was expected, on the days that the models had not seen."""
    days = [day for day in tracking.get("past", []) if day["held_out"]]
    if not days:
        return None
    sold, expected = (sum(day[key] for day in days) for key in ("actual", "expected"))
    return {
        "since": days[0]["day"],
        "until": days[-1]["day"],
        "purchases": sold,
        "expected": round(expected, 1),
    }


def _problems(stands: Mapping[str, Any], limits: Freshness) -> list[Message]:
    run, work, champions = stands["run"], stands["at_work"], stands["champions"]
    problems = []
    if run is None:
        problems.append(Message("status.no_run", folder=stands["folder"]))
    elif run["age_days"] > limits.results_days:
        as_of, days, limit = run["as_of"], run["age_days"], limits.results_days
        problems.append(Message("status.old_run", as_of=as_of, days=days, limit=limit))
    if work is not None and not work["lives"]:
        problems.append(Message("status.killed", pid=work["pid"], host=work["host"]))
    if "unreachable" in champions:
        problems.append(Message("status.no_store", said=champions["unreachable"]))
    else:
        if missing := [role for role in ROLES if role not in champions]:
            problems.append(Message("status.no_champion", names=", ".join(missing)))
        for champion in champions.values():
            if (champion["age_days"] or 0) > limits.models_days:
                name, version = champion["name"], champion["version"]
                days, limit = champion["age_days"], limits.models_days
                problems.append(
                    Message("status.old_model", name=name, version=version, days=days, limit=limit)
                )
    if red := [alert["rule"] for alert in stands["alerts"] if alert["severity"] == "red"]:
        problems.append(Message("status.red", rules=", ".join(red)))
    return problems


def lines(stands: Mapping[str, Any]) -> list[Message]:
    """Say in lines how a job stands, the problems last.

    Parameters
    ----------
    stands
        What `status` returned.

    Examples
    --------
    >>> nobody = dict.fromkeys(("run", "at_work", "performance"))
    >>> [str(line) for line in lines({**nobody, "champions": {}, "alerts": [], "problems": []})]
    ['all is well']
    """
    said = []
    if run := stands["run"]:
        said.append(Message("status.run", as_of=run["as_of"], age_days=run["age_days"]))
        said.append(Message("status.published", at=run["published_at"], hours=run["hours_since"]))
    if (work := stands["at_work"]) and work["lives"]:
        pid, host, since = work["pid"], work["host"], work["since"]
        said.append(Message("status.at_work", pid=pid, host=host, since=since))
    for champion in (stands["champions"].get(role) for role in ROLES):
        if champion:
            name, version = champion["name"], champion["version"]
            day, days = champion["trained_on"], champion["age_days"]
            said.append(Message("status.champion", name=name, version=version, day=day, days=days))
    if judged := stands["performance"]:
        since, until = judged["since"], judged["until"]
        sold, foreseen = judged["purchases"], judged["expected"]
        said.append(
            Message(
                "status.performance", since=since, until=until, purchases=sold, expected=foreseen
            )
        )
    for alert in stands["alerts"]:
        rule, colour, days = alert["rule"], alert["severity"], alert["days_open"]
        owner = alert["owner"] or "-"
        said.append(
            Message("status.alert", rule=rule, severity=colour, days_open=days, owner=owner)
        )
    return [*said, *(stands["problems"] or [Message("status.well")])]
