"""Go back to the champions of before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from winback.errors import RegistryError
from winback.messages import Message
from winback.roles import GOING_TOGETHER

if TYPE_CHECKING:
    from winback.config import Job
    from winback.registry.aliases import ModelVersionRef
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tracking import Tracking


def rollback(
    job: Job, results: Results, tracking: Tracking, reporter: Reporter, *, only: str | None = None
) -> dict[str, Any]:
    """Make the previous champions champions again; the two change places.

    Value and tiers go back together or not at all; where a rollback was killed between the two,
    the next one brings the second after the first. What has no earlier champion stays. Results
    that are there already stay too: `winback score` and `winback lists` make them anew.

    Parameters
    ----------
    only
        A key of `GOING_TOGETHER`. None: whatever can go back.

    Returns
    -------
    dict
        `models`: of each that went back its name, `version` (champion now) and `instead_of`.

    Raises
    ------
    RegistryError
        Nothing can go back.
    """
    with tracking.alone("promotion"):
        moved, refusals = _go_back(job, tracking, reporter, only)
    if not moved:
        raise refusals[0]
    for refusal in refusals:
        reporter.warn(Message.of_error(refusal, hint=True))
    results.keep_only(None)
    return {"models": moved}


def _go_back(
    job: Job, tracking: Tracking, reporter: Reporter, only: str | None
) -> tuple[dict[str, dict[str, Any]], list[RegistryError]]:
    """Let champions and those before change places; return who did, and why others did not."""
    from winback.registry.aliases import CHAMPION, aliases_of
    from winback.registry.aliases import rollback as move_back

    store = tracking.store
    refusals: list[RegistryError] = []
    moved: dict[str, dict[str, Any]] = {}
    for roles in GOING_TOGETHER.values() if only is None else [GOING_TOGETHER[only]]:
        try:
            earlier = _earlier(job, tracking, roles)
        except RegistryError as error:
            refusals.append(error)
            continue
        for role, ref in earlier.items():
            before = aliases_of(store, ref.name)[CHAMPION]
            if before == ref.version:  # a rollback that was killed has come so far
                continue
            move_back(store, ref.name)
            moved[role] = {"name": ref.name, "version": ref.version, "instead_of": before}
            instead_of = f"{ref.name}/{before}"
            reporter.say(Message("log.went_back", label=ref.label, before=instead_of))
    return moved, refusals


def _earlier(job: Job, tracking: Tracking, roles: tuple[str, ...]) -> dict[str, ModelVersionRef]:
    """Return the versions of one training that `roles` go back to.

    All have the same two trainings, as champion and as the one before. Where the champions are of
    one training, all go to the other; where they are not, a rollback was killed, and the first role
    has moved before the others: they follow it.
    """
    held = {role: _held(tracking, f"{job.name}-{role}") for role in roles}
    if len({training for of in held.values() for training in of}) <= 2:
        for training in held[roles[0]]:
            moving = any(next(iter(of), None) != training for of in held.values())
            if moving and all(training in of for of in held.values()):
                return {role: of[training] for role, of in held.items()}
    for role, of in held.items():
        if len(of) < 2:
            raise RegistryError(
                "there is no earlier champion to return to",
                where=f"{job.name}-{role}",
                got=", ".join(f"champion ({ref.version})" for ref in of.values()) or "none",
                hint="a second champion has to be promoted before one can go back to the first",
            )
    raise RegistryError(
        "the earlier champions are of different trainings and do not belong together",
        where=", ".join(f"{job.name}-{role}" for role in roles),
        hint="promote a pair of one training with winback.promote",
    )


def _held(tracking: Tracking, name: str) -> dict[str, ModelVersionRef]:
    """Return the champion and then the one before, by the training that made them."""
    from winback.registry.aliases import CHAMPION, PREVIOUS, aliases_of, resolve

    aliases = aliases_of(tracking.store, name)
    held: dict[str, ModelVersionRef] = {}
    for alias in (CHAMPION, PREVIOUS):
        if alias in aliases:
            ref = resolve(tracking.store, f"{name}/{aliases[alias]}")
            held.setdefault(ref.run_id, ref)
    return held
