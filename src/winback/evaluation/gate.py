"""The gate: may the challenger become champion.

Challenger, champion and baselines enter as recipes and are refitted at the same cut-off, before a
window that all of them are judged on: no artifact that has seen the window ever takes part. The
gate fails closed: without evidence, with a champion that cannot be refitted, with a missing metric,
or with a metric that is NaN, the answer is no.

It settles, too. A challenger of the champion's own recipe has newer data, which is reason enough.
One of another recipe needs a reason to move, and must be shown to be as good in every score:

* it is shown to be better (`checks.superiority`), at a boundary that a year of nightly looks at
  nearly the same window does not cross by chance; or
* something speaks against the champion: it is old (`MAX_AGE_DAYS`), it predicts other days than are
  asked for, or its total has drifted off (`DRIFT`). Then the burden of proof is turned round: the
  challenger must not be shown to be worse.

What is checked is defined in `winback.evaluation.gate_checks`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from winback.errors import NotEnoughDataError
from winback.evaluation.churn_forward import ChurnSettings, churn_forward
from winback.evaluation.forward import (
    ForwardTest,
    Recipe,
    same_but_settings,
    tiers_forward,
    value_forward,
    without_spend,
)
from winback.evaluation.gate_checks import (
    MARGIN,
    Check,
    churn_checks,
    superiority,
    tier_checks,
    value_checks,
)
from winback.evaluation.metrics import churn_metrics, value_metrics
from winback.evaluation.past import Past
from winback.evaluation.value_candidates import VALUE_CANDIDATES
from winback.evaluation.windows import MIN_CUSTOMERS, Window
from winback.messages import Message

MAX_AGE_DAYS = 90  # a quarter, and with it the season, has gone by
DRIFT = 1.25  # the factor by which a champion's total may miss; the challenger's must be nearer
KINDS = {
    "CustomerValueModel": "value",
    "LearnedValueModel": "value",
    "ChurnModel": "churn",
    "ValueTiers": "tiers",
}
VALUE_BASELINES = {
    name: VALUE_CANDIDATES[name]
    for name in (
        "last_period+own_mean",
        "rate+own_mean",
        "beta_geo+gamma_gamma",
        "poisson+gamma_gamma_all",
    )
}
CHURN_BASELINES: dict[str, Recipe] = {
    name: {"estimator": "ChurnModel", "params": {"candidates": [name]}}
    for name in ("base_rate", "recency_rule", "beta_geo", "logistic")
}
BASELINES: dict[str, dict[str, Recipe]] = {
    "value": VALUE_BASELINES,
    "churn": CHURN_BASELINES,
    "tiers": {},
}
"""By kind of model: what every challenger must at least hold its own against."""


@dataclass(frozen=True)
class GateEvidence:
    """Forward tests of recipes of one kind, refitted at one cut-off.

    Parameters
    ----------
    kind : str
        ``value``, ``churn`` or ``tiers``.
    window : Window or None
        Where they were judged; None if history is too short.
    tests : list of ForwardTest
        One per target.
    note : Message
        The cut-off, the window, and whether it is shorter than asked for.
    failed : dict of str to Message
        Recipes that could not be fitted, and why.
    recipes : dict of str to recipe
        What was refitted.
    """

    kind: str
    window: Window | None
    tests: list[ForwardTest]
    note: Message
    failed: dict[str, Message] = field(default_factory=dict)
    recipes: dict[str, Recipe] = field(default_factory=dict)


@dataclass(frozen=True)
class GateDecision:
    """What the gate decided.

    Parameters
    ----------
    accepted : bool
    reasons : list of Message
        One line each, with numbers: why refused; or what was compared.
    checks : DataFrame
        One row per check; the columns are the fields of `winback.evaluation.gate_checks.Check`.
    metrics : dict of str to float
        ``TARGET.METRIC`` of the challenger in the window.
    """

    accepted: bool
    reasons: list[Message]
    checks: pd.DataFrame
    metrics: dict[str, float]

    @property
    def beaten_by(self) -> list[str]:
        """The baselines, or the champion, that are shown to be better."""
        if self.checks.empty:
            return []
        lost = self.checks[~self.checks["passed"] & (self.checks["low"] > 0)]
        models = [against for against in lost["against"] if isinstance(against, str)]
        return list(dict.fromkeys(models))


def evaluate_recipes(
    past: Past,
    recipes: Mapping[str, Recipe],
    *,
    horizon_days: int,
    churn: ChurnSettings | None = None,
    value_recipe: Recipe | None = None,
    random_state: int = 0,
) -> GateEvidence:
    """Refit recipes of one kind at the same cut-off, and predict the window after it.

    Parameters
    ----------
    past : Past
        Its last days are the window.
    recipes : mapping of str to recipe
        Challenger, champion and baselines (see `BASELINES`), all of one estimator.
    horizon_days : int
        As in training; the window is shorter where history is (`gate_window`).
    churn : ChurnSettings, optional
        For churn: whom it is asked of, as in training.
    value_recipe : recipe, optional
        For tiers: the value model whose ``clv`` they are learned from.
    random_state : int

    Returns
    -------
    GateEvidence
        Without tests if there is too little history or fewer than 20 customers: then `decide`
        refuses.

    Raises
    ------
    ValueError
        If the recipes are of several estimators, or of one that the gate does not know.
    """
    kinds = {KINDS.get(recipe["estimator"]) for recipe in recipes.values()}
    if len(kinds) != 1 or None in kinds:
        names = ", ".join(sorted({str(recipe["estimator"]) for recipe in recipes.values()}))
        raise ValueError(f"recipes of one known estimator are compared, not of {names or 'none'}")
    kind, churn = str(kinds.pop()), churn or ChurnSettings()
    if kind == "value" and not past.has_amounts:
        recipes = {name: without_spend(recipe) for name, recipe in recipes.items()}
    window, note = past.last_window(horizon_days, churn.gap_days if kind == "churn" else 0)
    if window is None:
        return GateEvidence(kind, None, [], note)
    try:
        if kind == "value":
            tests = list(value_forward(past, recipes, window, random_state=random_state).values())
        elif kind == "churn":
            tests = [churn_forward(past, recipes, window, churn, random_state=random_state)]
        else:
            tests = [tiers_forward(past, recipes, window, value_recipe, random_state)]
    except NotEnoughDataError as error:
        return _unjudged(kind, window, note, Message.of_error(error))
    if not any(test.actual.any() for test in tests):
        bought = Message("gate.all_bought") if kind == "churn" else Message("gate.none_bought")
        return _unjudged(kind, window, note, bought)
    n = len(tests[0].actual)
    if n < MIN_CUSTOMERS:
        few = Message("gate.few_customers", n=n, least=MIN_CUSTOMERS)
        return _unjudged(kind, window, note, few)
    return GateEvidence(kind, window, tests, note, tests[0].failed, dict(recipes))


def _unjudged(kind: str, window: Window, note: Message, why: Message) -> GateEvidence:
    return GateEvidence(kind, window, [], Message("said_because", said=note, why=why))


def decide(
    evidence: GateEvidence,
    *,
    challenger: str,
    champion: str | None,
    baselines: Sequence[str],
    overdue: Message | None = None,
    n_replicates: int = 200,
    random_state: int = 0,
) -> GateDecision:
    """Decide whether the challenger may become champion.

    What is checked for value, churn and tiers is stated in `winback.evaluation.gate_checks`.
    Nothing is compared with its own recipe, whatever the settings: that proves nothing.

    Parameters
    ----------
    evidence : GateEvidence
    challenger : str
        A name in the recipes.
    champion : str or None
        None for the very first model, which is judged against the baselines alone. A champion
        whose recipe can no longer be fitted cannot be compared: refused.
    baselines : sequence of str
    overdue : Message, optional
        What speaks against the champion beforehand: its age, or the days it predicts.

    Returns
    -------
    GateDecision
    """
    if not evidence.tests:
        return _refused([evidence.note])
    if challenger not in evidence.tests[0].predictions:
        return _refused([Message("gate.unfitted", name=challenger, why=_why(evidence, challenger))])
    rivals, twins, said = _compared(evidence, challenger, champion, baselines)
    said = [evidence.note, *said]
    if champion is not None and champion not in (*rivals, *twins):
        return _refused([*said, Message("gate.champion_unseen")])
    if baselines and not set(rivals) & set(baselines):
        return _refused([*said, Message("gate.no_baseline")])
    champion = champion if champion in rivals else None
    checks: list[Check] = []
    if champion is not None and evidence.kind != "tiers":
        overdue = overdue or _drifted(evidence.tests[-1], challenger, champion)
        if overdue is None:
            checks.append(superiority(evidence.tests[-1], challenger, champion))
        said.append(overdue or Message("gate.to_be_shown", margin=MARGIN))
    metrics: dict[str, float] = {}
    for test in evidence.tests:
        checks += _CHECKS[evidence.kind](
            test,
            challenger,
            champion,
            rivals,
            shown=overdue is None,
            n_replicates=n_replicates,
            random_state=random_state,
        )
        measure = churn_metrics if evidence.kind == "churn" else value_metrics
        own = measure(test.actual, test.predicted()[challenger])
        shown = ("gini", "spearman") if evidence.kind == "tiers" else own  # ranks have no unit
        metrics |= {f"{test.target}.{name}": own[name] for name in shown}
    failed = [check.message for check in checks if not check.passed]
    table = pd.DataFrame([vars(check) for check in checks])
    if failed or not checks:
        return GateDecision(False, said + (failed or [Message("gate.unchecked")]), table, metrics)
    done = Message("gate.passed", n=len(checks), models=rivals or Message("gate.no_rival"))
    return GateDecision(True, [*said, done], table, metrics)


_CHECKS = {"value": value_checks, "churn": churn_checks, "tiers": tier_checks}


def _compared(
    evidence: GateEvidence, challenger: str, champion: str | None, baselines: Sequence[str]
) -> tuple[list[str], list[str], list[Message]]:
    """Return who is compared, who has the challenger's own recipe, and what to say about them."""
    rivals: list[str] = []
    twins: list[str] = []
    said: list[Message] = []
    for name in dict.fromkeys([*([] if champion is None else [champion]), *baselines]):
        own = name == champion
        who = Message("gate.champion") if own else Message("gate.baseline", model=name)
        if _twins(evidence, challenger, name):
            twins.append(name)
            said.append(Message("gate.twin", who=who))
        elif name in evidence.tests[0].predictions:
            rivals.append(name)
        else:
            said.append(Message("gate.uncompared", who=who, why=_why(evidence, name)))
    return rivals, twins, said


def _drifted(test: ForwardTest, challenger: str, champion: str) -> Message | None:
    """Say that the champion's total is off, if it is, and the challenger's is nearer."""
    actual, predicted = float(test.actual.sum()), test.predicted()
    mine, theirs = (float(predicted[name].sum()) for name in (challenger, champion))
    if not (actual > 0 and mine > 0 and theirs > 0):
        return None
    missed, misses = (abs(np.log(total / actual)) for total in (theirs, mine))
    if missed <= np.log(DRIFT) or misses >= missed:
        return None
    return Message("gate.drifted", bias=theirs / actual, nearer=mine / actual)


def _twins(evidence: GateEvidence, one: str, other: str) -> bool:
    recipes = evidence.recipes
    judged = one in recipes and other in recipes
    return judged and same_but_settings(recipes[one], recipes[other])


def _why(evidence: GateEvidence, name: str) -> Message:
    return evidence.failed.get(name) or Message("gate.not_asked")


def _refused(reasons: list[Message]) -> GateDecision:
    return GateDecision(False, reasons, pd.DataFrame(), {})
