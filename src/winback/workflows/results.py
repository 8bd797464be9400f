"""The results of a job: its output folder, and the manifest of what made them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from winback.config import LoadedJob
from winback.errors import DataError, Sentence, UsageError
from winback.files import read_record
from winback.messages import Message
from winback.publishing.result_folder import MANIFEST
from winback.workflows.made_of import commands, differing, digest, settings_of
from winback.workflows.output import OutputFolder

if TYPE_CHECKING:
    from winback.lists.database import ListRows


class Results(OutputFolder):
    """The output folder of one job.

    Parameters
    ----------
    settings
        The job.
    out
        The folder. Unset: the job's `output`, or `outputs/NAME`.

    Attributes
    ----------
    for_database
        Lists that go to the job's database, together, when the files are in their place.
    """

    def __init__(self, settings: LoadedJob, out: Path | None = None) -> None:
        self.settings = settings
        self.for_database: list[ListRows] = []
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
        hint = Sentence(
            "run `winback {command} {job}` first", command=command, job=self.settings.path.name
        )
        if path is None:
            raise UsageError(
                Sentence("there is no {name} yet", name=name), where=str(self.out), hint=hint
            )
        made = _day_of(path) if path.suffix == ".parquet" else None
        if made not in (None, self.settings.job.as_of):
            raise DataError(
                Sentence("{name} is of another date", name=name),
                where=str(path),
                got=made,
                allowed=str(self.settings.job.as_of),
                hint=hint,
            )
        self.demand(command)
        return path

    def record(self, stage: str, **of: Any) -> None:
        """Keep in the manifest of what a stage's results are made, besides its settings.

        Parameters
        ----------
        stage
            `train`, `score` or `lists`.
        **of
            What else decides them, as plain data: the data's fingerprint, the models' digests, the
            stage before (see `made`).
        """
        made = self.manifest.setdefault("made", {})
        settings = settings_of(self.settings.job, stage)
        made[stage] = {"settings": settings, "package": version("winback"), **of}

    def made(self, stage: str) -> str | None:
        """Return a digest of what a stage's results are made of; None where nothing is kept."""
        kept = (self.manifest.get("made") or {}).get(stage)
        return None if kept is None else digest(kept)

    def is_current(self, stage: str, **of: Any) -> bool:
        """Whether a stage's results are of this date, and made of what is in force now.

        Parameters
        ----------
        stage
            As kept by `record`.
        **of
            What else must be as it was kept.
        """
        kept = (self.manifest.get("made") or {}).get(stage)
        settings = settings_of(self.settings.job, stage)
        return bool(kept == {"settings": settings, "package": version("winback"), **of})

    def demand(self, *stages: str, **of: Mapping[str, Any]) -> None:
        """Refuse results of other settings, data or models than are in force now.

        Parameters
        ----------
        stages
            Whose results are to be used. One that left no record, as an earlier winback did,
            cannot be judged.
        **of
            By stage, what else must be as it was kept by `record`.

        Raises
        ------
        UsageError
            Naming what differs, and the commands that make it anew.
        """
        kept, others = self.manifest.get("made") or {}, dict[str, list[str]]()
        for stage in stages:
            before = kept.get(stage)
            if before is None:
                continue
            now = {"package": version("winback"), **of.get(stage, {})}
            names = differing(before["settings"], settings_of(self.settings.job, stage))
            names += [name for name, value in now.items() if before.get(name) != value]
            if names:
                others[stage] = names
        if others:
            raise UsageError(
                "the results here were made of something else than the job now says",
                where=str(self.out),
                got=Message.of_all(
                    Message.of(Sentence("{stage}: other {names}", stage=stage, names=names))
                    for stage, names in others.items()
                ),
                hint=Sentence(
                    "make them anew: {commands}", commands=commands(others, self.settings.path.name)
                ),
            )

    def publish(self) -> None:
        """Publish what is staged; then bring the folders that are granted apart to it."""
        super().publish()
        if self.settings.job.folders.any:
            from winback.workflows.shared_folders import share

            share(self.settings, self.out)

    @property
    def manifest(self) -> dict[str, Any]:
        """What this and earlier commands on the same job and date have recorded.

        Whether it still fits the settings is for `demand` to say.
        """
        if self._manifest is None:
            fixed = {
                "name": self.settings.job.name,
                "as_of": self.settings.job.as_of.isoformat(),
                "config_hash": self.settings.config_hash,
                "package_version": version("winback"),
            }
            earlier = read_record(self.earlier / MANIFEST)
            same = all(earlier.get(key) == fixed[key] for key in ("name", "as_of"))
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
