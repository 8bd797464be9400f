"""The command line: parse, call one workflow, translate errors into exit codes."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from winback.cli import first, jobs, personal_data, tools
from winback.cli.language import DEFAULT, language_of_reader
from winback.cli.spoken_help import SpokenGroup

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
    cls=SpokenGroup,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
first.add_to(app)
jobs.add_to(app)
personal_data.add_to(app)
tools.add_to(app)


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"winback {installed('winback')}")
        raise typer.Exit


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
    """Run the command line; without a word, show what to do first."""
    asked_by_shell = "_WINBACK_COMPLETE" in os.environ
    if len(sys.argv) == 1 and not asked_by_shell:  # at once: nothing that reads arguments is loaded
        guide, language = first.GUIDE, language_of_reader()
        if language != DEFAULT:
            from winback.messages.catalogue import texts

            guide = texts("help", language).get(guide, guide)
        typer.echo(guide, nl=False)
    else:
        app()
