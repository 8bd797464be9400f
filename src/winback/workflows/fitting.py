"""The value model of a job, fitted on everything that is known at its `as_of`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from winback.errors import NotEnoughDataError, Sentence
from winback.messages import Message

if TYPE_CHECKING:
    from winback.config import Job, LoadedJob
    from winback.evaluation.baseline_instead import Instead
    from winback.evaluation.forward import Recipe
    from winback.workflows.tables import JobTables

MIN_CUSTOMERS = 20
_FALLBACK = "rate+own_mean"


@dataclass(frozen=True)
class Fitted:
    """A fitted model, and what there is to say about it.

    Attributes
    ----------
    estimator
        The model.
    name
        The candidate that was chosen.
    reasons
        Why this one.
    caveats
        What to know before relying on it: a degenerate fit, a fallback.
    metrics
        What the fit itself measured.
    tables
        More that it found, by the name of the file to keep it in; never a customer's row.
    trials
        One row per trial of a search for parameters, if there was one.
    recipe
        How to make it again; None: by its own parameters.
    """

    estimator: Any
    name: str
    reasons: Message
    caveats: tuple[Message, ...] = ()
    metrics: dict[str, float] = field(default_factory=dict)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    trials: pd.DataFrame | None = None
    recipe: Recipe | None = None


def fit_value(
    job: Job, tables: JobTables, frame: pd.DataFrame, instead: Instead | None = None
) -> Fitted:
    """Fit the value model that the job names, or that a contest inside the known past chooses.

    `frame` is from `value_frame`; `instead` is the baseline that takes the choice's place.

    Where there is too little data for the chosen model, the rule of thumb (rate so far, own mean)
    takes its place, and says so.
    """
    from winback.evaluation.forward import fitted_value
    from winback.evaluation.value_candidates import VALUE_CANDIDATES
    from winback.evaluation.windows import Window
    from winback.workflows.evaluate import value_choices_of

    past = tables.past
    ahead = Window(job.as_of, job.as_of + timedelta(days=job.value.horizon_days))
    main = "revenue" if past.has_amounts else "purchases"
    contest = value_choices_of(job, past, ahead.horizon_days)
    choice = value_choices_of(job, past, ahead.horizon_days, instead)[main]
    name, why = choice.name, [] if instead is None else [instead.message]

    def fit(candidate: str) -> Any:
        settings = {
            "margin": job.margin,
            "discount_rate": job.discount_rate,
            **choice.level.settings,
            **({} if past.has_amounts else {"spend_model": None}),
        }
        recipe = VALUE_CANDIDATES[candidate]
        recipe = {**recipe, "params": {**recipe["params"], **settings}}
        return fitted_value(past, recipe, ahead, job.random_state, frame)

    level = choice.level.settings["level"]
    parts = level._asdict().items()
    metrics = {f"level_{part}": value for part, value in parts if isinstance(value, float)}
    kept = {"contest.csv": pd.concat([c.table.assign(target=t) for t, c in contest.items()])}
    try:
        model = fit(name)
    except NotEnoughDataError as error:
        model = fit(_FALLBACK)
        failed = Message.of_error(error)
        caveat = Message("fit.falls_back", model=_FALLBACK, failed=name, why=failed)
        return Fitted(model, _FALLBACK, caveat, (caveat,), metrics, kept)
    reasons = Message.of_all([*why, contest[main].reasons, choice.level.message])
    return Fitted(model, name, reasons, model.caveats_, metrics, kept)


def require_customers(settings: LoadedJob, tables: JobTables) -> None:
    """Refuse a job with too few customers, before any time is spent on it.

    Raises
    ------
    NotEnoughDataError
        Fewer than 20 customers.
    """
    counts = tables.transactions.counts
    if counts.customers < MIN_CUSTOMERS:
        raise NotEnoughDataError(
            "too few customers for any prediction",
            where=str(settings.shown["data"]["transactions"]["source"]),
            got=Sentence(
                "{n} with a purchase by {as_of}", n=counts.customers, as_of=settings.job.as_of
            ),
            allowed=Sentence(
                "{least} or more; a few hundred for models to beat simple rules",
                least=MIN_CUSTOMERS,
            ),
        )


def value_frame(job: Job, tables: JobTables) -> pd.DataFrame:
    """Describe every customer at `as_of`, with the last period as long as the value horizon."""
    return tables.past.frame(job.value.horizon_days)
