"""What a job tells the person (or the log) that watches it."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress


class Reporter(Protocol):
    """How a workflow speaks. It never prints by itself."""

    def say(self, text: str) -> None:
        """Tell something that went as it should."""

    def warn(self, text: str) -> None:
        """Tell something that a person should read."""

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

    def step(self, title: str) -> Step:
        """Show a bar on a terminal, or one line when the step has ended."""
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
        return self

    def __exit__(self, *details: object) -> None:
        if self.progress is not None:
            self.progress.stop()
        if details[0] is None:
            self.console.print(f"{self.title}  {monotonic() - self.started:.1f} s", markup=False)

    def advance(self, done: float, total: float | None = None) -> None:
        if self.progress is not None:
            self.progress.update(self.task, completed=done, total=total)
