"""Champions that go together are of one training: demanded before scoring, mended by promoting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from winback.errors import RegistryError
from winback.messages import Message
from winback.roles import GOING_TOGETHER

if TYPE_CHECKING:
    from winback.registry.aliases import ModelVersionRef
    from winback.registry.store import Store
    from winback.workflows.reporter import Reporter


def demand_one_training(champions: Mapping[str, ModelVersionRef]) -> None:
    """Refuse champions of different trainings where one is made of the other's predictions.

    Examples
    --------
    >>> from winback.registry.aliases import ModelVersionRef
    >>> champions = {
    ...     "value": ModelVersionRef("shop-value", 2, "second", ""),
    ...     "churn": ModelVersionRef("shop-churn", 1, "first", ""),
    ...     "tiers": ModelVersionRef("shop-tiers", 1, "first", ""),
    ... }
    >>> demand_one_training(champions)
    Traceback (most recent call last):
    ...
    winback.errors.RegistryError: the champions are of different trainings ... Next: ...
    """
    for roles in GOING_TOGETHER.values():
        refs = [champions[role] for role in roles]
        if len({ref.run_id for ref in refs}) > 1:
            raise RegistryError(
                "the champions are of different trainings and do not belong together",
                where=", ".join(ref.label for ref in refs),
                got=", ".join(f"{ref.label} of training {ref.run_id}" for ref in refs),
                allowed="one training: tiers are cuts of what their value model predicts",
                hint="`winback promote JOB.yaml` finishes a promotion that was cut short; "
                "`winback rollback JOB.yaml` goes back to the champions of before",
            )


def finish_promotion(store: Store, name: str, reporter: Reporter) -> None:
    """Bring after the first of a pair what a killed promotion or rollback left behind.

    Parameters
    ----------
    name
        The job's.
    """
    from winback.registry.aliases import CHAMPION, aliases_of, promote, resolve, versions_of

    for leader, *followers in GOING_TOGETHER.values():
        if CHAMPION not in aliases_of(store, f"{name}-{leader}"):
            continue
        led_by = resolve(store, f"{name}-{leader}@{CHAMPION}")
        for role in followers:
            if CHAMPION not in aliases_of(store, f"{name}-{role}"):
                continue
            if resolve(store, f"{name}-{role}@{CHAMPION}").run_id == led_by.run_id:
                continue
            for own in versions_of(store, f"{name}-{role}"):
                if own.run_id == led_by.run_id:
                    promote(store, own)
                    said = Message("gate.brought_after", name=own.label, leader=led_by.label)
                    reporter.warn(said)
