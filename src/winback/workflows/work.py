"""One command at work on one job: what its workflows are handed, opened and closed again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from inspect import signature
from pathlib import Path
from typing import Any, Self

from winback.config import LoadedJob
from winback.workflows.reporter import Quiet, Reporter
from winback.workflows.results import Results
from winback.workflows.tables import JobTables
from winback.workflows.tracking import Tracking
from winback.workflows.used_models import UsedModels


class Work:
    """A job opened for a command; each workflow is handed what its signature asks for.

    A workflow's first parameters are some of `settings` (the job as written), `job` (its settings
    alone), `tables` (what is known), `results` (the output folder), `models` (those in use),
    `tracking` (runs and models, as the registry keeps them) and `reporter` (who is told), by name.

    Parameters
    ----------
    settings
        The job.
    out
        The output folder. Unset: the job's `output`, or `outputs/NAME`.
    reporter
        Who is told of the progress. Unset: nobody.
    today
        The last day on which a purchase can have happened; later rows are rejected. Unset:
        the job's `as_of`.
    in_memory
        Whether the engine keeps its tables in memory, as for a trial; beyond it, on disk.

    Examples
    --------
    >>> with Work(load_job("shop.yaml")) as work:  # doctest: +SKIP
    ...     work.do(validate)
    """

    def __init__(
        self,
        settings: LoadedJob,
        *,
        out: Path | None = None,
        reporter: Reporter | None = None,
        today: date | None = None,
        in_memory: bool = False,
    ) -> None:
        self.settings = settings
        self.job = settings.job
        self.reporter: Reporter = reporter or Quiet()
        self.results = Results(settings, out)
        self.tables = JobTables(
            settings, self.results, self.reporter, today=today, in_memory=in_memory
        )
        self.tracking = Tracking(settings)
        self.models: UsedModels = self.tracking

    def __enter__(self) -> Self:
        """Take the output folder."""
        self.results.__enter__()
        return self

    def __exit__(self, *failure: object) -> None:
        """Publish the results unless there was an error; let go of everything that was taken."""
        try:
            self.results.__exit__(*failure)
        finally:
            self.tables.close()

    def do(self, workflow: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Run a workflow, or a part of one, on what it asks for."""
        asked = [name for name in signature(workflow).parameters if name in vars(self)]
        return workflow(*(getattr(self, name) for name in asked), *args, **options)
