"""What `init` shows, and what it asks where somebody sits at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from winback.errors import UsageError, WinbackError

if TYPE_CHECKING:
    from winback.workflows.init_look import Looked

_ASK = "Enter writes the job; OURS=YOURS changes a guess, filter=SQL the rows, q ends"


def someone_is_there() -> bool:
    """Whether questions can be asked and read."""
    return sys.stdin.isatty() and sys.stdout.isatty()


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Callable[[str], None]]:
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
        yield lambda text: bar.update(task, description=text)


def show(looked: Looked, shown: str, draw: Callable[..., None]) -> None:
    """Show the guesses: column, meaning, examples, why, and what else it could be."""
    sniffed = looked.sniffed
    days = f", {sniffed.first_day} to {sniffed.last_day}" if sniffed.first_day else ""
    typer.echo(f"{shown}: {sniffed.rows:,} rows{days}\n")
    draw(
        ("our name", "your column", "why", "could also be", "examples"),
        [
            (
                ours,
                guess.expression,
                guess.why,
                ", ".join([guess.other] if guess.other else guess.also),
                "  ".join(sniffed.examples[ours]),
            )
            for ours, guess in sniffed.guesses.items()
        ],
    )
    if sniffed.unused:
        typer.echo(f"\nnot used: {', '.join(sniffed.unused)}")
    for name, table in looked.further.items():
        read = ", ".join(f"{ours}: {column}" for ours, column in table.columns.items())
        typer.echo(f"\ndata.{name}: {table.table or table.source} ({read})")
    if looked.query is not None:
        typer.echo(f"\n{looked.query}")
    for note in looked.notes:
        typer.echo(f"note: {note}")


def agree(
    looked: Looked,
    columns: Mapping[str, str],
    condition: str | None,
    again: Callable[[dict[str, str], str | None], Looked],
    draw: Callable[[Looked], None],
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

    Raises
    ------
    typer.Exit
        The person ends it; nothing is written.
    """
    said, kept = dict(columns), condition
    for offer in looked.sniffed.offers:
        typer.echo(f"offer, {offer.why}: {offer.key}={offer.written}")
    while True:
        answer = typer.prompt(_ASK, default="", show_default=False).strip()
        if not answer:
            return looked
        if answer.lower() in {"q", "quit"}:
            raise typer.Exit(1)
        ours, sign, yours = (part.strip() for part in answer.partition("="))
        if not (sign and ours and yours):
            typer.echo("write OURS=YOURS, for example amount=Subtotal")
            continue
        trial, filtered = ({**said}, yours) if ours == "filter" else ({**said, ours: yours}, kept)
        try:
            looked = again(trial, filtered)
        except WinbackError as error:
            typer.echo(str(error))
            continue
        said, kept = trial, filtered
        draw(looked)


def ask_money(looked: Looked) -> dict[str, float | str]:
    """Ask for currency, margin and the cost of acting on a warning; Enter leaves each open.

    A source without amounts is asked nothing.
    """
    from winback.workflows.init_text import currency_of

    if "amount" not in looked.sniffed.guesses:
        return {}
    said: dict[str, float | str] = {}
    if currency_of(looked.sniffed) is None:
        code = _asked("currency of the amounts, such as EUR or CNY", _is_code)
        said |= {"currency": code.upper()} if code else {}
    margin = _asked("what stays of an amount, in percent (Enter: count turnover)", _is_percent)
    said |= {"margin": float(margin.rstrip("% ")) / 100} if margin else {}
    cost = _asked("what one call or message costs you (Enter: defaults by channel)", _is_cost)
    return said | ({"contact_cost": float(cost)} if cost else {})


def _asked(question: str, fits: Callable[[str], bool]) -> str:
    """Ask until the answer fits, or nothing is answered."""
    while True:
        answer = str(typer.prompt(question, default="", show_default=False)).strip()
        if not answer or fits(answer):
            return answer
        typer.echo("not understood; Enter leaves it open")


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
