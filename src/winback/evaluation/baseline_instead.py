"""A baseline takes the place of what a contest chose and the gate would not let in.

A baseline is a candidate like any other. Where the contest's choice, refitted at the gate's
cut-off, is shown to be worse than one on the days after it, the baseline that won is what is
fitted: what fails its baselines has no claim to be used. A baseline that is champion already stays
until a contest's choice is shown to be better, as any champion does; it is fitted anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from winback.evaluation.gate import GateDecision, GateEvidence, decide
from winback.evaluation.gate_checks import Check
from winback.messages import Message


@dataclass(frozen=True)
class Instead:
    """A baseline that is used instead of the contest's choice.

    Parameters
    ----------
    name : str
        The baseline.
    message : Message
        Why, with the numbers.
    """

    name: str
    message: Message


def baseline_instead(
    evidence: GateEvidence,
    *,
    challenger: str,
    baselines: Sequence[str],
    champion: str | None = None,
    random_state: int = 0,
) -> Instead | None:
    """Return the baseline to be used instead of a contest's choice, or None to use the choice.

    Parameters
    ----------
    evidence : GateEvidence
        The choice and the baselines, refitted at the gate's cut-off.
    challenger : str
        The contest's choice, a name in the evidence.
    baselines : sequence of str
        Names in the evidence.
    champion : str, optional
        The baseline that is champion already.
    random_state : int

    Returns
    -------
    Instead or None
        The baseline with the lowest loss of those that nobody else is shown to beat, the choice
        included; the champion, if it is one of them. None where the choice holds its own, where
        nothing could be judged, and where each baseline is beaten in its turn.
    """
    asked = partial(decide, evidence, random_state=random_state)
    verdict = asked(challenger=challenger, champion=champion, baselines=baselines)
    if verdict.accepted or not evidence.tests or (champion is None and not verdict.beaten_by):
        return None
    shown = [name for name in baselines if name in evidence.tests[0].predictions]
    able: dict[str, float] = {}
    for name in shown:
        others = [challenger, *(other for other in shown if other != name)]
        own = asked(challenger=name, champion=None, baselines=others)
        if not own.beaten_by and not own.checks.empty:
            able[name] = _loss(own)
    if champion in able:
        return Instead(str(champion), Message("gate.baseline_stays", model=champion))
    if not able or not verdict.beaten_by:
        return None
    best = min(able, key=able.__getitem__)
    lost = [check for check in _lost(verdict) if check.against == best] or _lost(verdict)
    why = Message.of_all(check.message for check in lost)
    return Instead(best, Message("gate.baseline_instead", model=best, why=why))


def _loss(decision: GateDecision) -> float:
    """Return what a model loses, over the targets: the contest's loss, or the Brier score."""
    checks = decision.checks[decision.checks["metric"].isin(("loss", "brier"))]
    return float(checks.groupby("target")["challenger"].first().mean())


def _lost(decision: GateDecision) -> list[Check]:
    checks = [Check(*row) for row in decision.checks.itertuples(index=False)]
    return [check for check in checks if not check.passed and check.low > 0]
