"""Where a job's runs and models are kept; what the workflows ask of it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from winback.config import LoadedJob
from winback.errors import RegistryError
from winback.roles import ROLES
from winback.workflows.champion_set import demand_one_training

if TYPE_CHECKING:
    import pandas as pd

    from winback.registry.load import LoadedModel
    from winback.registry.store import Store


class Tracking:
    """A job's place in the registry of runs and models; opened when first asked for.

    Parameters
    ----------
    settings
        The job.
    """

    def __init__(self, settings: LoadedJob) -> None:
        self.settings = settings

    @cached_property
    def store(self) -> Store:
        """Where runs and models are kept."""
        from winback.registry.store import open_store

        tracking = self.settings.job.tracking
        return open_store(tracking.uri, artifacts=tracking.artifacts)

    def name(self, role: str) -> str:
        """Return what the job's model of a role is registered as."""
        return f"{self.settings.job.name}-{role}"

    def version(self, role: str, version: int) -> LoadedModel:
        """Load one version of the job's model of a role."""
        from winback.registry.aliases import resolve
        from winback.registry.load import load_version

        return load_version(self.store, resolve(self.store, f"{self.name(role)}/{version}"))

    @cached_property
    def champions(self) -> dict[str, LoadedModel]:
        """The three champions, resolved to versions and loaded once a command.

        Raises
        ------
        RegistryError
            There is no champion yet, champions do not belong together, or the churn champion
            predicts another window than the job asks for.
        """
        from winback.registry.aliases import CHAMPION, aliases_of, resolve
        from winback.registry.load import load_version

        store, job = self.store, self.settings.job
        again = f"run `winback run {self.settings.path.name}`, or train and promote"
        missing = [self.name(r) for r in ROLES if CHAMPION not in aliases_of(store, self.name(r))]
        if missing:
            raise RegistryError("there is no champion yet", where=", ".join(missing), hint=again)
        refs = {role: resolve(store, f"{self.name(role)}@{CHAMPION}") for role in ROLES}
        demand_one_training(refs)
        models = {role: load_version(store, ref) for role, ref in refs.items()}
        churn = models["churn"].estimator
        asked = job.churn_horizon_days or churn.horizon_days  # under `auto`: as it was trained
        if (churn.horizon_days, churn.gap_days) != (asked, job.churn.gap_days):
            raise RegistryError(
                "the churn champion predicts another window than the job asks for",
                where=refs["churn"].label,
                got=f"{churn.horizon_days} days after a gap of {churn.gap_days}",
                allowed=f"{asked} days after a gap of {job.churn.gap_days}",
                hint=again,
            )
        # what a purchase is worth is the job's to say, not the day's on which a model was fitted
        models["value"].estimator.set_params(margin=job.margin, discount_rate=job.discount_rate)
        return models

    def scored_with(self, scores: pd.DataFrame, role: str) -> LoadedModel:
        """Load the model of a role that made these scores, whoever is champion now."""
        version = int(scores[f"{role}_version"].iloc[0])
        champion = self.__dict__.get("champions", {}).get(role)
        if champion is not None and champion.version == version:
            return champion  # type: ignore[no-any-return]
        return self.version(role, version)

    def earlier(self, role: str) -> Any:
        """Return the champion's estimator of a role; None where there is no champion.

        Raises
        ------
        RegistryError
            It cannot be read.
        """
        from winback.registry.aliases import CHAMPION, aliases_of

        version = aliases_of(self.store, self.name(role)).get(CHAMPION)
        return None if version is None else self.version(role, version).estimator
