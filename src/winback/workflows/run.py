"""Everything, in order: what `make demo` and a weekly scheduler call."""

from __future__ import annotations

from typing import Any

from winback.workflows.lists import lists
from winback.workflows.promote import decide
from winback.workflows.report import report
from winback.workflows.score import score
from winback.workflows.session import Session
from winback.workflows.train import train


def run(session: Session, *, force: bool = False) -> dict[str, Any]:
    """Validate, train, promote, score, list and report.

    A challenger that the gate refuses is no failure here: the champion stays, and the report says
    so. Results appear together at the end, at one switch.

    Parameters
    ----------
    session
        The command at work.
    force
        Train again although nothing has changed.

    Returns
    -------
    dict
        What each step gave.
    """
    said = session.reporter.say
    defaults = session.loaded.defaults
    said(f"{session.job.name} as of {session.job.as_of}, {len(defaults)} settings left at defaults")
    return {
        "train": train(session, force=force),
        "promote": decide(session),
        "score": score(session),
        "lists": lists(session),
        "report": report(session),
    }
