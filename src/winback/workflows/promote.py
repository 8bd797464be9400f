"""Let the gate decide which challengers become champions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from winback.errors import GateRefusedError
from winback.workflows.evaluate import snapshot_settings
from winback.workflows.session import Session

if TYPE_CHECKING:
    from winback.evaluation.gate import GateDecision
    from winback.registry.aliases import ModelVersionRef

ROLES = ("value", "churn", "tiers")


def promote(session: Session) -> dict[str, Any]:
    """Judge every challenger, and promote those that the gate lets through.

    Returns
    -------
    dict
        Of each model: version, whether it is champion now, and the gate's reasons.

    Raises
    ------
    GateRefusedError
        The gate refused one; the others are promoted all the same.
    """
    decisions = decide(session)
    refused = [role for role, decision in decisions.items() if not decision["champion"]]
    if refused:
        raise GateRefusedError(
            "the gate refused a promotion",
            where=", ".join(f"{session.job.name}-{role}" for role in refused),
            got="; ".join(decisions[refused[0]]["reasons"]),
            hint="the champion stays; see the reasons, or compare with `winback backtest`",
        )
    return {"models": decisions}


def decide(session: Session) -> dict[str, dict[str, Any]]:
    """Promote what the gate lets through; tell of the rest without raising.

    The very first model of a job has no champion to compare with. It is promoted if it holds
    against the baselines and, failing that, with a loud warning: a job without any champion
    could not score at all. Tiers are learned on a value model's predictions, so they are only
    promoted together with it.
    """
    from winback.registry.aliases import CHALLENGER, CHAMPION, aliases_of, resolve
    from winback.registry.aliases import promote as move_alias
    from winback.registry.notes import GATE, read_notes, write_notes

    job, store, reporter = session.job, session.store, session.reporter
    decisions: dict[str, dict[str, Any]] = {}
    for role in ROLES:
        name = f"{job.name}-{role}"
        challenger = resolve(store, f"{name}@{CHALLENGER}")
        champion = aliases_of(store, name).get(CHAMPION)
        if champion == challenger.version:
            decisions[role] = _said(challenger, True, read_notes(challenger, GATE))
            continue
        incumbent = None if champion is None else resolve(store, f"{name}/{champion}")
        with reporter.step(f"Judging {challenger.label}"):
            decision = _judge(session, role, challenger, incumbent)
        accepted, reasons = decision.accepted, list(decision.reasons)
        told = f"champion: {reasons[-1]}"
        if role == "tiers" and incumbent is not None and not decisions["value"]["champion"]:
            accepted, reasons = False, ["the value model they were learned on was refused"]
        if not accepted and incumbent is None:
            accepted = True
            reporter.warn(
                f"{challenger.label} is the first of its kind and scores although the gate "
                f"would refuse it: {'; '.join(reasons)}"
            )
            reasons = ["the gate would refuse it, but there is no other", *reasons]
            told = "champion for want of another"
        write_notes(store, challenger, GATE, reasons)
        if accepted:
            move_alias(store, challenger)
            reporter.say(f"{challenger.label} is {told}")
        else:
            reporter.warn(
                f"{challenger.label} is refused, version {champion} stays champion: "
                f"{'; '.join(reasons)}"
            )
        decisions[role] = _said(challenger, accepted, reasons)
    session.manifest["promotion"] = decisions
    return decisions


def _judge(
    session: Session, role: str, challenger: ModelVersionRef, champion: ModelVersionRef | None
) -> GateDecision:
    """Refit the recipes of challenger, champion and baselines at one cut-off, and compare."""
    from winback.evaluation import gate
    from winback.registry.artifacts import recipe

    job = session.job
    baselines = gate.BASELINES[role]
    recipes = {"challenger": recipe(session.store, challenger), **baselines}
    if champion is not None:
        recipes["champion"] = recipe(session.store, champion)
    churn = role == "churn"
    evidence = gate.evaluate_recipes(
        session.transactions,
        recipes,
        as_of=job.as_of,
        horizon_days=job.churn_horizon_days if churn else job.value.horizon_days,
        gap_days=job.churn.gap_days if churn else 0,
        active_within_days=job.churn.active_within_days,
        snapshots=snapshot_settings(session),
        events=session.events,
        value_recipe=_value_recipe(session) if role == "tiers" else None,
        random_state=job.random_state,
    )
    return gate.decide(
        evidence,
        challenger="challenger",
        champion=None if champion is None else "champion",
        baselines=tuple(baselines),
        random_state=job.random_state,
    )


def _value_recipe(session: Session) -> dict[str, Any]:
    from winback.registry.aliases import CHALLENGER, resolve
    from winback.registry.artifacts import recipe

    name = f"{session.job.name}-value@{CHALLENGER}"
    return recipe(session.store, resolve(session.store, name))


def _said(ref: ModelVersionRef, champion: bool, reasons: list[str]) -> dict[str, Any]:
    return {"name": ref.name, "version": ref.version, "champion": champion, "reasons": reasons}
