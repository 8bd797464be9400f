"""Everything that is known about a customer, and why they are, or are not, on each list."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from winback.errors import Sentence, UsageError
from winback.messages import Message, Words
from winback.workflows.customer_history import only, row_of
from winback.workflows.customer_page import write_customer_page
from winback.workflows.explain_lines import behaviours, lines_of
from winback.workflows.fitness import contributions_of, fitness_of
from winback.workflows.score import features_at_as_of

if TYPE_CHECKING:
    import pyarrow as pa

    from winback.config import Job, LoadedJob
    from winback.registry.load import LoadedModel
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables
    from winback.workflows.used_models import ByRole, UsedModels

LAST_BEHAVIOURS = 10


def explain(
    settings: LoadedJob,
    tables: JobTables,
    results: Results,
    models: UsedModels,
    reporter: Reporter,
    *,
    customer: str | None = None,
    html: bool = False,
) -> dict[str, Any]:
    """Tell everything about a customer as of the job's date.

    What is told comes from the results that `score` and `lists` left, and from the purchases
    themselves. Nothing of the results is changed.

    Parameters
    ----------
    customer
        The `customer_id`, as text. ``None``: who is first on each list.
    html
        Write a page about each customer as well, `customers/ID.html` in the output folder: one
        offline file, in the job's language.

    Returns
    -------
    dict
        `customer_id, as_of`; `scores`: the row of scores.parquet; `fitness`: of the models that are
        not fit for ranking, what they are fit for, as a message; `contributions`: families of
        features, their share in the log-odds of churn, and in words; `last_behaviours`: what the
        customer did last, the newest first; `lists`: of each list `on` (true or false), `why`, and
        the row; with `html`, `page`: the file. Where no customer is named, `customers`: such a dict
        for each.

    Raises
    ------
    UsageError
        There are no scores or lists yet, nobody is called so, or nobody is named and both lists
        are empty.
    """
    asked = (
        _first_of_each_list(settings, results)
        if customer is None
        else [tables.personal.shown(customer)]
    )
    customers = [_everything(settings.job, tables, results, models, name) for name in asked]
    words = Words(settings.job.language, settings.job.currency, settings.job.amounts)
    for index, everything in enumerate(customers):
        for line in [*["", ""] * bool(index), *lines_of(everything, words)]:
            reporter.say(Message.of(line))
        if html:
            page = write_customer_page(settings, tables, results, models, everything)
            everything["page"] = str(page)
            reporter.say(Message("end.page", file=str(page)))
    results.keep_only(None)
    return customers[0] if customer is not None else {"customers": customers}


def _first_of_each_list(settings: LoadedJob, results: Results) -> list[str]:
    firsts = [
        _ids(results.require(name, "lists")).slice(0, 1).to_pylist()
        for name in ("churn_warning.parquet", "win_back.parquet")
    ]
    if not any(firsts):
        anybody = _ids(results.require("scores.parquet", "score"))[0]
        raise UsageError(
            "both lists are empty: say which customer",
            where=str(settings.job.as_of),
            hint=Sentence(
                "such as: winback explain {path} {customer}", path=settings.path, customer=anybody
            ),
        )
    return [customer for first in firsts for customer in first]


def _everything(
    job: Job, tables: JobTables, results: Results, models: UsedModels, customer: str
) -> dict[str, Any]:
    scores = row_of(results.require("scores.parquet", "score"), customer)
    if scores is None:
        raise _unknown(job, results, customer)
    used = models.that_scored(pd.DataFrame([scores]))
    excluded = results.require("churn_warning_excluded.parquet", "lists")
    return {
        "customer_id": customer,
        "as_of": job.as_of,
        "scores": scores,
        "fitness": _fitness(used),
        "contributions": _contributions(job, tables, used["churn"], scores),
        "last_behaviours": _last_behaviours(job, tables, customer),
        "lists": {
            "churn_warning": _listed(
                {"on the list": results.require("churn_warning.parquet", "lists")},
                excluded,
                customer,
            ),
            "win_back": _listed(
                {
                    "to be contacted": results.require("win_back.parquet", "lists"),
                    "in the comparison group: leave alone": results.require(
                        "win_back_control.parquet", "lists"
                    ),
                },
                results.require("win_back_excluded.parquet", "lists"),
                customer,
            ),
        },
    }


def _ids(path: Path) -> pa.ChunkedArray:
    import pyarrow.parquet as pq

    return pq.read_table(path, columns=["customer_id"])[0]


def _unknown(job: Job, results: Results, customer: str) -> UsageError:
    import pyarrow.compute as pc

    ids = _ids(results.require("scores.parquet", "score"))
    near = ids.filter(pc.match_substring(ids, customer.strip().lstrip("0") or customer))
    examples = ", ".join((near if len(near) else ids).slice(0, 3).to_pylist())
    return UsageError(
        "nobody with a purchase by then is called so",
        where=str(job.as_of),
        got=customer,
        hint=Sentence("like it: {examples}", examples=examples)
        if len(near)
        else Sentence("ids are texts, as in the source, such as {examples}", examples=examples),
    )


def _listed(lists: Mapping[str, Path], excluded: Path, customer: str) -> dict[str, Any]:
    for why, path in lists.items():
        row = row_of(path, customer)
        if row is not None:
            return {"on": True, "why": why, "row": row}
    row = row_of(excluded, customer)
    why = "nothing is known" if row is None else str(row["reason"])
    return {"on": False, "why": why, "row": row}


def _contributions(
    job: Job, tables: JobTables, model: LoadedModel, scores: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return what moved the churn score most, in words, the strongest first."""
    from winback.lists.family_reasons import says, speaks
    from winback.lists.reasons import by_family

    features = features_at_as_of(tables, model, customers=only(str(scores["customer_id"])))
    behaviour = features.to_pyarrow().to_pandas()
    contributions = contributions_of(model, behaviour)
    if contributions is None:
        return []
    totals = by_family(contributions).iloc[0]
    totals = totals.reindex(totals.abs().sort_values(ascending=False, kind="stable").index)
    money, currency, words = tables.transactions.has_amounts, job.currency, Words(job.language)
    row = behaviour.iloc[0].to_dict()
    moved = []
    for family, log_odds in totals[totals != 0].items():
        raises = log_odds > 0 and speaks(str(family), behaviour, money=money).iloc[0]
        moved.append(
            {
                "family": str(family),
                "log_odds": float(log_odds),
                "words": says(str(family), row, currency=currency).say(words) if raises else None,
            }
        )
    return moved


def _fitness(used: ByRole) -> dict[str, dict[str, Any]]:
    """Say of the models that scored a customer what they are fit for."""
    return {
        role: one.message.as_record() for role, one in fitness_of(used).items() if not one.ranks
    }


def _last_behaviours(job: Job, tables: JobTables, customer: str) -> list[str]:
    table = tables.last_behaviours(only(customer), LAST_BEHAVIOURS)
    rows = table.order_by("place").to_pyarrow().to_pylist()
    money, words = tables.transactions.has_amounts, Words(job.language)
    return [said.say(words) for said in behaviours(rows, money=money, currency=job.currency)]
