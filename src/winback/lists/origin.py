"""For whom a list is made: its name, the name of its experiment, and whose limits it keeps."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from winback.lists.columns import VERSIONS, as_text
from winback.messages import Message


@dataclass(frozen=True)
class Origin:
    """Which job a list is made for, and what of its settings nobody has chosen.

    Parameters
    ----------
    job
        Name of the job; enters `list_id`.
    experiment_id
        Draws the arms. None: made from the job's name, the same on every day.
    salt
        Keeps draws apart between installations, see `winback.lists.control.draw_arms`.
    defaults
        The settings that nobody has chosen, as `key = value`.
    """

    job: str = "winback"
    experiment_id: str | None = None
    salt: str = "winback"
    defaults: Sequence[str] = ()

    @property
    def experiment(self) -> str:
        """The name of the experiment that draws the arms."""
        return self.experiment_id or f"{self.job}-win-back"

    def unchosen(self, keys: Sequence[str]) -> list[str]:
        """Return those of these settings that nobody has chosen, as `key = value`."""
        return [line for line in self.defaults if line.partition(" = ")[0] in keys]

    def limits(self, keys: Sequence[str]) -> Message:
        """Say whether somebody has chosen the limits of a list; stands on every row.

        Examples
        --------
        >>> job = Origin(defaults=["lists.win_back.budget = 250"])
        >>> str(job.limits(["lists.win_back.budget", "lists.win_back.capacity"]))
        'defaults: budget'
        >>> str(Origin().limits(["lists.win_back.budget"]))
        'set by the job'
        """
        unset = {line.partition(" = ")[0] for line in self.unchosen(keys)}
        if not unset:
            return Message("limits.set")
        return Message("limits.defaults", names=[k.split(".")[-1] for k in keys if k in unset])

    def list_id(self, name: str, as_of: date, versions: pd.DataFrame) -> str:
        """Name a list after what it was made from: the same inputs give the same name.

        Parameters
        ----------
        name
            Name of the list, such as `win_back`.
        as_of
            The last day that was known.
        versions
            The scores; their distinct model versions enter the name.

        Returns
        -------
        str
            `NAME-AS_OF-` and twelve hexadecimal digits.

        Examples
        --------
        >>> scores = pd.DataFrame({"value_version": [3, 3], "churn_version": [1, 1]})
        >>> Origin("shop").list_id("win_back", date(2011, 12, 9), scores)
        'win_back-2011-12-09-8027fa683e3f'
        """
        parts = [self.job, name, as_of.isoformat()]
        for column in VERSIONS:
            if column in versions.columns:
                parts += [column, *sorted(as_text(versions[column]).dropna().unique())]
        digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
        return f"{name}-{as_of.isoformat()}-{digest[:12]}"
