"""What a job tells the person (or the log) that watches it."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress


LONG = 10.0  # seconds, after which a log says how long a step was


def in_words(seconds: float) -> str:
    """Say a duration as precisely as it is worth.

    Examples
    --------
    >>> in_words(0.8), in_words(64.4), in_words(3700)
    ('1 s', '1 min 4 s', '61 min')
    """
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 10 and rest else f"{minutes} min"


class Reporter(Protocol):
    """How a workflow speaks. It never prints by itself."""

    def say(self, text: str) -> None:
        """Tell something that went as it should."""

    def warn(self, text: str) -> None:
        """Tell something that a person should read."""

    def stage(self, at: int, of: int, title: str, about: float | None = None) -> None:
        """Tell at its start which stage it is, of how many, and about how many seconds it takes."""

    def step(self, title: str) -> Step:
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
    """Collects warnings and shows nothing."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def say(self, text: str) -> None:
        """Show nothing."""

    def warn(self, text: str) -> None:
        """Collect the warning."""
        self.warnings.append(text)

    def stage(self, at: int, of: int, title: str, about: float | None = None) -> None:
        """Show nothing."""

    def step(self, title: str) -> Step:
        """Show nothing."""
        return _Silent(title)


class _Silent:
    def __init__(self, title: str) -> None:
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
    quiet
        Show warnings only.
    results
        Show results as lines of text (the command line turns this off for ``--json``).
    before_step
        Called before every step; it raises what is to stop the job.
    """

    def __init__(
        self,
        *,
        quiet: bool = False,
        results: bool = True,
        before_step: Callable[[], None] | None = None,
    ) -> None:
        super().__init__()
        from rich.console import Console

        self.quiet = quiet
        self.before_step = before_step
        self.results = results and not quiet
        self.out = Console(highlight=False, soft_wrap=True)
        self.err = Console(stderr=True, highlight=False, soft_wrap=True)

    def say(self, text: str) -> None:
        """Write a line of the result."""
        if self.results:
            self.out.print(text, markup=False)

    def warn(self, text: str) -> None:
        """Write a line that stands out, and keep it for the report."""
        super().warn(text)
        self.err.print(f"warning: {text}", style="yellow", markup=False)

    def stage(self, at: int, of: int, title: str, about: float | None = None) -> None:
        """Write a line at once, also where nobody watches."""
        if not self.quiet:
            takes = "" if about is None else f", about {in_words(about)}"
            self.err.print(f"stage {at} of {of}: {title}{takes}", markup=False)

    def step(self, title: str) -> Step:
        """Show a bar on a terminal; in a log, a line at its start and, if long, its duration."""
        if self.before_step is not None:
            self.before_step()
        return super().step(title) if self.quiet else _Shown(title, self.err)


class _Shown:
    def __init__(self, title: str, console: Console) -> None:
        self.title = title
        self.console = console
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
            self.task = self.progress.add_task(self.title, total=None)
        else:
            self.console.print(f"  {self.title}", markup=False)
        return self

    def __exit__(self, *details: object) -> None:
        if self.progress is not None:
            self.progress.stop()
        seconds = monotonic() - self.started
        if details[0] is None and (self.progress is not None or seconds > LONG):
            self.console.print(f"  {self.title}: {in_words(seconds)}", markup=False)

    def advance(self, done: float, total: float | None = None) -> None:
        if self.progress is not None:
            self.progress.update(self.task, completed=done, total=total)
