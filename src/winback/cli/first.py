"""The first contact: what to do first, and whether everything is here that it takes."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from winback.cli.options import AsOf, Json, complete_job
from winback.cli.work import load, quiet_libraries

if TYPE_CHECKING:
    from winback.workflows.doctor import Check

GUIDE = """\
winback: what each customer is worth, who is about to leave, and whom it pays to win back.

The first five minutes:

  winback doctor                     is everything here that it needs?
  winback init orders.csv            look at your purchases, write orders.yaml
  winback validate orders.yaml       read them; count what is rejected, and why
  winback run orders.yaml            train, promote, score, make both lists, draw the report
  winback explain orders.yaml 17850  one customer: which list, and why

No purchases at hand? `winback init sample:cdnow`: 23,570 real customers come with it.

Results    outputs/orders/: open report.html in a browser, the two lists in a spreadsheet
Models     models/local/: mlflow ui --backend-store-uri sqlite:///models/local/mlflow.db
Read on    winback --help, winback run --help, and docs/tutorial.md
"""
_MARKS = {"ok": ("ok", "green"), "broken": ("BROKEN", "bold red"), "optional": ("-", "dim")}


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(
    job: Annotated[
        Optional[Path],
        typer.Argument(
            metavar="[JOB.yaml]",
            help="Look at this job's files, output folder and model store, too.",
            show_default=False,
            autocompletion=complete_job,
        ),
    ] = None,
    as_of: AsOf = None,
    *,
    json_: Json = False,
) -> None:
    """Check the installation; say what is missing, and how to mend it (exit 1).

    Example: winback doctor shop.yaml
    """
    quiet_libraries()
    from winback.workflows.doctor import doctor as examine

    checks = examine(None if job is None else lambda: load(job, as_of))
    if json_:
        typer.echo(json.dumps([asdict(check) for check in checks], indent=2, ensure_ascii=False))
    else:
        _show(checks)
    raise typer.Exit(any(check.state == "broken" for check in checks))


def _show(checks: list[Check]) -> None:
    """Draw the table, or plain lines where the library that draws is what is missing."""
    broken = [check for check in checks if check.state == "broken"]
    end = f"{len(broken)} to mend" if broken else "all is well: a job can run"
    try:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        for check in checks:
            typer.echo(f"{_MARKS[check.state][0]:<7} {check.name}: {check.found}")
    else:
        table = Table(box=None, pad_edge=False, show_header=False)
        for check in checks:
            mark, style = _MARKS[check.state]
            table.add_row(Text(mark, style), Text(check.name), Text(check.found))
        Console(highlight=False).print(table)
    for check in checks:  # outside the table, so that a command can be copied whole
        if check.mend:
            typer.echo(f"\n{check.name}: {check.mend}")
    typer.echo(f"\n{end}")
