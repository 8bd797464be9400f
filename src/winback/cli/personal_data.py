"""Commands about what is kept: who is who, who is erased, what is backed up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from winback.cli.command import work
from winback.cli.options import AsOf, Debug, JobFile, Json, Out, Quiet
from winback.cli.spoken_help import SpokenCommand


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("pseudonymise", cls=SpokenCommand)(pseudonymise)
    app.command("erase", cls=SpokenCommand)(erase)
    app.command("backup", cls=SpokenCommand)(backup)
    app.command("restore", cls=SpokenCommand)(restore)


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


def erase(
    job: JobFile,
    ids: Annotated[
        Optional[list[str]],
        typer.Argument(metavar="ID…", help="Ids of customers, or pseudonyms.", show_default=False),
    ] = None,
    file: Annotated[
        Optional[Path],
        typer.Option(help="A file with more of them, one a line.", show_default=False),
    ] = None,
    as_of: AsOf = "today",
    out: Out = None,
    *,
    debug: Debug = False,
    quiet: Quiet = False,
    json_: Json = False,
) -> None:
    """Erase persons from everything that a job has written, and print a receipt.

    Example: winback erase shop.yaml 17850 13047

    Each id stands for its person: other ids that the table of identities gives them go as well.
    Results of every date, reports, pages and the tables of lists in the database are written anew
    without them, as one set; the set before goes at once. A keyed hash stays of each id, by which
    their rows are left out from then on, with the key in the file that WINBACK_PERSONAL_KEY_FILE
    names. The shop's own sources stay as they are, and so do backups until they expire.

    Example: winback erase shop.yaml --file requests.txt --json
    """
    work(
        "erase", job, as_of, out,
        debug=debug, quiet=quiet, json_=json_, ids=ids or (), file=file,
    )  # fmt: skip


def backup(
    job: JobFile,
    as_of: AsOf = None,
    out: Out = None,
    *,
    to: Annotated[
        Optional[Path],
        typer.Option(
            help="The folder of the backups, if not the job's `backups.folder`.", show_default=False
        ),
    ] = None,
    debug: Debug = False,
    quiet: Quiet = False,
    json_: Json = False,
) -> None:
    """Back up the newest results and the model store, as a folder with digests.

    Example: winback backup shop.yaml --to /backups

    Others may train meanwhile. Backups older than the job's `backups.keep_days` are deleted. A
    store on a server is backed up by whoever runs it.
    """
    work("backup", job, as_of, out, debug=debug, quiet=quiet, json_=json_, to=to)


def restore(
    job: JobFile,
    backup_: Annotated[
        Path, typer.Argument(metavar="BACKUP", help="The backup's folder.", show_default=False)
    ],
    out: Out = None,
    *,
    erased: Annotated[
        Optional[Path],
        typer.Option(
            help="A copy of erased.json, kept elsewhere: who was erased since.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace results and a model store that are there.")
    ] = False,
    debug: Debug = False,
    quiet: Quiet = False,
    json_: Json = False,
) -> None:
    """Put a backup back: compare every file with its digest, then results and model store.

    Example: winback restore shop.yaml /backups/shop-2011-12-09-1f6a09c2

    Whoever was erased, before the backup or since, is left out.
    """
    work(
        "restore", job, None, out,
        debug=debug, quiet=quiet, json_=json_, backup=backup_, erased=erased, force=force,
    )  # fmt: skip
