"""The arguments and options that commands have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

JobFile = Annotated[Path, typer.Argument(metavar="JOB.yaml", help="The job.", show_default=False)]
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
Tune = Annotated[
    Optional[int],
    typer.Option(
        min=1,
        metavar="N",
        help="Search N sets of LightGBM's parameters first; the job's `churn.tune`.",
        show_default=False,
    ),
]
