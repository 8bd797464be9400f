"""Commands beside the job: look at its settings and its playbook, make up a shop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Optional

import typer

from winback.cli.options import AsOf, Debug, JobFile, Quiet
from winback.cli.work import exit_codes, load, prepare

config_app = typer.Typer(no_args_is_help=True, help="The settings of a job.")
playbook_app = typer.Typer(no_args_is_help=True, help="What to do about whom.")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("simulate")(simulate)
    app.add_typer(config_app, name="config")
    app.add_typer(playbook_app, name="playbook")


def simulate(
    out: Annotated[Path, typer.Option(help="The folder to make.")] = Path("data/simulated_shop"),
    customers: Annotated[int, typer.Option(min=1, help="How many customers.")] = 20_000,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another shop.")] = 7,
    *,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Make up a shop whose truth is known: purchases, customers, events, contacts.

    Example: winback simulate --customers 20000 --seed 7 --out data/simulated_shop
    """
    prepare()
    with exit_codes(debug=debug):
        from winback.workflows.reporter import Terminal
        from winback.workflows.simulate import simulate as workflow

        workflow(out, customers=customers, seed=seed, reporter=Terminal(quiet=quiet))


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
    with exit_codes(debug=debug):
        loaded = load(job, as_of)
        for line in loaded.written:
            typer.echo(line)
        for line in loaded.defaults:
            typer.echo(f"{line}  (default)")


@playbook_app.command("check")
def playbook_check(
    playbook: Annotated[
        Optional[Path],
        typer.Argument(
            metavar="PLAYBOOK.yaml", help="Your playbook.", show_default="the one that ships"
        ),
    ] = None,
    debug: Debug = False,
) -> None:
    """Check that every kind of customer meets an action, and show which.

    Example: winback playbook check our_playbook.yaml
    """
    with exit_codes(debug=debug):
        from winback.workflows.playbook import check

        for line in check(playbook):
            typer.echo(line)
