"""Everything, in order: what `make demo` and a weekly scheduler call."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from winback.files import read_record
from winback.messages import Message
from winback.publishing.result_folder import MANIFEST
from winback.workflows.alerts import read_watch
from winback.workflows.lists import lists
from winback.workflows.promote import decide
from winback.workflows.report import report
from winback.workflows.score import score
from winback.workflows.steering import steering
from winback.workflows.train import train

if TYPE_CHECKING:
    from winback.config import LoadedJob
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables
    from winback.workflows.tracking import Tracking

TITLES = {
    "train": Message("run.train"),
    "promote": Message("run.promote"),
    "score": Message("run.score"),
    "lists": Message("run.lists"),
    "steering": Message("run.steering"),
    "report": Message("run.report"),
}


def run(
    settings: LoadedJob,
    tables: JobTables,
    results: Results,
    tracking: Tracking,
    reporter: Reporter,
    *,
    force: bool = False,
) -> dict[str, Any]:
    """Validate, train, promote, score, list, work out what is steered by, and report.

    A challenger that the gate refuses is no failure here: the champion stays, and the report says
    so. Where there is none yet, the first model is used, and it is said what beats it. Results
    appear together at the end, at one switch. How long each stage took is kept, and told before it
    the next time.

    Parameters
    ----------
    force
        Train again although nothing has changed.

    Returns
    -------
    dict
        What each step gave.
    """
    job = settings.job
    unset = len(settings.defaults)
    reporter.say(Message("log.job", name=job.name, as_of=job.as_of, n=unset))
    read_watch(settings, job)  # a wrong rule is told of before an hour of training
    everything = settings, tables, results, tracking, reporter
    stages: dict[str, Callable[[], dict[str, Any]]] = {
        "train": lambda: train(*everything, force=force),
        "promote": lambda: decide(settings.job, tables, results, tracking, reporter, go_on=True),
        "score": lambda: score(*everything),
        "lists": lambda: lists(*everything),
        "steering": lambda: steering(settings, settings.job, tables, results, reporter),
        "report": lambda: report(*everything),
    }
    before = read_record(results.earlier / MANIFEST).get("seconds") or {}
    if not before:
        reporter.say(Message("log.first_run"))
    took, done = {}, {}
    for number, (name, do) in enumerate(stages.items(), 1):
        reporter.stage(number, len(stages), TITLES[name], before.get(name))
        began = monotonic()
        done[name] = do()
        took[name] = round(monotonic() - began, 1)
    results.manifest["seconds"] = took
    return done
