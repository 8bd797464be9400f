"""The command line: parse, call one workflow, translate errors into exit codes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from importlib import import_module
from math import isfinite
from pathlib import Path
from signal import SIGINT, SIGTERM, signal
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from winback.errors import GateRefusedError, UsageError, WinbackError

if TYPE_CHECKING:
    from winback.config import LoadedJob

_GUIDE = """What each customer is worth, who is about to leave, and whom it pays to win back.

One YAML is one job. Begin with your own purchases:

    winback init orders.csv        look at the columns, write orders.yaml

    winback run orders.yaml        train, promote, score, lists, report

    winback run orders.yaml --as-of yesterday     the same, every night

Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 bad data, 4 promotion refused.
"""

app = typer.Typer(
    name="winback",
    help=_GUIDE,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
config_app = typer.Typer(no_args_is_help=True, help="The settings of a job.")
app.add_typer(config_app, name="config")

JobFile = Annotated[Path, typer.Argument(metavar="JOB.yaml", help="The job.", show_default=False)]
AsOf = Annotated[
    Optional[str],  # noqa: UP045  # typer reads it at run time
    typer.Option(help="The last day that is known: YYYY-MM-DD, yesterday or today."),
]
Out = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(help="The output folder.", show_default="outputs/NAME"),
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the trace of an error.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show warnings and errors only.")]
Json = Annotated[bool, typer.Option("--json", help="Write the result as JSON.")]
Force = Annotated[bool, typer.Option("--force", help="Train again even if nothing has changed.")]


_HELP = {
    "validate": "Read and check the data; count what is rejected, and why.",
    "promote": "Let the gate compare challengers with champions; exit 4 when it refuses one.",
    "score": "Score every customer with the champions, into scores.parquet.",
    "lists": "Make the churn-warning and the win-back list from the scores.",
    "report": "Draw report.html from what the earlier steps left.",
    "backtest": "Train at each of the job's splits, and compare with what happened next.",
}


@app.command()
def run(
    job: JobFile,
    as_of: AsOf = None,
    out: Out = None,
    *,
    force: Force = False,
    debug: Debug = False,
    quiet: Quiet = False,
    json_: Json = False,
) -> None:
    """Everything: validate, train, promote (by the gate), score, lists, report.

    Example: winback run pipelines/cdnow.yaml
    """
    _work("run", job, as_of, out, debug=debug, quiet=quiet, json_=json_, force=force)


@app.command()
def train(
    job: JobFile,
    as_of: AsOf = None,
    out: Out = None,
    *,
    force: Force = False,
    debug: Debug = False,
    quiet: Quiet = False,
    json_: Json = False,
) -> None:
    """Fit the models on what is known, track the run, register the challengers.

    Example: winback train shop.yaml --as-of 2011-09-10
    """
    _work("train", job, as_of, out, debug=debug, quiet=quiet, json_=json_, force=force)


def _add(name: str) -> None:
    """Add a command that takes a job and the common options."""

    @app.command(name, help=f"{_HELP[name]}\n\nExample: winback {name} shop.yaml")
    def _command(
        job: JobFile,
        as_of: AsOf = None,
        out: Out = None,
        *,
        debug: Debug = False,
        quiet: Quiet = False,
        json_: Json = False,
    ) -> None:
        _work(name, job, as_of, out, debug=debug, quiet=quiet, json_=json_)


for _name in _HELP:
    _add(_name)


@app.command()
def init(
    orders: Annotated[Path, typer.Argument(metavar="ORDERS.csv", help="Your purchases.")],
    to: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="The YAML to write.", show_default="ORDERS.yaml"),
    ] = None,
    debug: Debug = False,
) -> None:
    """Look at a file's columns and write a commented starter YAML.

    Example: winback init orders.csv
    """
    from winback.workflows.init import init as workflow

    with _exit_codes(debug=debug):
        for line in workflow(orders, to):
            typer.echo(line)


@config_app.command("schema")
def config_schema() -> None:
    """Print the JSON schema of a job, for editors and checks.

    Example: winback config schema > winback.schema.json
    """
    from winback.config import Job

    typer.echo(json.dumps(Job.model_json_schema(), indent=2, ensure_ascii=False))


@config_app.command("show")
def config_show(job: JobFile, as_of: AsOf = None, debug: Debug = False) -> None:
    """Check a job and print every setting in force, defaults marked.

    Example: winback config show shop.yaml
    """
    with _exit_codes(debug=debug):
        loaded = _load(job, as_of)
        for line in loaded.written:
            typer.echo(line)
        for line in loaded.defaults:
            typer.echo(f"{line}  (default)")


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"winback {installed('winback')}")
        raise typer.Exit


def _work(
    name: str,
    path: Path,
    as_of: str | None,
    out: Path | None,
    *,
    debug: bool,
    quiet: bool,
    json_: bool,
    **options: bool,
) -> None:
    """Run the workflow `name` on one job, and end with the right exit code."""
    _quiet_libraries()
    for number in (SIGINT, SIGTERM):
        signal(number, _on_signal)
    with _exit_codes(debug=debug, json_=json_) as guard:
        loaded = _load(path, as_of)
        guard.append(loaded)
        from winback.workflows.reporter import Terminal
        from winback.workflows.session import Session

        workflow = getattr(import_module(f"winback.workflows.{name}"), name)
        reporter = Terminal(quiet=quiet, results=not json_)
        today = _today(loaded.job.timezone)
        with Session(loaded, out=out, reporter=reporter, today=today) as session:
            result = workflow(session, **options)
        if json_:
            result = {**result, "warnings": reporter.warnings}
            typer.echo(json.dumps(_plain(result, loaded), indent=2, ensure_ascii=False))


_stopped: list[int] = []  # by which signals this process was told to stop


def _on_signal(number: int, _frame: object) -> None:
    """End as on Ctrl-C: clean up, and leave the earlier results as they are."""
    _stopped.append(number)
    raise KeyboardInterrupt


@contextmanager
def _exit_codes(*, debug: bool, json_: bool = False) -> Iterator[list[LoadedJob]]:
    """Turn an error into one line and an exit code; `--debug` shows its trace first."""
    loaded: list[LoadedJob] = []
    try:
        yield loaded
    except typer.Exit:
        raise
    except (KeyboardInterrupt, Exception) as error:
        # a library in whose callback the signal arrived may have made an error of its own of it
        if _stopped or isinstance(error, KeyboardInterrupt):
            number = _stopped[0] if _stopped else SIGINT
            told = "terminated" if number == SIGTERM else "interrupted"
            typer.echo(f"winback: {told}; nothing was half-written", err=True)
            raise typer.Exit(128 + number) from None
        if debug:
            raise
        known = isinstance(error, WinbackError)
        text = str(error) if known else f"{type(error).__name__}: {' '.join(str(error).split())}"
        text = loaded[0].scrub(text) if loaded else text
        code = error.exit_code if isinstance(error, WinbackError) else 1
        more = "" if known else " (unexpected; run again with --debug for the trace)"
        if json_:
            typer.echo(json.dumps({"error": text, "exit_code": code}, ensure_ascii=False))
        kind = "refused" if isinstance(error, GateRefusedError) else "error"
        typer.echo(f"winback: {kind}: {text}{more}", err=True)
        raise typer.Exit(code) from None


def _plain(value: object, loaded: LoadedJob) -> object:
    """Return what JSON can say: no secrets in texts, null for a number that is none."""
    if isinstance(value, dict):
        return {str(key): _plain(item, loaded) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, loaded) for item in value]
    if isinstance(value, float):
        return value if isfinite(value) else None
    return value if value is None or isinstance(value, int) else loaded.scrub(str(value))


def _load(path: Path, as_of: str | None) -> LoadedJob:
    from winback.config import load_job

    if as_of is None:
        return load_job(path)
    if as_of in {"today", "yesterday"}:
        zone = load_job(path, overrides={"as_of": date(2000, 1, 1)}).job.timezone
        day = _today(zone) - timedelta(days=as_of == "yesterday")
    else:
        try:
            day = date.fromisoformat(as_of)
        except ValueError:
            raise UsageError(
                "not a date", where="--as-of", got=as_of, allowed="YYYY-MM-DD, yesterday, today"
            ) from None
    return load_job(path, overrides={"as_of": day})


def _today(timezone: str) -> date:
    """Return today's date in the job's time zone: the only clock in winback."""
    from zoneinfo import ZoneInfo

    return datetime.now(ZoneInfo(timezone)).date()


def _quiet_libraries() -> None:
    """Keep chatter and Python warnings of libraries out of an operator's log."""
    import warnings

    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    # matrices here are tiny; threads that fight over cores cost far more than they bring
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if not sys.warnoptions:
        warnings.simplefilter("ignore")


def steps(*names: str) -> int:
    """Run commands one after the other on the same arguments; stop at the first that fails.

    Parameters
    ----------
    names
        Commands, such as ``"train", "promote"``; the arguments are the program's own.

    Returns
    -------
    int
        The exit code of the last command that ran.
    """
    for name in names:
        try:
            app([name, *sys.argv[1:]])
        except SystemExit as ended:
            if ended.code:
                return int(ended.code)
    return 0


def main() -> None:
    """Run the command line."""
    app()
