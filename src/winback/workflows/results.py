"""The results of a job: its output folder, and the manifest of what made them."""

from __future__ import annotations

from datetime import date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from winback.config import LoadedJob
from winback.errors import DataError, UsageError
from winback.files import read_record
from winback.publishing.layout import MANIFEST
from winback.workflows.output import OutputFolder


class Results(OutputFolder):
    """The output folder of one job.

    Parameters
    ----------
    settings
        The job.
    out
        The folder. Unset: the job's `output`, or `outputs/NAME`.
    """

    def __init__(self, settings: LoadedJob, out: Path | None = None) -> None:
        self.settings = settings
        super().__init__(Path(out or settings.job.output or Path("outputs") / settings.job.name))

    def require(self, name: str, command: str) -> Path:
        """Return the result `name` of the job's date, or say which command makes it.

        Raises
        ------
        UsageError
            There is none yet.
        DataError
            There is one, of another date.
        """
        path = self.find(name)
        hint = f"run `winback {command} {self.settings.path.name}` first"
        if path is None:
            raise UsageError(f"there is no {name} yet", where=str(self.out), hint=hint)
        made = _day_of(path) if path.suffix == ".parquet" else None
        if made not in (None, self.settings.job.as_of):
            raise DataError(
                f"{name} is of another date",
                where=str(path),
                got=made,
                allowed=str(self.settings.job.as_of),
                hint=hint,
            )
        return path

    @property
    def manifest(self) -> dict[str, Any]:
        """What this and earlier commands on the same job and date have recorded."""
        if self._manifest is None:
            fixed = {
                "name": self.settings.job.name,
                "as_of": self.settings.job.as_of.isoformat(),
                "config_hash": self.settings.config_hash,
                "package_version": version("winback"),
            }
            earlier = read_record(self.earlier / MANIFEST)
            same = all(earlier.get(key) == value for key, value in fixed.items())
            self._manifest = {**earlier, **fixed} if same else dict(fixed)
        return self._manifest


def _day_of(path: Path) -> date | None:
    """Return the date that a result's rows bear; None where it has no rows."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(1, columns=["as_of"]):
            day = batch.column(0)[0].as_py()
            return day.date() if isinstance(day, datetime) else day
    return None
