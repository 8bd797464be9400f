"""Make the two lists from the scores, and keep them by date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from winback.messages import Message, as_records
from winback.workflows.churn_warning import churn_warning
from winback.workflows.coming_orders import foretell, with_next_order
from winback.workflows.fitness import fitness_of
from winback.workflows.list_files import to_database
from winback.workflows.list_workbook import keep_workbook
from winback.workflows.win_back import win_back

if TYPE_CHECKING:
    from winback.config import LoadedJob
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables
    from winback.workflows.used_models import UsedModels


def lists(
    settings: LoadedJob,
    tables: JobTables,
    results: Results,
    models: UsedModels,
    reporter: Reporter,
    *,
    looking_back: bool = False,
) -> dict[str, Any]:
    """Make the churn-warning and the win-back list of `as_of`.

    Each list stands at the top of the output folder and, under its date, in `lists/AS_OF/`, where
    the next one looks for the colours that its customers had; so does `lists.xlsx`, which holds all
    of them for people.

    Parameters
    ----------
    settings, tables, results, models, reporter
        See `winback.workflows.work.Work`.
    looking_back
        Whether the lists show how they would have looked at `as_of`, and nobody is to be contacted:
        who opted out after that day had not. Otherwise they are left alone, and told.

    Returns
    -------
    dict
        Sizes, and what to know about each list before anybody acts on it.

    Raises
    ------
    UsageError
        There are no scores yet.
    DataError
        The scores are of another date.
    """
    scores = pd.read_parquet(results.require("scores.parquet", "score"))
    results.demand("score", score={"data": tables.transactions.fingerprint})
    customers = heeded(settings, tables, reporter, looking_back=looking_back)
    used = models.that_scored(scores)
    value = fitness_of(used).get("value")
    unranked = value is not None and not value.ranks
    foretold = foretell(settings.job, tables, results, reporter)
    # the win-back list first: who is on it, in either arm, is not warned about as well
    with reporter.step(Message("doing.win_back")):
        chances = _same_chances(settings, scores) if unranked else scores
        chances = with_next_order(chances, foretold)
        called = win_back(settings, tables, results, reporter, chances, customers)
    if unranked and value is not None:
        called.summary["messages"].insert(0, value.message)
    with reporter.step(Message("doing.churn_warning")):
        warned = churn_warning(
            settings,
            tables,
            results,
            reporter,
            used,
            with_next_order(scores, foretold),
            customers,
            on_win_back=set(called.customer_ids),
        )
    for summary in (called.summary, warned.summary):
        summary["messages"].extend(foretold.messages)
    keep_workbook(
        settings,
        results,
        {
            "churn_warning": warned.listed,
            "win_back": called.treated,
            "win_back_control": called.control,
        },
        {
            "churn_warning": warned.summary["messages"],
            "win_back": called.summary["messages"],
        },
    )
    to_database(settings, results, reporter)
    said = [*warned.summary["messages"], *called.summary["messages"]]
    for message in said[: len(said) - len(foretold.messages)]:  # those are in both
        reporter.say(message)
    results.record("lists", data=tables.transactions.fingerprint, scores=results.made("score"))
    rows = results.manifest.setdefault("rows", {})
    rows |= {
        "at_risk": sum(warned.summary["at_risk"].values()),
        "churn_warning": len(warned.listed),
        "win_back": len(called.treated),
        "win_back_control": len(called.control),
        "win_back_excluded": len(called.excluded),
    }
    summaries = as_records({"churn_warning": warned.summary, "win_back": called.summary})
    results.manifest.update(summaries)
    return {"rows": rows, **summaries}


def _same_chances(settings: LoadedJob, scores: pd.DataFrame) -> pd.DataFrame:
    from winback.lists.unranked import same_chances

    return same_chances(scores, settings.job.churn.active_within_days)


def heeded(
    settings: LoadedJob, tables: JobTables, reporter: Reporter, *, looking_back: bool = False
) -> pd.DataFrame | None:
    """Return what is known of the customers, and who is left alone by what they said later."""
    from winback.data.events import LATER_NO

    customers = tables.read_frame("customers")
    if customers is None or LATER_NO not in customers.columns:
        return customers
    if looking_back:
        return customers.drop(columns=LATER_NO)
    if n := int(customers[LATER_NO].sum()):
        reporter.say(Message("log.opted_out_later", n=n, as_of=settings.job.as_of))
    return customers
