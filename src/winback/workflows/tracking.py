"""Where a job's runs and models are kept; what the workflows ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from winback.config import LoadedJob
from winback.errors import RegistryError, Sentence
from winback.roles import ROLES
from winback.workflows.champion_set import demand_one_training

if TYPE_CHECKING:
    import pandas as pd

    from winback.registry.aliases import ModelVersionRef
    from winback.registry.claim import Claim
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
        self._loaded: dict[str, LoadedModel] = {}

    @cached_property
    def store(self) -> Store:
        """Where runs and models are kept."""
        from winback.registry.store import open_store

        tracking = self.settings.job.tracking
        return open_store(tracking.uri, artifacts=tracking.artifacts)

    def alone(self, what: str) -> AbstractContextManager[Claim]:
        """Hold the claim to a `promotion` (or `training`) of this job while a block lasts.

        Raises
        ------
        RegistryError
            Another living process holds it.
        """
        from winback.registry.claim import sole

        return sole(self.store, self.store.experiment(self.settings.job.name), what)

    def name(self, role: str) -> str:
        """Return what the job's model of a role is registered as."""
        return f"{self.settings.job.name}-{role}"

    def trainings(self) -> set[str]:
        """Return the `run_id` of every training of the job that left a value model."""
        from winback.registry.aliases import versions_of

        return {ref.run_id for ref in versions_of(self.store, self.name("value"))}

    def version(self, role: str, version: int) -> LoadedModel:
        """Load one version of the job's model of a role, once."""
        from winback.registry.aliases import resolve

        label = f"{self.name(role)}/{version}"
        return self._loaded.get(label) or self._load(resolve(self.store, label))

    def _load(self, ref: ModelVersionRef) -> LoadedModel:
        from winback.registry.load import load_version

        if ref.label not in self._loaded:
            self._loaded[ref.label] = load_version(self.store, ref)
        return self._loaded[ref.label]

    def state(self, role: str, version: int, fitness: Mapping[str, Any]) -> None:
        """Keep with a version what it is fit for."""
        from winback.registry.aliases import resolve
        from winback.registry.version_notes import write_fitness

        model = self.version(role, version)
        write_fitness(self.store, model.ref, fitness)
        label = model.ref.label
        self._loaded[label] = replace(model, ref=resolve(self.store, label))

    @cached_property
    def champions(self) -> dict[str, LoadedModel]:
        """The three champions, resolved to versions and loaded once a command.

        Raises
        ------
        RegistryError
            There is no champion yet, champions do not belong together, or the churn champion
            predicts another window than the job asks for.
        """
        from winback.registry.aliases import CHAMPION, resolve

        job = self.settings.job
        again = Sentence(
            "run `winback run {job}`, or train and promote", job=self.settings.path.name
        )
        missing = [self.name(role) for role in ROLES if self._champion(role) is None]
        if missing:
            raise RegistryError("there is no champion yet", where=", ".join(missing), hint=again)
        refs = {role: resolve(self.store, f"{self.name(role)}@{CHAMPION}") for role in ROLES}
        demand_one_training(refs)
        models = {role: self._load(ref) for role, ref in refs.items()}
        churn = models["churn"].estimator
        asked = job.churn_horizon_days or churn.horizon_days  # under `auto`: as it was trained
        if (churn.horizon_days, churn.gap_days) != (asked, job.churn.gap_days):
            raise RegistryError(
                "the churn champion predicts another window than the job asks for",
                where=models["churn"].ref.label,
                got=Sentence(
                    "{horizon_days} {horizon_days:form.day/days} after a gap of {gap_days}",
                    horizon_days=churn.horizon_days,
                    gap_days=churn.gap_days,
                ),
                allowed=Sentence(
                    "{asked} {asked:form.day/days} after a gap of {gap_days}",
                    asked=asked,
                    gap_days=job.churn.gap_days,
                ),
                hint=again,
            )
        # what a purchase is worth is the job's to say, not the day's on which a model was fitted
        models["value"].estimator.set_params(margin=job.margin, discount_rate=job.discount_rate)
        return models

    def that_scored(self, scores: pd.DataFrame) -> dict[str, LoadedModel]:
        """Load what gave these scores their value and their risk, whoever is champion now."""
        roles = () if scores.empty else ("value", "churn")
        return {role: self.version(role, int(scores[f"{role}_version"].iloc[0])) for role in roles}

    def earlier(self, role: str) -> Any:
        """Return the champion's estimator of a role; None where there is no champion.

        Raises
        ------
        RegistryError
            It cannot be read.
        """
        version = self._champion(role)
        return None if version is None else self.version(role, version).estimator

    def _champion(self, role: str) -> int | None:
        from winback.registry.aliases import CHAMPION, aliases_of

        return aliases_of(self.store, self.name(role)).get(CHAMPION)
