"""Commands about persons in the data: rename them, and erase them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from winback.cli.command import work
from winback.cli.options import AsOf, Debug, JobFile, Json, Out, Quiet
from winback.cli.spoken_help import SpokenCommand


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("pseudonymise", cls=SpokenCommand)(pseudonymise)


def pseudonymise(
    job: JobFile,
    as_of: AsOf = None,
    out: Out = None,
    *,
    map_: Annotated[
        Path,
        typer.Option(
            "--map",
            metavar="FILE",
            help="The .csv or .parquet file to write, outside of the results.",
            show_default=False,
        ),
    ],
    debug: Debug = False,
    quiet: Quiet = False,
    json_: Json = False,
) -> None:
    """Write who is who, for those who may know: which pseudonym stands for which customer.

    Example: winback pseudonymise shop.yaml --map /secure/who_is_who.csv

    With `data.pseudonyms: true` in the job, results name customers by pseudonyms, made of their ids
    with the key in the file that WINBACK_PERSONAL_KEY_FILE names. This reads the data again and
    writes the file that leads back, for its owner only; the results stay as they are.
    """
    work("pseudonymise", job, as_of, out, debug=debug, quiet=quiet, json_=json_, to=map_)
