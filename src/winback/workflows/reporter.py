"""What a job tells the person (or the log) that watches it."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Protocol, Self

from winback.messages import Message, Words

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress


LONG = 10.0  # seconds, after which a log says how long a step was


def in_words(seconds: float) -> Message:
    """Say a duration as precisely as it is worth.

    Examples
    --------
    >>> [str(in_words(seconds)) for seconds in (0.8, 64.4, 3700)]
    ['1 s', '1 min 4 s', '61 min']
    """
    whole = max(1, round(seconds))
    if whole < 60:
        return Message("duration.seconds", n=whole)
    minutes, rest = divmod(whole, 60)
    if minutes < 10 and rest:
        return Message("duration.both", n=minutes, rest=rest)
    return Message("duration.minutes", n=minutes)


class Reporter(Protocol):
    """How a workflow speaks: in messages, whose words are the reporter's to find."""

    def say(self, message: Message) -> None:
        """Tell something that went as it should."""

    def warn(self, message: Message) -> None:
        """Tell something that a person should read."""

    def stage(self, at: int, of: int, title: Message, about: float | None = None) -> None:
        """Tell at its start which stage it is, of how many, and about how many seconds it takes."""

    def step(self, title: Message) -> Step:
        """Open a step; use as a context manager."""


class Step(Protocol):
    """A step in progress."""

    def __enter__(self) -> Self:
        """Begin the step."""

    def __exit__(self, *details: object) -> None:
        """End the step."""

    def advance(self, done: float, total: float | None = None) -> None:
        """Say that `done` of `total` is done."""


class Quiet:
    """Collects what is said and shows nothing.

    Attributes
    ----------
    said, warnings
        In the order in which they came.
    """

    def __init__(self) -> None:
        self.said: list[Message] = []
        self.warnings: list[Message] = []

    def say(self, message: Message) -> None:
        """Collect what went as it should."""
        self.said.append(message)

    def warn(self, message: Message) -> None:
        """Collect the warning."""
        self.warnings.append(message)

    def stage(self, at: int, of: int, title: Message, about: float | None = None) -> None:
        """Show nothing."""

    def step(self, title: Message) -> Step:
        """Show nothing."""
        return _Silent(title)


class _Silent:
    def __init__(self, title: Message) -> None:
        self.title = title

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None: ...

    def advance(self, done: float, total: float | None = None) -> None: ...


class Terminal(Quiet):
    """Results on standard output; progress and warnings on standard error.

    A bar where someone watches, a plain line a step in a log.

    Parameters
    ----------
    words
        The language that it speaks. Unset: English.
    quiet
        Show warnings only.
    results
        Show results as lines of text (the command line turns this off for ``--json``).
    before_step
        Called before every step; it raises what is to stop the job.
    """

    def __init__(
        self,
        words: Words | None = None,
        *,
        quiet: bool = False,
        results: bool = True,
        before_step: Callable[[], None] | None = None,
    ) -> None:
        super().__init__()
        from rich.console import Console

        self.words = words or Words()
        self.quiet = quiet
        self.before_step = before_step
        self.results = results and not quiet
        self.out = Console(highlight=False, soft_wrap=True)
        self.err = Console(stderr=True, highlight=False, soft_wrap=True)

    def say(self, message: Message) -> None:
        """Write a line of the result."""
        super().say(message)
        if self.results:
            self.out.print(message.say(self.words), markup=False)

    def warn(self, message: Message) -> None:
        """Write a line that stands out, and keep it for the report."""
        super().warn(message)
        said = Message("log.warning", said=message)
        self.err.print(said.say(self.words), style="yellow", markup=False)

    def stage(self, at: int, of: int, title: Message, about: float | None = None) -> None:
        """Write a line at once, also where nobody watches."""
        if self.quiet:
            return
        said = Message("log.stage", at=at, of=of, title=title)
        if about is not None:
            said = Message("log.stage_about", at=at, of=of, title=title, about=in_words(about))
        self.err.print(said.say(self.words), markup=False)

    def step(self, title: Message) -> Step:
        """Show a bar on a terminal; in a log, a line at its start and, if long, its duration."""
        if self.before_step is not None:
            self.before_step()
        return super().step(title) if self.quiet else _Shown(title, self.err, self.words)


class _Shown:
    def __init__(self, title: Message, console: Console, words: Words) -> None:
        self.title = title
        self.console = console
        self.words = words
        self.progress: Progress | None = None
        self.started = 0.0

    def __enter__(self) -> Self:
        self.started = monotonic()
        if self.console.is_terminal:
            from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
            from rich.progress import TimeElapsedColumn as Elapsed

            self.progress = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(),
                Elapsed(),
                console=self.console,
                transient=True,
            )
            self.progress.start()
            self.task = self.progress.add_task(self.title.say(self.words), total=None)
        else:
            self._print(Message("item", said=self.title))
        return self

    def __exit__(self, *details: object) -> None:
        if self.progress is not None:
            self.progress.stop()
        seconds = monotonic() - self.started
        if details[0] is None and (self.progress is not None or seconds > LONG):
            self._print(Message("log.took", title=self.title, took=in_words(seconds)))

    def _print(self, message: Message) -> None:
        self.console.print(message.say(self.words), markup=False)

    def advance(self, done: float, total: float | None = None) -> None:
        if self.progress is not None:
            self.progress.update(self.task, completed=done, total=total)
