"""Go back to the champions of before."""

from __future__ import annotations

from typing import Any

from winback.errors import RegistryError
from winback.workflows.session import Session

PARTS = {"value": ("value", "tiers"), "churn": ("churn",)}
"""What goes back together: tiers are cut on the predictions of their value model."""


def rollback(session: Session, *, only: str | None = None) -> dict[str, Any]:
    """Make the previous champions champions again; the two change places.

    Value and tiers go back together or not at all. What has no earlier champion stays. Results
    that are there already stay too: `winback score` and `winback lists` make them anew.

    Parameters
    ----------
    session
        The command at work.
    only
        A key of `PARTS`. None: whatever can go back.

    Returns
    -------
    dict
        `models`: of each that went back its name, `version` (champion now) and `instead_of`.

    Raises
    ------
    RegistryError
        Nothing can go back.
    """
    from winback.registry.aliases import CHAMPION, aliases_of
    from winback.registry.aliases import rollback as move_back

    store, job = session.store, session.job.name
    refusals: list[RegistryError] = []
    moved: dict[str, dict[str, Any]] = {}
    for roles in PARTS.values() if only is None else [PARTS[only]]:
        try:
            _check(session, roles)
        except RegistryError as error:
            refusals.append(error)
            continue
        for role in roles:
            before = aliases_of(store, f"{job}-{role}")[CHAMPION]
            ref = move_back(store, f"{job}-{role}")
            moved[role] = {"name": ref.name, "version": ref.version, "instead_of": before}
            session.reporter.say(f"{ref.label} is champion again, instead of {ref.name}/{before}")
    if not moved:
        raise refusals[0]
    for refusal in refusals:
        session.reporter.warn(str(refusal))
    session.keep_only(None)
    return {"models": moved}


def _check(session: Session, roles: tuple[str, ...]) -> None:
    """Raise unless each of `roles` has an earlier champion, and those are of one training."""
    from winback.registry.aliases import CHAMPION, PREVIOUS, aliases_of, resolve

    trainings = set()
    for role in roles:
        name = f"{session.job.name}-{role}"
        known = aliases_of(session.store, name)
        if known.get(PREVIOUS) in (None, known.get(CHAMPION)):
            raise RegistryError(
                "there is no earlier champion to return to",
                where=name,
                got=", ".join(f"{key} ({number})" for key, number in sorted(known.items()))
                or "none",
                hint="a second champion has to be promoted before one can go back to the first",
            )
        trainings.add(resolve(session.store, f"{name}@{PREVIOUS}").run_id)
    if len(trainings) > 1:
        raise RegistryError(
            "the earlier champions are of different trainings and do not belong together",
            where=", ".join(f"{session.job.name}-{role}@{PREVIOUS}" for role in roles),
            hint="promote a pair of one training with winback.promote",
        )
