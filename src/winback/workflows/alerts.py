"""Watch the indicators by rules: what is open, whose it is, what to do; or rehearse the rules."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from winback.messages import Message, Words
from winback.plain import plain, records

if TYPE_CHECKING:
    import pandas as pd

    from winback.config import Job, LoadedJob
    from winback.indicators.over_time import Indicators
    from winback.lists.columns import Columns
    from winback.monitoring.alerts import Alert
    from winback.monitoring.rules import RulesFile
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables

FILES = ("alerts.json", "alerts.csv")
YEAR: Final = 365
COLUMNS: Columns = {
    "severity": "text",
    "status": "text",
    "indicator": "text",
    "segment": "text",
    "value": "number",
    "expected": "number",
    "opened": "date",
    "days_open": "count",
    "owner": "text",
    "next_step": "text",
    "overdue": "text",
    "rule": "text",
    "at_stake": "money",
    "due": "date",
}


def alerts(
    settings: LoadedJob,
    job: Job,
    tables: JobTables,
    results: Results,
    reporter: Reporter,
    *,
    test: bool = False,
    made: Mapping[str, Indicators] | None = None,
) -> dict[str, Any]:
    """Stage `alerts.json` and `alerts.csv`: what is open at `as_of`; or rehearse the rules.

    Parameters
    ----------
    test
        Stage nothing; replay the last year as if the rules had been on, and say how often each
        would have fired, and how soon it would see a lasting fall of 30%.
    made
        The job's indicators by grain, where they are there already.

    Returns
    -------
    dict
        ``alerts``: those that fire or wait, the gravest first; or ``rehearsal``: one row a rule.
    """
    rules, notes = read_watch(settings, job)
    words = Words(job.language, job.currency, job.amounts)
    table = _table(settings, job, tables, results, reporter, rules, made or {})
    if test:
        return {"rehearsal": _rehearsal(table, rules, job.as_of, reporter)}
    current, nothing = _current(table, rules, notes, job.as_of)
    for missing in nothing:
        reporter.warn(missing)
    rows = [_row(case, job, table) for case in current]
    _stage(rows, results, job, words)
    results.manifest["alerts"] = {"rules": len(rules.rules)}
    results.record("alerts", data=tables.transactions.fingerprint)
    opened = [case for case in current if case.is_open]
    heading = Message(
        "alerts.heading",
        open=len(opened),
        as_of=job.as_of,
        pending=len(current) - len(opened),
        rules=len(rules.rules),
    )
    reporter.say(heading)
    for case, row in zip(current, rows, strict=True):
        reporter.say(Message("item", said=_say(case, row, job.as_of)))
    return {"alerts": rows, "watching_nothing": [missing.as_record() for missing in nothing]}


def read_watch(settings: LoadedJob, job: Job) -> tuple[RulesFile, list[Any]]:
    """Read the rules that are on, and what people wrote down; whatever is wrong is said now.

    Raises
    ------
    ConfigError
        A file cannot be read, or a rule names what does not exist.
    """
    from winback.workflows.indicators import job_catalogue

    rules = _rules(settings, job, list(job_catalogue(settings, job)))
    return rules, _notes(settings, job, rules)


def _rules(settings: LoadedJob, job: Job, indicators: Sequence[str]) -> RulesFile:
    from winback.monitoring.rules import read_rules

    own = Path(settings.resolve(job.alerts.rules)) if job.alerts.rules else None
    return read_rules(own, job.alerts.presets, indicators=indicators)


def _notes(settings: LoadedJob, job: Job, rules: RulesFile) -> list[Any]:
    from winback.monitoring.alert_notes import read_notes

    if job.alerts.notes is None:
        return []
    return read_notes(Path(settings.resolve(job.alerts.notes)), [rule.id for rule in rules.rules])


def _table(
    settings: LoadedJob,
    job: Job,
    tables: JobTables,
    results: Results,
    reporter: Reporter,
    rules: RulesFile,
    made: Mapping[str, Indicators],
) -> pd.DataFrame:
    """Compute what the rules watch, at their grains, where it is not there already."""
    import pandas as pd

    from winback.workflows.indicators import compute

    wanted = {rule.grain: None for rule in rules.rules} or {"week": None}
    grains = [grain for grain in wanted if grain not in made]
    watched = {rule.dimension for rule in rules.rules}
    segments = tuple(name for name in job.indicators.segments if name in watched)
    asked = job.indicators.model_copy(update={"grains": tuple(grains), "segments": segments})
    made = {
        **made,
        **compute(
            settings,
            job.model_copy(update={"indicators": asked}),
            tables,
            results,
            reporter,
            only={rule.indicator for rule in rules.rules} | {"orders", "revenue"},
        ),
    }
    return pd.concat([made[grain].table for grain in wanted], ignore_index=True)


def _current(
    table: pd.DataFrame, rules: RulesFile, notes: Sequence[Any], as_of: date
) -> tuple[list[Alert], list[Message]]:
    """Return the alerts that fire or wait, and which rules have nothing to watch."""
    from winback.monitoring.alerts import current_alerts, replay
    from winback.monitoring.conditions import judge

    cases, nothing = list[Any](), []
    for rule in rules.rules:
        subjects = judge(table, rule, rules.benchmarks)
        cases += [case for subject in subjects for case in replay(subject)]
        if not subjects:
            reason = Message("alerts.no_rows", indicator=rule.indicator, dimension=rule.dimension)
            nothing.append(Message("alerts.no_subject", rule=rule.id, reason=reason))
    return current_alerts(cases, notes, as_of=as_of), nothing


def _row(case: Alert, job: Job, table: pd.DataFrame) -> dict[str, Any]:
    from winback.monitoring.stakes import revenue_at_stake

    units = dict(zip(table["indicator"], table["unit"], strict=True))
    as_of, step = job.as_of, _next(case, job.as_of)
    revenue = revenue_at_stake(case, table)
    return {
        "rule": case.rule.id,
        "kind": case.kind,
        "severity": case.severity,
        "status": case.status,
        "indicator": case.rule.indicator,
        "dimension": case.rule.dimension,
        "segment": case.segment,
        "value": plain(case.value),
        "expected": plain(case.expected),
        "began": case.began.isoformat(),
        "opened": case.opened and case.opened.isoformat(),
        "days_open": case.days_open(as_of),
        "owner": case.rule.owner,
        "priority": case.rule.priority,
        "next_step": step and step[1],
        "within_hours": step and step[0],
        "overdue": case.overdue,
        "acknowledged": case.acknowledged,
        "silenced_until": case.silenced and case.silenced.isoformat(),
        "hidden_by": case.hidden_by,
        "pause": case.rule.pause,
        "source": case.rule.source,
        "annotations": dict(case.rule.annotations),
        "grain": case.rule.grain,
        "unit": units[case.rule.indicator],
        "at_stake": None if revenue is None else plain(job.margin * revenue),
        "due": step and case.opened and _due(case.opened, step[0]).isoformat(),
    }


def _next(case: Alert, as_of: date) -> tuple[int, str] | None:
    """Return the next step whose deadline has not passed, and its hours."""
    if case.opened is None:
        return None
    passed = 24 * (as_of - case.opened).days
    steps = sorted(case.rule.respond, key=lambda step: step.within_hours)
    ahead = [step for step in steps if step.within_hours >= passed]
    return (ahead[0].within_hours, ahead[0].do) if ahead else None


def _due(opened: date, hours: int) -> date:
    """Return the day in which a deadline lies; hours count from the end of the day it opened."""
    return opened + timedelta(days=max(1, -(-hours // 24)))


def _stage(rows: Sequence[dict[str, Any]], results: Results, job: Job, words: Words) -> None:
    import pandas as pd

    from winback.lists.write import write_csv

    document = {"as_of": job.as_of.isoformat(), "alerts": list(rows)}
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    results.staged(FILES[0]).write_text(text + "\n", encoding="utf-8")
    frame = pd.DataFrame(list(rows), columns=list(COLUMNS))
    for name in ("opened", "due"):
        frame[name] = pd.to_datetime(frame[name])
    named = {"next_step": "respond", "overdue": "respond"}
    for name in ("severity", "status", "indicator", "owner", *named):
        kind = named.get(name, name)
        frame[name] = [text and words.label(kind, text) for text in frame[name]]
    write_csv(frame, results.staged(FILES[1]), COLUMNS, bom=True)


def _say(case: Alert, row: Mapping[str, Any], as_of: date) -> Message:
    rule = case.rule
    name = Message("alerts.everybody", indicator=rule.indicator)
    if case.segment != "all":
        name = Message("alerts.segment", indicator=rule.indicator, segment=case.segment)
    value, expected = plain(case.value), plain(case.expected)
    if case.kind == "no_data":
        line = Message(
            "alerts.no_data",
            severity=case.severity,
            name=name,
            began=case.began,
            owner=rule.owner,
        )
    elif not case.is_open:
        return Message("alerts.waits", name=name, value=value, expected=expected, periods=rule.for_)
    else:
        line = Message(
            "alerts.fires",
            name=name,
            value=value,
            expected=expected,
            severity=case.severity,
            days=case.days_open(as_of),
            owner=rule.owner,
        )
    if row["at_stake"] is not None:
        line = Message("alerts.stake", line=line, money=row["at_stake"], grain=row["grain"])
    if case.overdue is not None:
        line = Message("alerts.overdue", line=line, step=case.overdue)
    elif (step := _next(case, as_of)) is not None:
        line = Message("alerts.next", line=line, hours=step[0], step=step[1])
    if rule.pause is not None:
        line = Message("alerts.pause", line=line, channel=rule.pause)
    if case.silenced is not None:
        line = Message("alerts.silenced", line=line, until=case.silenced)
    if case.hidden_by is not None:
        line = Message("alerts.hidden", line=line, rule=case.hidden_by)
    return line


def _rehearsal(
    table: pd.DataFrame, rules: RulesFile, as_of: date, reporter: Reporter
) -> list[dict[str, Any]]:
    from winback.monitoring.rehearsal import rehearse

    since = as_of - timedelta(days=YEAR)
    rows = records(rehearse(table, rules.rules, rules.benchmarks, since=since, as_of=as_of))
    reporter.say(Message("alerts.rehearsal", since=since))
    for row in rows:
        line = Message(
            "alerts.rehearsed",
            rule=row["rule"],
            fired=row["fired"],
            a_year=row["a_year"],
            share=row["share"],
            longest=row["longest"],
        )
        if row["seen"] is None:
            line = Message("alerts.not_tried", line=line)
        elif not row["seen"]:
            line = Message("alerts.would_not_see", line=line)
        else:
            line = Message("alerts.would_see", line=line, seen=row["seen"], after=row["seen_after"])
        reporter.say(Message("item", said=line))
    return rows
