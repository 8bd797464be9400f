"""The arguments and options that commands have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer


def complete_job(incomplete: str) -> list[str]:
    """Return the YAML files that a shell may complete to, those of the next folder included.

    Examples
    --------
    >>> complete_job("no such fil")
    []
    """
    start = Path(incomplete)
    folder, begin = (start, "") if incomplete.endswith("/") else (start.parent, start.name)
    try:
        here = sorted(path for path in folder.iterdir() if path.name.startswith(begin))
        within = [sorted(path.iterdir()) if path.is_dir() else [path] for path in here]
    except OSError:
        return []
    return [str(path) for paths in within for path in paths if path.suffix in {".yaml", ".yml"}]


JobFile = Annotated[
    Path,
    typer.Argument(
        metavar="JOB.yaml", help="The job.", show_default=False, autocompletion=complete_job
    ),
]
AsOf = Annotated[
    Optional[str],
    typer.Option(help="The last day that is known: YYYY-MM-DD, yesterday or today."),
]
Out = Annotated[
    Optional[Path],
    typer.Option(help="The output folder.", show_default="outputs/NAME"),
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the trace of an error.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show warnings and errors only.")]
Json = Annotated[bool, typer.Option("--json", help="Write the result as JSON.")]
Force = Annotated[bool, typer.Option("--force", help="Train again even if nothing has changed.")]
Open = Annotated[bool, typer.Option("--open", help="Open the report in a browser at the end.")]
Tune = Annotated[
    Optional[int],
    typer.Option(
        min=1,
        metavar="N",
        help="Search N sets of LightGBM's parameters first; the job's `churn.tune`.",
        show_default=False,
    ),
]
