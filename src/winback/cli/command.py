"""Run one workflow on one job, and end with the right exit code."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from signal import SIG_IGN, SIGINT, SIGPIPE, SIGTERM, signal
from tempfile import gettempdir
from traceback import format_exc
from typing import TYPE_CHECKING, Any

import typer

from winback.cli.language import words_of
from winback.errors import DataError, GateRefusedError, OutputError, UsageError, WinbackError
from winback.files import disk_full
from winback.masking import mask
from winback.plain import each_leaf, plain

if TYPE_CHECKING:
    from winback.config import LoadedJob
    from winback.messages import Message, Words


_UMASK = {"owner": 0o077, "group": 0o027, "everyone": 0o022}


def work(
    name: str,
    path: Path,
    as_of: str | None,
    out: Path | None,
    settings: Mapping[str, Any] | None = None,
    *,
    debug: bool,
    quiet: bool,
    json_: bool,
    **options: Any,
) -> Path:
    """Run the workflow `name` on one job, and end with the right exit code.

    Returns the folder of the results.

    `settings` are those of the job that the command line gives, by dotted key; `options` are the
    workflow's own.
    """
    prepare()
    with exit_codes(debug=debug, json_=json_) as guard:
        loaded = load(path, as_of, settings)
        guard.append(loaded)
        from winback.workflows.ending import last_lines
        from winback.workflows.reporter import Terminal
        from winback.workflows.work import Work

        workflow = getattr(import_module(f"winback.workflows.{name}"), name)
        words = words_of(loaded.job)
        reporter = Terminal(words, quiet=quiet, results=not json_, before_step=_stop_if_told)
        today = today_in(loaded.job.timezone)
        with Work(loaded, out=out, reporter=reporter, today=today) as work:
            result = work.do(workflow, **options)
            _stop_if_told()
            files = work.results.written
        for line in last_lines(name, files, work.results.out, path):
            reporter.say(line)
        if json_:
            _print({**result, "warnings": records_of(reporter.warnings, words)}, loaded)
    return work.results.out


def work_through(
    path: Path,
    as_of: str | None,
    until: str,
    every: str,
    out: Path | None,
    *,
    debug: bool,
    quiet: bool,
    json_: bool,
) -> None:
    """Score and make the lists of several dates, the earliest first."""
    prepare()
    with exit_codes(debug=debug, json_=json_) as guard:
        first, last = load(path, as_of), load(path, until)
        guard.append(first)
        from winback.workflows.backfill import backfill, dates_between
        from winback.workflows.reporter import Terminal

        words = words_of(first.job)
        reporter = Terminal(words, quiet=quiet, results=not json_, before_step=_stop_if_told)
        result = backfill(
            [load(path, str(day)) for day in dates_between(first.job.as_of, last.job.as_of, every)],
            out=out,
            reporter=reporter,
            today=today_in(first.job.timezone),
        )
        if json_:
            _print({**result, "warnings": records_of(reporter.warnings, words)}, first)


def prepare() -> None:
    """Quiet the libraries, and end cleanly when told to stop."""
    quiet_libraries()
    for number in (SIGINT, SIGTERM):
        signal(number, _on_signal)


_stopped: list[int] = []  # by which signals this process was told to stop


def _on_signal(number: int, _frame: object) -> None:
    """End as on Ctrl-C: clean up, and leave the earlier results as they are.

    Told again while it cleans up, the process goes on cleaning up.
    """
    _stopped.append(number)
    error = sys.exception()
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    if error is None:
        raise KeyboardInterrupt


def _stop_if_told() -> None:
    """Stop if a library has swallowed the exception that the signal was made into."""
    if _stopped:
        raise KeyboardInterrupt


@contextmanager
def exit_codes(*, debug: bool, json_: bool = False) -> Iterator[list[LoadedJob]]:
    """Turn an error into one line and an exit code; `--debug` shows its trace first."""
    loaded: list[LoadedJob] = []
    try:
        yield loaded
    except typer.Exit:
        raise
    except BrokenPipeError:  # whoever read the output has read enough, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(128 + SIGPIPE) from None
    except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001 - whatever happens is one line
        from winback.messages import Message

        words = words_of(loaded[0].job if loaded else None, getattr(error, "language", None))
        # a library in whose callback the signal arrived may have made an error of its own of it
        if _stopped or isinstance(error, KeyboardInterrupt):
            number = _stopped[0] if _stopped else SIGINT
            for known in (SIGINT, SIGTERM):
                signal(known, SIG_IGN)  # all that is left is to say so
            ending = words("end.terminated" if number == SIGTERM else "end.interrupted")
            typer.echo(f"winback: {ending}", err=True)
            raise typer.Exit(128 + number) from None
        if debug:
            trace = mask(format_exc())
            typer.echo(loaded[0].scrub(trace) if loaded else trace, err=True)
        error = _no_room(error) or error
        text, code = f"{type(error).__name__}: {error}", 1
        english = text
        if isinstance(error, WinbackError):
            text, code = Message.of_error(error, hint=True).say(words), error.exit_code
            english = str(error)
        text, english = (_shown(said, loaded) for said in (text, english))
        if json_:  # for machines: English, whatever the reader speaks
            typer.echo(json.dumps({"error": english, "exit_code": code}, ensure_ascii=False))
        if not isinstance(error, WinbackError):
            text = words("error.unexpected", said=text)
        kind = "error.refused" if isinstance(error, GateRefusedError) else "error.error"
        typer.echo(f"winback: {words(kind, said=text)}", err=True)
        raise typer.Exit(code) from None


def _shown(said: str, loaded: list[LoadedJob]) -> str:
    """Return what an error says on one line, without secrets."""
    line = " ".join(said.split())
    return loaded[0].scrub(line) if loaded else line


def _no_room(error: BaseException) -> OutputError | None:
    """Return that the disk is full where this was taken for a fault of the data, or for none."""
    full = disk_full(error)
    if full is None or getattr(error, "exit_code", DataError.exit_code) != DataError.exit_code:
        return None
    return OutputError(
        "there is no room left on the disk",
        where=gettempdir(),
        got=full.strerror,
        hint="make room there and in the output folder, or name another folder in TMPDIR",
    )


def records_of(messages: Iterable[Message], words: Words) -> list[dict[str, Any]]:
    """Return messages as JSON: code, facts, and the sentence in the job's language."""
    return [{**message.as_data(), "text": message.say(words)} for message in messages]


