"""Let the gate decide which challengers become champions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from winback.errors import GateRefusedError, Sentence
from winback.messages import Message, as_records
from winback.roles import ROLES
from winback.workflows.at_the_gate import first_decision, gate_evidence
from winback.workflows.champion_set import finish_promotion

if TYPE_CHECKING:
    from winback.config import Job
    from winback.evaluation.gate import GateDecision
    from winback.registry.aliases import ModelVersionRef
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables
    from winback.workflows.tracking import Tracking


def promote(
    job: Job,
    tables: JobTables,
    results: Results,
    tracking: Tracking,
    reporter: Reporter,
    *,
    force: Collection[str] = (),
) -> dict[str, Any]:
    """Judge every challenger, and promote those that the gate lets through.

    Parameters
    ----------
    force
        Which of `value`, `churn` and `tiers` to promote whatever the gate says; value and tiers go
        together.

    Returns
    -------
    dict
        Of each model: version, whether it is champion now, and the gate's reasons.

    Raises
    ------
    GateRefusedError
        The gate refused one; the others are promoted all the same.
    """
    decisions = decide(job, tables, results, tracking, reporter, force=force)
    refused = [role for role, decision in decisions.items() if not decision["champion"]]
    if refused:
        raise GateRefusedError(
            "the gate refused a promotion",
            where=", ".join(f"{job.name}-{role}" for role in refused),
            got=Message.of_all(decisions[refused[0]]["reasons"]),
            hint="the champion stays; see the reasons, or compare with `winback backtest`",
        )
    return {"models": decisions}


def decide(
    job: Job,
    tables: JobTables,
    results: Results,
    tracking: Tracking,
    reporter: Reporter,
    *,
    force: Collection[str] = (),
    go_on: bool = False,
) -> dict[str, dict[str, Any]]:
    """Promote what the gate lets through; tell of the rest without raising.

    The very first model of a job has no champion to compare with: it is promoted if it holds
    against the baselines and, where it is not known whether it does, with a loud warning. A
    training puts a baseline in the place of a choice that it beats (`at_the_gate`); who is still
    shown to be worse than a baseline is promoted only by name (`force`), or with a loud warning
    where a job must `go_on` and there is no champion: whoever runs a job for the first time gets
    scores, and is told what is better. Tiers are cut on a value model's predictions: the two are
    promoted together or not at all.

    Raises
    ------
    GateRefusedError
        A first model fails its baselines, and the job need not go on.
    """
    with tracking.alone("promotion"):
        finish_promotion(tracking.store, job.name, reporter)
        verdicts = {role: _verdict(job, tables, tracking, reporter, role) for role in ROLES}
        _let_in(verdicts, force, go_on=go_on)
        _keep_together(verdicts)
        _move(verdicts, tracking, reporter)
    decisions = {
        role: {
            "name": verdict.challenger.name,
            "version": verdict.challenger.version,
            "champion": verdict.accepted,
            "reasons": verdict.reasons,
        }
        for role, verdict in verdicts.items()
    }
    results.manifest["promotion"] = as_records(decisions)
    none = [role for role, v in verdicts.items() if v.rival is None and not v.accepted]
    if none:
        raise GateRefusedError(
            "a first model fails its baselines, and there is no champion to go on with",
            where=", ".join(f"{job.name}-{role}" for role in none),
            got=Message.of_all(verdicts[none[0]].reasons),
            hint=Sentence(
                "look at `winback backtest`; `winback promote JOB.yaml --force "
                "{model}` promotes it all the same",
                model=none[0].replace("tiers", "value"),
            ),
        )
    return decisions


def _keep_together(verdicts: Mapping[str, _Verdict]) -> None:
    """Let neither value nor tiers pass where the other is refused."""
    both = verdicts["value"], verdicts["tiers"]
    if any(verdict.rival is not None and not verdict.accepted for verdict in both):
        for verdict in both:
            if verdict.accepted and not verdict.standing:
                verdict.accepted = False
                verdict.reasons.append(Message("gate.together"))


def _move(verdicts: Mapping[str, _Verdict], tracking: Tracking, reporter: Reporter) -> None:
    """Tell of the verdicts, keep them with the versions, and make champions."""
    from winback.registry.aliases import promote as move_alias
    from winback.registry.version_notes import GATE, write_notes

    for verdict in verdicts.values():
        if verdict.standing:
            continue
        _tell(reporter, verdict)
        write_notes(tracking.store, verdict.challenger, GATE, verdict.reasons)
        if verdict.accepted:
            move_alias(tracking.store, verdict.challenger)


def _let_in(verdicts: Mapping[str, _Verdict], force: Collection[str], *, go_on: bool) -> None:
    """Let in who is asked for by name, and first models where the job must go on."""
    pair = {"value", "tiers"}
    for role in set(force) | (pair if pair & set(force) else set()):
        if not verdicts[role].accepted:
            verdicts[role].accepted = verdicts[role].forced = True
            verdicts[role].reasons.insert(0, Message("gate.forced"))
    for verdict in verdicts.values() if go_on else ():
        if verdict.rival is None and not verdict.accepted:
            verdict.accepted = verdict.first = True
            verdict.reasons.insert(0, Message("gate.beaten_first"))


@dataclass
class _Verdict:
    """What is to become of one challenger.

    Attributes
    ----------
    challenger
        The version judged.
    rival
        The champion it was compared with, or None.
    accepted, reasons
        The gate's word.
    standing
        It is champion already.
    first
        The gate would not let it in, but there is no rival to keep.
    forced
        It was asked for by name.
    """

    challenger: ModelVersionRef
    rival: ModelVersionRef | None
    accepted: bool
    reasons: list[Message]
    standing: bool = False
    first: bool = False
    forced: bool = False


def _verdict(
    job: Job, tables: JobTables, tracking: Tracking, reporter: Reporter, role: str
) -> _Verdict:
    from winback.registry.aliases import CHALLENGER, CHAMPION, aliases_of, resolve
    from winback.registry.version_notes import GATE, read_notes

    store, name = tracking.store, f"{job.name}-{role}"
    challenger = resolve(store, f"{name}@{CHALLENGER}")
    champion = aliases_of(store, name).get(CHAMPION)
    if champion == challenger.version:
        reasons = read_notes(challenger, GATE)
        return _Verdict(challenger, None, accepted=True, reasons=reasons, standing=True)
    rival = None if champion is None else resolve(store, f"{name}/{champion}")
    overdue = None if rival is None else _overdue(job, tables, tracking, role, rival)
    with reporter.step(Message("doing.judge", label=challenger.label)):
        decision = _judge(job, tables, tracking, role, challenger, rival, overdue)
    verdict = _Verdict(challenger, rival, decision.accepted, [*decision.reasons])
    _mind_fitness(verdict)
    if rival is None and not verdict.accepted and not decision.beaten_by:
        verdict.first = verdict.accepted = True
        verdict.reasons.insert(0, Message("gate.first"))
    return verdict


def _mind_fitness(verdict: _Verdict) -> None:
    """Refuse what is not fit for ranking where the champion is; say so where there is no rival."""
    from winback.evaluation.fitness import Fitness
    from winback.registry.version_notes import read_fitness

    kept = read_fitness(verdict.challenger)
    if kept is None or Fitness.of(kept).ranks:
        return
    verdict.reasons.append(Fitness.of(kept).message)
    before = None if verdict.rival is None else read_fitness(verdict.rival)
    if before is not None and Fitness.of(before).ranks:
        verdict.accepted = False
        verdict.reasons.append(Message("gate.ranks_no_more"))


def _overdue(
    job: Job, tables: JobTables, tracking: Tracking, role: str, champion: ModelVersionRef
) -> Message | None:
    """Say what speaks against a champion beforehand: the days it predicts, or its age."""
    from winback.evaluation.gate import MAX_AGE_DAYS
    from winback.registry.artifacts import recipe, trained_on

    if role == "churn":
        params = recipe(tracking.store, champion)["params"]
        window = (params["horizon_days"], params["gap_days"])
        if window != (tables.churn_horizon_days, job.churn.gap_days):
            return Message("gate.other_window", name=champion.label)
    trained = trained_on(tracking.store, champion.run_id)
    age = 0 if trained is None else (job.as_of - date.fromisoformat(trained)).days
    if age > MAX_AGE_DAYS:
        return Message("gate.aged", name=champion.label, days=age, most=MAX_AGE_DAYS)
    return None


def _tell(reporter: Reporter, verdict: _Verdict) -> None:
    label, reasons = verdict.challenger.label, Message.of_all(verdict.reasons)
    if verdict.first or verdict.forced:
        reporter.warn(Message("log.champion", label=label, reasons=reasons))
    elif verdict.accepted:
        reporter.say(Message("log.champion", label=label, reasons=verdict.reasons[-1]))
    elif verdict.rival is None:
        reporter.warn(Message("log.refused", label=label, reasons=reasons))
    else:
        rival = verdict.rival.label
        reporter.warn(Message("log.refused_kept", label=label, rival=rival, reasons=reasons))


def _judge(
    job: Job,
    tables: JobTables,
    tracking: Tracking,
    role: str,
    challenger: ModelVersionRef,
    champion: ModelVersionRef | None,
    overdue: Message | None,
) -> GateDecision:
    """Refit the recipes of challenger, champion and baselines at one cut-off, and compare."""
    from winback.evaluation import gate
    from winback.registry.artifacts import recipe

    own = recipe(tracking.store, challenger)
    value_recipe = _value_recipe(job, tracking) if role == "tiers" else None
    if champion is None:
        return first_decision(job, tables, role, own, value_recipe)
    recipes = {"challenger": own, "champion": recipe(tracking.store, champion)}
    return gate.decide(
        gate_evidence(job, tables, role, recipes, value_recipe),
        challenger="challenger",
        champion="champion",
        baselines=tuple(gate.BASELINES[role]),
        overdue=overdue,
        random_state=job.random_state,
    )


def _value_recipe(job: Job, tracking: Tracking) -> dict[str, Any]:
    from winback.registry.aliases import CHALLENGER, resolve
    from winback.registry.artifacts import recipe

    name = f"{job.name}-value@{CHALLENGER}"
    return recipe(tracking.store, resolve(tracking.store, name))
