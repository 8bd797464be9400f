"""Commands beside the job: verify its results, look at its settings, make up a shop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from winback.cli.command import exit_codes, load, prepare, records_of
from winback.cli.language import takes_language, words_of
from winback.cli.options import AsOf, Debug, JobFile, Json, Out, Quiet, complete_job
from winback.cli.spoken_help import SpokenCommand, SpokenGroup

if TYPE_CHECKING:
    from winback.config import LoadedJob

config_app = typer.Typer(cls=SpokenGroup, no_args_is_help=True, help="The settings of a job.")
playbook_app = typer.Typer(cls=SpokenGroup, no_args_is_help=True, help="What to do about whom.")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("status", cls=SpokenCommand)(status)
    app.command("verify", cls=SpokenCommand)(verify)
    app.command("simulate", cls=SpokenCommand)(takes_language(simulate))
    app.add_typer(config_app, name="config")
    app.add_typer(playbook_app, name="playbook")


def status(
    job: JobFile,
    out: Out = None,
    *,
    max_age: Annotated[
        int, typer.Option(min=0, help="Days that the results' date may lie back.")
    ] = 2,
    max_model_age: Annotated[
        int, typer.Option(min=0, help="Days that the last day known to a champion may lie back.")
    ] = 92,
    debug: Debug = False,
    json_: Json = False,
) -> None:
    """Say how a job stands, for people and monitors; exit 1 where something is wrong or stale.

    Example: winback status shop.yaml

    Last good run and its age, who is at work, champions with their age and how they did, alerts
    that fire. Wrong is: no results, or old ones; a job that was killed; no champion, an old one, or
    a store that does not answer; a red alert. It changes nothing, and may run beside a job.

    Example: winback status shop.yaml --max-age 1 --json
    """
    prepare()
    with exit_codes(debug=debug, json_=json_) as guard:
        from datetime import datetime
        from zoneinfo import ZoneInfo

        from winback.workflows.status import Freshness, lines
        from winback.workflows.status import status as workflow

        guard.append(load(job, "today"))
        now = datetime.now(ZoneInfo(guard[0].job.timezone))
        stands = workflow(guard[0], out, now, Freshness(max_age, max_model_age))
        words = words_of(guard[0].job)
        if json_:
            texts = records_of(stands["problems"], words)
            typer.echo(json.dumps({**stands, "problems": texts}, indent=2, ensure_ascii=False))
        else:
            for line in lines(stands):
                typer.echo(line.say(words))
    raise typer.Exit(bool(stands["problems"]))


def verify(
    place: Annotated[
        Path,
        typer.Argument(
            metavar="JOB.yaml",
            help="The job, or the folder of its results.",
            show_default=False,
            autocompletion=complete_job,
        ),
    ],
    *,
    debug: Debug = False,
    json_: Json = False,
) -> None:
    """Check that the newest results are whole and unchanged; exit 1 where they are not.

    Example: winback verify shop.yaml

    Results are published as one set at one switch, and `manifest.json` gives the sha256 digest
    and the size of each file. This reads every file again and says, one line a problem and what
    to do next: what is missing or has changed, what stands where a result should be, what lies in
    the set's folder and is not of it. It changes nothing, and may run beside a job.

    Example: winback verify outputs/shop --json

    It finds accidents: a copy cut short, a disk that forgets, a list edited in place. Who can
    write to the folder can write to the manifest, too.
    """
    with exit_codes(debug=debug, json_=json_) as guard:
        from winback.workflows.verify import verify as workflow

        def read(path: Path) -> LoadedJob:
            guard.append(load(path))
            return guard[0]

        result = workflow(place, read)
        words = words_of(guard[0].job if guard else None)
        if json_:
            typer.echo(json.dumps(result, indent=2, ensure_ascii=False, default=str))
        else:
            for problem in result["problems"]:
                typer.echo(words("error.hint", said=problem["what"], hint=problem["next"]))
            if not result["problems"]:
                facts = {"n": result["files"], "as_of": result["as_of"], "folder": result["folder"]}
                typer.echo(words("verify.well", **facts))
    raise typer.Exit(bool(result["problems"]))


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

        reporter = Terminal(words_of(None), quiet=quiet)
        workflow(out, customers=customers, seed=seed, reporter=reporter)


@config_app.command("schema", cls=SpokenCommand)
def config_schema() -> None:
    """Print the JSON schema of a job, for editors and checks.

    Example: winback config schema > winback.schema.json
    """
    from winback.config import Job

    typer.echo(json.dumps(Job.model_json_schema(), indent=2, ensure_ascii=False))


@config_app.command("show", cls=SpokenCommand)
def config_show(job: JobFile, as_of: AsOf = None, debug: Debug = False) -> None:
    """Check a job and print every setting in force, defaults marked.

    Example: winback config show shop.yaml
    """
    with exit_codes(debug=debug):
        loaded = load(job, as_of)
        for line in loaded.written:
            typer.echo(line)
        for line in loaded.defaults:
            typer.echo(words_of(loaded.job)("config.default", line=line))


@playbook_app.command("check", cls=SpokenCommand)
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
