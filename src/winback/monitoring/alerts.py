"""Alerts: how a rule's judgements become an open case, and when it closes; replayable at will.

State is nothing but the judgements up to a day, taken in order, and what people wrote down
(acknowledged, silenced, closed): whoever replays them gets the same alerts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from math import isnan
from typing import Final, Literal

from winback.monitoring.conditions import Judged
from winback.monitoring.rules import SEVERITIES, Rule, Severity

MISSING: Final = 2
"""So many complete periods in a row without data are an alert of their own."""
Status = Literal["pending", "firing", "resolved", "closed"]


@dataclass(frozen=True)
class AlertNote:
    """What a person wrote down about a rule's alerts.

    Parameters
    ----------
    rule, segment
        Of which alert; None: of every segment.
    action
        ``acknowledge``: somebody is at it, so it does not escalate. ``silence``: tell nobody until
        `until`. ``close``: the case is over, whatever the figures say.
    on
        When it was written.
    until
        The last day of a silence.
    by
        Who wrote it.
    """

    rule: str
    action: Literal["acknowledge", "silence", "close"]
    on: date
    by: str
    segment: str | None = None
    until: date | None = None


@dataclass(frozen=True)
class Alert:
    """One case of a rule on a subject.

    Attributes
    ----------
    rule, segment
        Which rule, of which subject.
    kind
        ``rule``: its condition holds. ``no_data``: nobody can say, because the data are missing.
    severity
        Yellow, orange or red; one step graver once a deadline has passed unacknowledged.
    status
        ``pending``: holds, not yet for long enough. ``firing``. ``resolved``: the condition has
        ceased. ``closed``: by a person.
    began
        The last day of the first period in which it held; of missing data, of the one by which
        that was a case.
    opened, ended
        The last day of the period by which it fired; and by which it ended.
    value, expected
        Of the newest period with data.
    acknowledged, silenced
        Whether a person said so, and until when nobody is told.
    overdue
        The first step whose deadline has passed without anybody acknowledging; None: none has.
    hidden_by
        The graver alert of the same subject; None: this one is shown.
    """

    rule: Rule
    segment: str
    kind: Literal["rule", "no_data"]
    severity: Severity
    status: Status
    began: date
    opened: date | None
    ended: date | None
    value: float
    expected: float
    acknowledged: bool = False
    silenced: date | None = None
    overdue: str | None = None
    hidden_by: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether the case is open: it fires."""
        return self.status == "firing"

    def days_open(self, as_of: date) -> int:
        """Return for how many days it has fired, the first included."""
        return 0 if self.opened is None else ((self.ended or as_of) - self.opened).days + 1


def replay(judged: Judged) -> list[Alert]:
    """Follow one rule on one subject through time.

    Unknown is not ok: a period without data, or one that nothing can be held against, neither
    resolves an alert nor breaks the run of periods in which its condition held; after `MISSING`
    periods in a row without data that is a case of its own.

    Parameters
    ----------
    judged
        See `winback.monitoring.conditions.judge`.

    Returns
    -------
    list of Alert
        The cases in the order in which they began; the last may be pending or firing.
    """
    rule, cases = judged.rule, list[Alert]()
    current: Alert | None = None
    gap: Alert | None = None
    held = ceased = missing = 0
    for day, value, expected, holds in zip(
        judged.periods, judged.values, judged.expected, judged.holds, strict=True
    ):
        missing = missing + 1 if isnan(value) else 0
        gap = _of_gap(gap, judged, day, missing, cases)
        if holds < 0:
            continue
        if holds:
            held, ceased = held + 1, 0
            if current is None:
                current = Alert(
                    rule, judged.segment, "rule", rule.severity, "pending", day, None, None,
                    float(value), float(expected),
                )  # fmt: skip
            current = replace(current, value=float(value), expected=float(expected))
            if current.status == "pending" and held >= rule.for_:
                current = replace(current, status="firing", opened=day)
        else:
            held, ceased = 0, ceased + 1
            if current is not None and current.status == "pending":
                current = None
            elif current is not None and ceased > rule.keep_firing_for:
                cases.append(replace(current, status="resolved", ended=day))
                current = None
    cases += [case for case in (current, gap) if case is not None]
    return sorted(cases, key=lambda case: case.began)


