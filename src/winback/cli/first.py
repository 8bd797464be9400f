"""The first contact: what to do first, and whether everything is here that it takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from winback.cli.command import exit_codes, load, quiet_libraries
from winback.cli.language import takes_language, words_of
from winback.cli.options import AsOf, Debug, Json, complete_job
from winback.cli.spoken_help import SpokenCommand
from winback.errors import Sentence

if TYPE_CHECKING:
    from winback.workflows.doctor import Finding
    from winback.workflows.init_look import Looked

GUIDE = """\
winback: what each customer is worth, who is about to leave, and whom it pays to win back.

The first five minutes:

  winback doctor                     is everything here that it needs?
  winback init orders.csv            look at your purchases, write orders.yaml
  winback validate orders.yaml       read them; count what is rejected, and why
  winback run orders.yaml            train, promote, score, make both lists, draw the report
  winback explain orders.yaml        who is first on each list, and why; or any customer_id

No purchases at hand? `winback init sample:cdnow-tenth`: 2,357 real customers come with it.

Results    outputs/orders/: open report.html in a browser, the two lists in a spreadsheet
Models     models/local/: mlflow ui --backend-store-uri sqlite:///models/local/mlflow.db
Read on    winback --help, winback run --help, and docs/tutorial.md
"""
_MARKS = {"ok": ("ok", "green"), "broken": ("BROKEN", "bold red"), "optional": ("-", "dim")}


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("doctor", cls=SpokenCommand)(doctor)
    app.command("init", cls=SpokenCommand)(takes_language(init))


def init(
    orders: Annotated[
        list[str],
        typer.Argument(
            metavar="ORDERS.csv...",
            help="Your purchases: files, folders, globs, a database's URL; or sample:cdnow-tenth.",
            show_default=False,
        ),
    ],
    to: Annotated[
        Optional[Path],
        typer.Option(help="The YAML to write.", show_default="ORDERS.yaml"),
    ] = None,
    column: Annotated[
        Optional[list[str]],
        typer.Option(
            metavar="OURS=YOURS",
            help="Say what a column is: customer_id=client, 'amount=qty * price'. Repeatable.",
            show_default=False,
        ),
    ] = None,
    filter_: Annotated[
        Optional[str],
        typer.Option(
            "--filter", metavar="SQL", help="Which rows are purchases.", show_default=False
        ),
    ] = None,
    schema: Annotated[
        Optional[str], typer.Option(help="Which schema of a database.", show_default=False)
    ] = None,
    encoding: Annotated[
        Optional[str],
        typer.Option(help="How text is encoded: cp1252, gb18030, …", show_default="as it looks"),
    ] = None,
    *,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing; so it is where nobody is.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Look at files' columns, guess what they mean, and write a commented starter YAML.

    Example: winback init orders.csv

    Of several files, or the tables of a database, those that hold purchases are joined by the keys
    that are found; customers, contacts and events are read beside them. On a terminal you may
    change the guesses. The job is tried before it is written.

    Example: winback init orders.csv order_items.csv customers.csv --yes
    """
    quiet_libraries()
    with exit_codes(debug=debug):
        from winback.cli import init_table as table
        from winback.masking import mask
        from winback.workflows.init import look, place_for, write

        words = words_of(None)
        said = dict(table.column(text) for text in column or ())
        place = place_for(orders, to)
        shown = " ".join(mask(text) for text in orders)

        def again(columns: dict[str, str], condition: str | None) -> Looked:
            with table.progress(words) as tell:
                return look(orders, columns, condition, schema, tell, encoding)

        def draw(looked: Looked) -> None:
            table.show(looked, shown, _draw, words)

        money: dict[str, float | str] = {}
        looked = again(said, filter_)
        draw(looked)
        if not yes and table.someone_is_there():
            looked = table.agree(looked, said, filter_, again, draw, words)
            money = table.ask_money(looked, words)
        with table.progress(words) as tell:
            begun = write(looked, place, tell, money=money, language=words.language)
        for note in begun.notes[len(looked.notes) :]:
            typer.echo(words("init.note", said=note))
        typer.echo("\n" + words("init.read", said=begun.read))
        typer.echo(words("init.understood", said=begun.understood))
        command = f"winback run {begun.to}"
        typer.echo("\n" + words("init.wrote", file=str(begun.to), command=command))


def _draw(
    header: Sequence[str], rows: Sequence[tuple[str, ...]], styles: Sequence[str] | None = None
) -> None:
    """Draw a table as wide as the terminal; as wide as it needs where nobody watches.

    `styles` are those of the first cells.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 10_000
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for title in header:
        table.add_column(title)
    for (first, *others), style in zip(rows, styles or [""] * len(rows), strict=True):
        table.add_row(Text(first, style), *map(Text, others))
    console.print(table)


def doctor(
    job: Annotated[
        Optional[Path],
        typer.Argument(
            metavar="JOB.yaml",
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


def _show(checks: list[Finding]) -> None:
    """Draw the table, or plain lines where the library that draws is what is missing."""
    broken = [check for check in checks if check.state == "broken"]
    say = _in_the_language_of_the_reader()
    end = Sentence("all is well: a job can run")
    if broken:
        end = Sentence("{n} to mend", n=len(broken))
    rows = [(say(_MARKS[c.state][0]), say(c.name), say(c.found)) for c in checks]
    try:
        _draw(
            ("", say("checked"), say("found")), rows, [_MARKS[check.state][1] for check in checks]
        )
    except ImportError:
        for row in rows:
            typer.echo("{:<7} {}: {}".format(*row))
    for check in checks:  # outside the table, so that a command can be copied whole
        if check.mend:
            typer.echo(f"\n{say(check.name)}: {say(check.mend)}")
    typer.echo(f"\n{say(end)}")


def _in_the_language_of_the_reader() -> Callable[[str], str]:
    """Return how to say a text; in English where what it takes is what is missing."""
    try:
        from winback.messages import Message

        words = words_of(None)
        Message.of("").say(words)
    except Exception:  # noqa: BLE001 - a doctor speaks whatever is broken
        return str
    return lambda text: Message.of(text).say(words)