def _print(result: Mapping[str, Any], loaded: LoadedJob) -> None:
    """Write the result as JSON, without secrets, and with null for a number that is none."""

    def shown(leaf: object) -> object:
        return leaf if leaf is None or isinstance(leaf, int | float) else loaded.scrub(str(leaf))

    typer.echo(json.dumps(each_leaf(plain(result), shown), indent=2, ensure_ascii=False))


def load(
    path: Path, as_of: str | None = None, settings: Mapping[str, Any] | None = None
) -> LoadedJob:
    """Read a job, with what the command line gives; from here on its `access` holds."""
    from winback.config import load_job

    given = dict(settings or {})
    if as_of in {"today", "yesterday"}:
        zone = load_job(path, overrides={"as_of": date(2000, 1, 1)}).job.timezone
        given["as_of"] = today_in(zone) - timedelta(days=as_of == "yesterday")
    elif as_of is not None:
        try:
            given["as_of"] = date.fromisoformat(as_of)
        except ValueError:
            raise UsageError(
                "not a date", where="--as-of", got=as_of, allowed="YYYY-MM-DD, yesterday, today"
            ) from None
    loaded = load_job(path, overrides=given)
    os.umask(_UMASK[loaded.job.access])
    return loaded


def today_in(timezone: str) -> date:
    """Return today's date in the job's time zone: the only clock in winback."""
    from zoneinfo import ZoneInfo

    return datetime.now(ZoneInfo(timezone)).date()


def quiet_libraries() -> None:
    """Keep chatter and Python warnings of libraries out of an operator's log."""
    import warnings

    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    # matrices here are tiny; threads that fight over cores cost far more than they bring
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