def _of_gap(
    gap: Alert | None, judged: Judged, day: date, missing: int, cases: list[Alert]
) -> Alert | None:
    """Open, keep or resolve the case of missing data."""
    if missing == MISSING:
        return Alert(
            judged.rule, judged.segment, "no_data", "yellow", "firing", day, day, None,
            float("nan"), float("nan"),
        )  # fmt: skip
    if gap is not None and missing == 0:
        cases.append(replace(gap, status="resolved", ended=day))
        return None
    return gap


def current_alerts(
    cases: Iterable[Alert], notes: Sequence[AlertNote], *, as_of: date
) -> list[Alert]:
    """Apply what people wrote down, deadlines, and one colour per subject.

    Parameters
    ----------
    cases
        Of all rules and subjects, as known at `as_of`; see `replay`.
    notes
        What people wrote down; later than `as_of` does not count.
    as_of
        The last known day; deadlines are counted from the end of the day an alert opened.

    Returns
    -------
    list of Alert
        Those that fire or are pending, in order of priority, colour and age; those that a graver
        one of the same subject hides are named as `hidden_by`.
    """
    heard = sorted((note for note in notes if note.on <= as_of), key=lambda note: note.on)
    live = [_noted(case, heard, as_of) for case in cases if case.ended is None]
    live = [case for case in live if case.status in ("pending", "firing")]
    grave = {name: rank for rank, name in enumerate(SEVERITIES)}
    live.sort(
        key=lambda case: (
            case.status != "firing",
            case.rule.priority,
            -grave[case.severity],
            case.began,
            case.rule.id,
            case.segment,
        )
    )
    gravest: dict[tuple[str, str, str], Alert] = {}
    for case in live:
        if case.is_open and case.kind == "rule" and case.silenced is None:
            subject = (case.rule.indicator, case.rule.dimension, case.segment)
            best = gravest.get(subject)
            if best is None or grave[case.severity] > grave[best.severity]:
                gravest[subject] = case
    shown = []
    for case in live:
        best = gravest.get((case.rule.indicator, case.rule.dimension, case.segment))
        hidden = (
            case.kind == "rule"
            and case.is_open
            and best is not None
            and best is not case
            and grave[best.severity] >= grave[case.severity]
        )
        shown.append(replace(case, hidden_by=best.rule.id) if hidden and best else case)
    return shown


def _noted(case: Alert, notes: Sequence[AlertNote], as_of: date) -> Alert:
    """Apply people's notes and the deadlines to one case."""
    opened = case.opened or case.began
    for note in notes:
        if note.rule != case.rule.id or note.segment not in (None, case.segment):
            continue
        if note.action == "silence":
            if note.until is not None and note.until >= as_of:
                case = replace(case, silenced=note.until)
        elif note.on >= opened:  # said of this case, not of an earlier one
            closed = note.action == "close"
            case = replace(case, acknowledged=True, status="closed" if closed else case.status)
    return _escalated(case, as_of) if case.is_open and not case.acknowledged else case


def _escalated(case: Alert, as_of: date) -> Alert:
    if case.opened is None:
        return case
    start = datetime.combine(case.opened + timedelta(days=1), time())
    now = datetime.combine(as_of + timedelta(days=1), time())
    late = [
        step
        for step in sorted(case.rule.respond, key=lambda step: step.within_hours)
        if start + timedelta(hours=step.within_hours) < now
    ]
    if not late:
        return case
    graver = SEVERITIES[min(SEVERITIES.index(case.severity) + 1, len(SEVERITIES) - 1)]
    return replace(case, overdue=late[0].do, severity=graver)  # type: ignore[arg-type]
