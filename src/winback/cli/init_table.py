"""What `init` shows, and what it asks where somebody sits at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from winback.errors import UsageError, WinbackError

if TYPE_CHECKING:
    from winback.messages import Message, Words
    from winback.workflows.init_look import Looked


def someone_is_there() -> bool:
    """Whether questions can be asked and read."""
    return sys.stdin.isatty() and sys.stdout.isatty()


@contextmanager
def progress(words: Words, *, quiet: bool = False) -> Iterator[Callable[[Message], None]]:
    """Show what is being done, on standard error, while somebody watches."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True, highlight=False)
    if quiet or not console.is_terminal:
        yield lambda _: None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda message: bar.update(task, description=message.say(words))


def show(looked: Looked, shown: str, draw: Callable[..., None], words: Words) -> None:
    """Show the guesses: column, meaning, examples, why, and what else it could be."""
    sniffed = looked.sniffed
    first, last = sniffed.first_day, sniffed.last_day
    if first is None:
        title = words("init.source", source=shown, rows=sniffed.rows)
    else:
        title = words(
            "init.source_days", source=shown, rows=sniffed.rows, first_day=first, last_day=last
        )
    typer.echo(f"{title}\n")
    draw(
        [words(f"init.{column}") for column in ("ours", "yours", "why", "also", "examples")],
        [
            (
                ours,
                guess.expression,
                guess.why.say(words),
                words.written([guess.other] if guess.other else guess.also),
                "  ".join(sniffed.examples[ours]),
            )
            for ours, guess in sniffed.guesses.items()
        ],
    )
    if sniffed.unused:
        typer.echo("\n" + words("init.unused", columns=list(sniffed.unused)))
    for name, table in looked.further.items():
        read = [
            words("init.column", ours=ours, column=column) for ours, column in table.columns.items()
        ]
        source = table.table or table.source
        typer.echo("\n" + words("init.further", name=name, source=source, columns=read))
    if looked.query is not None:
        typer.echo(f"\n{looked.query}")
    for note in looked.notes:
        typer.echo(words("init.note", said=note))


def agree(
    looked: Looked,
    columns: Mapping[str, str],
    condition: str | None,
    again: Callable[[dict[str, str], str | None], Looked],
    draw: Callable[[Looked], None],
    words: Words,
) -> Looked:
    """Ask until nothing is to be changed.

    Parameters
    ----------
    looked
        What was found, which has been shown.
    columns, condition
        What the person has said already.
    again
        Looks again, with what the person says.
    draw
        Shows what was found then.
    words
        The language to ask in.

    Raises
    ------
    typer.Exit
        The person ends it; nothing is written.
    """
    from winback.messages import Message

    said, kept = dict(columns), condition
    for offer in looked.sniffed.offers:
        facts = {"why": offer.why, "key": offer.key, "written": offer.written}
        typer.echo(words("init.offer", **facts))
    while True:
        answer = typer.prompt(words("init.ask"), default="", show_default=False).strip()
        if not answer:
            return looked
        if answer.lower() in {"q", "quit"}:
            raise typer.Exit(1)
        ours, sign, yours = (part.strip() for part in answer.partition("="))
        if not (sign and ours and yours):
            typer.echo(words("init.how_to_change"))
            continue
        trial, filtered = ({**said}, yours) if ours == "filter" else ({**said, ours: yours}, kept)
        try:
            looked = again(trial, filtered)
        except WinbackError as error:
            typer.echo(Message.of_error(error, hint=True).say(words))
            continue
        said, kept = trial, filtered
        draw(looked)


def ask_money(looked: Looked, words: Words) -> dict[str, float | str]:
    """Ask for currency, margin and the cost of acting on a warning; Enter leaves each open.

    A source without amounts is asked nothing.
    """
    from winback.workflows.init_text import currency_of

    if "amount" not in looked.sniffed.guesses:
        return {}
    said: dict[str, float | str] = {}
    if currency_of(looked.sniffed) is None:
        code = _asked("init.currency", _is_code, words)
        said |= {"currency": code.upper()} if code else {}
    margin = _asked("init.margin", _is_percent, words)
    said |= {"margin": float(margin.rstrip("% ")) / 100} if margin else {}
    cost = _asked("init.contact_cost", _is_cost, words)
    return said | ({"contact_cost": float(cost)} if cost else {})


def _asked(question: str, fits: Callable[[str], bool], words: Words) -> str:
    """Ask until the answer fits, or nothing is answered."""
    while True:
        answer = str(typer.prompt(words(question), default="", show_default=False)).strip()
        if not answer or fits(answer):
            return answer
        typer.echo(words("init.not_understood"))


def _is_code(text: str) -> bool:
    return len(text) == 3 and text.isascii() and text.isalpha()


def _is_percent(text: str) -> bool:
    number = text.rstrip("% ")
    return _is_cost(number) and 0 < float(number) <= 100


def _is_cost(text: str) -> bool:
    try:
        return 0 <= float(text) < 1e9
    except ValueError:
        return False


def column(text: str) -> tuple[str, str]:
    """Return what the person says of a column: our name, and theirs.

    Examples
    --------
    >>> column("amount=qty * price")
    ('amount', 'qty * price')
    """
    ours, sign, yours = text.partition("=")
    if not (sign and ours.strip() and yours.strip()):
        raise UsageError("not a column", where="--column", got=text, allowed="OURS=YOURS")
    return ours.strip(), yours.strip()
