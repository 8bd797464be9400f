"""Everything, in order: what `make demo` and a weekly scheduler call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from winback.workflows.lists import lists
from winback.workflows.promote import decide
from winback.workflows.report import report
from winback.workflows.score import score
from winback.workflows.train import train

if TYPE_CHECKING:
    from winback.config import LoadedJob
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import Tables
    from winback.workflows.tracking import Tracking


def run(
    settings: LoadedJob,
    tables: Tables,
    results: Results,
    tracking: Tracking,
    reporter: Reporter,
    *,
    force: bool = False,
) -> dict[str, Any]:
    """Validate, train, promote, score, list and report.

    A challenger that the gate refuses is no failure here: the champion stays, and the report says
    so. Results appear together at the end, at one switch.

    Parameters
    ----------
    force
        Train again although nothing has changed.

    Returns
    -------
    dict
        What each step gave.
    """
    said = reporter.say
    defaults = settings.defaults
    said(
        f"{settings.job.name} as of {settings.job.as_of}, {len(defaults)} settings left at defaults"
    )
    return {
        "train": train(settings, tables, results, tracking, reporter, force=force),
        "promote": decide(settings.job, tables, results, tracking, reporter),
        "score": score(settings, tables, results, tracking, reporter),
        "lists": lists(settings, tables, results, tracking, reporter),
        "report": report(settings, tables, results, tracking, reporter),
    }
