"""What the gate looks at for a job: recipes refitted at one cut-off, as they were then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from winback.workflows.evaluate import chosen_value, churn_recipe, churn_settings

if TYPE_CHECKING:
    from winback.config import Job
    from winback.evaluation.baseline_instead import Instead
    from winback.evaluation.forward import Recipe
    from winback.evaluation.gate import GateDecision, GateEvidence
    from winback.evaluation.windows import Window
    from winback.workflows.tables import JobTables
    from winback.workflows.tracking import Tracking


def horizon_of(job: Job, tables: JobTables, role: str) -> tuple[int, int]:
    """Return the days that the model of a role predicts, and the gap before them."""
    if role == "churn":
        return tables.churn_horizon_days, job.churn.gap_days
    return job.value.horizon_days, 0


def gate_evidence(
    job: Job,
    tables: JobTables,
    role: str,
    recipes: Mapping[str, Recipe],
    value_recipe: Recipe | None = None,
) -> GateEvidence:
    """Refit recipes and the role's baselines at the gate's cut-off, and predict what came after.

    Parameters
    ----------
    job, tables, role
        Whose, and of what.
    recipes
        By name, ``challenger`` among them.
    value_recipe
        For tiers, the value model that they are learned from.
    """
    from winback.evaluation.gate import evaluate_recipes

    return evaluate_recipes(
        tables.past,
        _compared(job, tables, role, recipes),
        horizon_days=horizon_of(job, tables, role)[0],
        churn=churn_settings(job),
        value_recipe=value_recipe,
        random_state=job.random_state,
    )


def first_decision(
    job: Job, tables: JobTables, role: str, challenger: Recipe, value_recipe: Recipe | None = None
) -> GateDecision:
    """Return the gate's word on a recipe that has no champion to compare with, asked for once."""
    from winback.evaluation.forward import predicts_as
    from winback.evaluation.gate import BASELINES, decide

    recipes = {"challenger": challenger}

    def asked() -> GateDecision:
        return decide(
            gate_evidence(job, tables, role, recipes, value_recipe),
            challenger="challenger",
            champion=None,
            baselines=tuple(BASELINES[role]),
            random_state=job.random_state,
        )

    compared = _compared(job, tables, role, recipes)
    alike = [predicts_as(recipe) for recipe in (*compared.values(), value_recipe) if recipe]
    return tables.past.once(("first decision", role, repr(alike)), asked)


def used_instead(job: Job, tables: JobTables, tracking: Tracking, role: str) -> Instead | None:
    """Return the baseline that takes the place of what a contest chooses; see `Instead`.

    Where a job names its model there is no contest, and tiers have no baseline.
    """
    from winback.evaluation.baseline_instead import baseline_instead
    from winback.evaluation.gate import BASELINES

    if role == "tiers" or (role == "value" and job.value.purchase_model != "auto"):
        return None
    window, _ = tables.past.last_window(*horizon_of(job, tables, role))
    if window is None:
        return None

    def compared() -> Instead | None:
        rule = churn_recipe(job) if role == "churn" else _choice(job, tables, window)
        champion = _champion(tracking, role)
        if champion is None and not first_decision(job, tables, role, rule).beaten_by:
            return None
        return baseline_instead(
            gate_evidence(job, tables, role, {"challenger": rule}),
            challenger="challenger",
            champion=champion,
            baselines=tuple(BASELINES[role]),
            random_state=job.random_state,
        )

    return tables.past.once(("used instead", role), compared)


def _choice(job: Job, tables: JobTables, window: Window) -> Recipe:
    return chosen_value(job, tables.past.at(window.as_of), window.horizon_days).recipe


def _champion(tracking: Tracking, role: str) -> str | None:
    """Return the baseline that is champion, if one is."""
    from winback.registry.aliases import CHAMPION, aliases_of, resolve
    from winback.registry.artifacts import recipe

    store, name = tracking.store, tracking.name(role)
    version = aliases_of(store, name).get(CHAMPION)
    if version is None:
        return None
    return baseline_of(role, recipe(store, resolve(store, f"{name}/{version}")))


def baseline_of(role: str, recipe: Recipe) -> str | None:
    """Return which of the role's baselines a recipe is, if any.

    A churn model is one if it has that candidate alone: how it is calibrated and what a contact
    costs is the job's to say.

    Examples
    --------
    >>> baseline_of("churn", {"estimator": "ChurnModel", "params": {"candidates": ["logistic"]}})
    'logistic'
    >>> baseline_of("churn", {"estimator": "ChurnModel", "params": {}})
    """
    from winback.evaluation.forward import same_but_settings
    from winback.evaluation.gate import BASELINES

    if role == "churn":
        alone: list[str] = list(recipe["params"].get("candidates", ()))
        return alone[0] if len(alone) == 1 and alone[0] in BASELINES[role] else None
    named = BASELINES[role].items()
    return next((name for name, other in named if same_but_settings(recipe, other)), None)


def _compared(
    job: Job, tables: JobTables, role: str, recipes: Mapping[str, Recipe]
) -> dict[str, Recipe]:
    from winback.evaluation.gate import BASELINES

    compared = {**recipes, **BASELINES[role]}
    window, _ = tables.past.last_window(*horizon_of(job, tables, role))
    if role == "value" and window is not None:
        return _as_before(job, tables, compared, window)
    return compared


def _as_before(
    job: Job, tables: JobTables, recipes: Mapping[str, Recipe], window: Window
) -> dict[str, Recipe]:
    """Return the recipes as they would have been at the gate's cut-off.

    The challenger's own was chosen on days that the gate judges: what is compared is the rule, so
    that it is what the contest chooses then, if a contest chose, and so it is for a champion of the
    same recipe, whose rule it is as well; a baseline is compared as it is.
    The level is what was known of it then, and each recipe has its own: that of the choice, and
    beside it as the contest saw it.
    """
    from winback.evaluation.forward import same_but_settings
    from winback.evaluation.value_candidates import VALUE_CANDIDATES
    from winback.evaluation.value_judged import levelled

    choice = chosen_value(job, tables.past.at(window.as_of), window.horizon_days)
    then = dict(recipes)
    if job.value.purchase_model == "auto" and baseline_of("value", then["challenger"]) is None:
        asked = then["challenger"]
        alike = [name for name in ("challenger", "champion") if name in then]
        alike = [name for name in alike if same_but_settings(then[name], asked)]
        then |= dict.fromkeys(alike, choice.recipe)
    beside: dict[str, float] = {}
    for name, recipe in then.items():
        kind = [
            m for m, candidate in VALUE_CANDIDATES.items() if same_but_settings(candidate, recipe)
        ]
        shifts = [choice.shifts[m] for m in kind if m in choice.shifts]
        own = choice.shifts.get(choice.name, 0.0)
        beside[name] = shifts[0] - own if shifts else 0.0
    return levelled(then, choice.level, set(then), beside)
