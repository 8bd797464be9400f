"""Commands that do a part of a job, or all of it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from winback.cli.command import work, work_through
from winback.cli.language import with_option
from winback.cli.options import AsOf, Debug, Force, JobFile, Json, Open, Out, Quiet, Tune
from winback.cli.spoken_help import SpokenCommand

_TRAINING = {
    "run": (
        "Everything: validate, train, promote (by the gate), score, lists, report.",
        "winback run pipelines/cdnow.yaml",
    ),
    "train": (
        "Fit the models on what is known, track the run, register the challengers.",
        "winback train shop.yaml --as-of 2011-09-10",
    ),
}
_PLAIN = {
    "validate": "Read and check the data; say what was read, and what was rejected and why.",
    "score": "Score every customer with the champions, into scores.parquet.",
    "models": "Show champion, challenger and previous model side by side, and why they are.",
    "campaigns": "Say what each past campaign with a comparison group brought, net of its cost.",
    "identities": "Say which ids are one person, why, and what is at stake if that is wrong.",
    "channels": "Say what each channel costs, and what the customers whom it won bring.",
    "indicators": "Compute the business's indicators over time, into indicators.parquet.",
    "report": "Draw report.html from what the earlier steps left.",
    "backtest": "Train at each of the job's splits, and compare with what happened next.",
}
_ORDER = (
    "run",
    "validate",
    "train",
    "promote",
    "rollback",
    "models",
    "score",
    "lists",
    "explain",
    "identities",
    "campaigns",
    "channels",
    "indicators",
    "alerts",
    "report",
    "backtest",
)


def add_to(app: typer.Typer) -> None:
    """Add the commands in the order in which one meets them."""
    special: dict[str, Callable[..., Any]] = {
        "promote": promote,
        "rollback": rollback,
        "lists": lists,
        "explain": explain,
        "alerts": alerts,
    }
    for name in _ORDER:
        made = special.get(name) or (_training(name) if name in _TRAINING else _plain(name))
        if name in ("run", "report"):
            made = _opening(made)
        app.command(name, cls=SpokenCommand)(made)


class Role(StrEnum):
    """What can be promoted, and go back, by itself."""

    VALUE = "value"
    CHURN = "churn"


def promote(
    job: JobFile,
    as_of: AsOf = None,
    out: Out = None,
    *,
    force: Annotated[
        Optional[list[Role]],
        typer.Option(
            help="Promote this one whatever the gate says: value (with its tiers) or churn.",
            show_default=False,
        ),
    ] = None,
    debug: Debug = False,
    quiet: Quiet = False,
    json_: Json = False,
) -> None:
    """Let the gate compare challengers with champions; exit 4 when it refuses one.

    Example: winback promote shop.yaml

    A model that fails its baselines is promoted by name only, and the version keeps the note.

    Example: winback promote shop.yaml --force churn
    """
    named = [part.value for part in force or ()]
    work("promote", job, as_of, out, debug=debug, quiet=quiet, json_=json_, force=named)


def rollback(
    job: JobFile,
    as_of: AsOf = None,
    out: Out = None,
    *,
    only: Annotated[
        Optional[Role],
        typer.Option(
            help="Leave the rest as it is: value (with the tiers cut on it) or churn.",
            show_default=False,
        ),
    ] = None,
    debug: Debug = False,
    quiet: Quiet = False,
    json_: Json = False,
) -> None:
    """Make the champions of before champions again, value and tiers together.

    Example: winback rollback shop.yaml --only churn

    For when a promoted model turns out to be wrong. Nothing is deleted: the two versions change
    places, so a second rollback undoes the first. Scores and lists stay as they are until
    `winback score` and `winback lists` make them anew; `winback run` asks the gate again, which
    may promote the newer version once more.
    """
    part = None if only is None else only.value
    work("rollback", job, as_of, out, debug=debug, quiet=quiet, json_=json_, only=part)


def lists(
    job: JobFile,
    as_of: AsOf = None,
    out: Out = None,
    *,
    until: Annotated[
        Optional[str],
        typer.Option(
            help="Score and make the lists of several dates, from --as-of to this one.",
            show_default=False,
        ),
    ] = None,
    every: Annotated[
        str, typer.Option(metavar="Nd", help="With --until: days between two dates.")
    ] = "7d",
    debug: Debug = False,
    quiet: Quiet = False,
    json_: Json = False,
) -> None:
    """Make the churn-warning and the win-back list from the scores.

    Example: winback lists shop.yaml

    With --until, a history is made up for: every date is scored with today's champions, and its
    lists are kept under lists/DATE/.

    Example: winback lists shop.yaml --as-of 2011-09-10 --until 2011-12-09 --every 7d
    """
    if until is None:
        work("lists", job, as_of, out, debug=debug, quiet=quiet, json_=json_)
    else:
        work_through(job, as_of, until, every, out, debug=debug, quiet=quiet, json_=json_)


def explain(
    job: JobFile,
    customer: Annotated[
        Optional[str],
        typer.Argument(
            metavar="CUSTOMER", help="A customer_id.", show_default="who is first on each list"
        ),
    ] = None,
    as_of: AsOf = None,
    out: Out = None,
    *,
    html: Annotated[
        bool, typer.Option("--html", help="Write a page about the customer as well.")
    ] = False,
    debug: Debug = False,
    json_: Json = False,
) -> None:
    """Tell everything about a customer, and why they are, or are not, on each list.

    Example: winback explain shop.yaml 17850 --html
    """
    work(
        "explain", job, as_of, out,
        debug=debug, quiet=False, json_=json_, customer=customer, html=html,
    )  # fmt: skip


def alerts(
    job: Annotated[
        list[str],
        typer.Argument(metavar="[test] JOB.yaml", help="The job.", show_default=False),
    ],
    as_of: AsOf = None,
    out: Out = None,
    *,
    debug: Debug = False,
    quiet: Quiet = False,
    json_: Json = False,
) -> None:
    """Watch the indicators by rules: what is open, whose it is, and what to do by when.

    Example: winback alerts shop.yaml

    With `test` before the job, nothing is written: the last year is replayed as if the rules had
    been on, to see how often each would have fired, and how soon it would see a lasting fall.

    Example: winback alerts test shop.yaml
    """
    test = len(job) == 2 and job[0] == "test"
    if len(job) != 1 and not test:
        raise typer.BadParameter("give one job, or `test` and one job", param_hint="JOB.yaml")
    work("alerts", Path(job[-1]), as_of, out, debug=debug, quiet=quiet, json_=json_, test=test)


def _opening(command: Callable[..., Path]) -> Callable[..., None]:
    """Give a command that draws the report the option `--open`."""

    @wraps(command)
    def _opened(*args: Any, open_: bool = False, **options: Any) -> None:
        folder = command(*args, **options)
        if open_:
            import webbrowser

            webbrowser.open((folder / "report.html").resolve().as_uri())

    return with_option(_opened, command, "open_", Open, default=False)


def _training(name: str) -> Callable[..., Path]:
    """Return a command that trains, among what else it does."""

    def _command(
        job: JobFile,
        as_of: AsOf = None,
        out: Out = None,
        *,
        tune: Tune = None,
        force: Force = False,
        debug: Debug = False,
        quiet: Quiet = False,
        json_: Json = False,
    ) -> Path:
        settings = {} if tune is None else {"churn.tune": tune}
        return work(
            name, job, as_of, out, settings, debug=debug, quiet=quiet, json_=json_, force=force
        )

    what, example = _TRAINING[name]
    _command.__doc__ = f"{what}\n\nExample: {example}"
    return _command


def _plain(name: str) -> Callable[..., Path]:
    """Return a command that takes a job and the common options."""

    def _command(
        job: JobFile,
        as_of: AsOf = None,
        out: Out = None,
        *,
        debug: Debug = False,
        quiet: Quiet = False,
        json_: Json = False,
    ) -> Path:
        return work(name, job, as_of, out, debug=debug, quiet=quiet, json_=json_)

    _command.__doc__ = f"{_PLAIN[name]}\n\nExample: winback {name} shop.yaml"
    return _command
