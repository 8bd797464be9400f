"""What the next order will hold and when it is due, beside the scores that lists are made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from winback.messages import Message, as_records

if TYPE_CHECKING:
    from winback.config import Job
    from winback.evaluation.next_order import NextOrder
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables


def foretell(job: Job, tables: JobTables, results: Results, reporter: Reporter) -> NextOrder:
    """Learn what comes next from the purchases, and note in the manifest how well."""
    from winback.evaluation.next_order import next_order

    with reporter.step(Message("doing.next_order")):
        foretold = next_order(tables.past, job.horizon_days)
    results.manifest["next_order"] = {
        **foretold.record,
        "messages": as_records(list(foretold.messages)),
    }
    return foretold


def with_next_order(scores: pd.DataFrame, foretold: NextOrder) -> pd.DataFrame:
    """Put what comes next beside the scores, as far as it may be said.

    Parameters
    ----------
    scores
        With ``customer_id``, ``as_of`` and ``p_repurchase``.
    foretold
        Of the same day and horizon.

    Returns
    -------
    DataFrame
        The scores, with ``next_category``, ``p_next_category`` (P(an order within the horizon)
        times P(it holds the category)) and ``next_order_due``; missing where nothing is said.
    """
    ids, missing = scores["customer_id"], pd.Series(None, scores.index, dtype="object")
    category, chance, due = missing.astype("str"), missing.astype("float64"), missing
    if foretold.categories is not None:
        named = foretold.categories.reindex(ids).set_axis(scores.index)
        category = named["next_category"].astype("str")
        chance = named["chance"] * scores["p_repurchase"]
    day = pd.to_datetime(due).astype("datetime64[us]")
    if foretold.due_days is not None:
        days = foretold.due_days.reindex(ids).set_axis(scores.index).round()
        day = pd.to_datetime(scores["as_of"]) + pd.to_timedelta(days, unit="D")
    return scores.assign(next_category=category, p_next_category=chance, next_order_due=day)
