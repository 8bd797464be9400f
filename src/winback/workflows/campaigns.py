"""The ledger of past campaigns: what each brought, by the arms that were drawn."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from winback.errors import UsageError
from winback.messages import Message, Words
from winback.plain import plain, records

if TYPE_CHECKING:
    import pandas as pd

    from winback.config import Job
    from winback.lists.columns import Columns
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables

FILES = ("campaigns.parquet", "campaigns.csv")
FOR_PEOPLE: Columns = {
    "campaign": "text",
    "first_day": "date",
    "last_day": "date",
    "treated": "count",
    "control": "count",
    "treated_return": "probability",
    "control_return": "probability",
    "increment": "money",
    "cost": "money",
    "net": "money",
    "verdict": "text",
}


def campaigns(job: Job, tables: JobTables, results: Results, reporter: Reporter) -> dict[str, Any]:
    """Stage `campaigns.parquet` and `campaigns.csv`: each past campaign whose window is over.

    Returns
    -------
    dict
        ``campaigns``: one entry each; ``pooled``: all together; ``open``: how many customers were
        contacted so lately that nobody can tell yet.

    Raises
    ------
    UsageError
        The job names no table of contacts.
    """
    import pandas as pd

    from winback.campaigns.ledger import COLUMNS, Ledger, ledger
    from winback.features.past_campaigns import COVARIATES, campaign_table

    if tables.contacts is None:
        raise UsageError(
            "the job names no contacts",
            where="data.contacts",
            hint="name the table of whom you wrote to: customer_id, timestamp, channel, arm",
        )
    horizon, bought = job.horizon_days, tables.transactions
    with reporter.step(Message("doing.arms")):
        rows = campaign_table(
            tables.contacts,
            bought.table,
            job.as_of,
            horizon_days=horizon,
            count_zero=bought.count_zero,
        )
        if rows is None:
            made = Ledger(pd.DataFrame(columns=list(COLUMNS)), {})
        else:
            frame = rows.to_pyarrow().to_pandas()
            frame = frame.sort_values(["campaign", "customer_id"], ignore_index=True)
            made = ledger(frame, margin=job.margin, covariates=list(COVARIATES))
    recent = tables.contacts.filter(tables.contacts.day > job.as_of - timedelta(days=horizon))
    waiting = int(recent.customer_id.nunique().to_pyarrow().as_py())
    words = Words(job.language, job.currency, job.amounts)
    _stage(made.table, results, words)
    results.manifest["campaigns"] = {"pooled": plain(made.pooled), "open": waiting}
    results.record("campaigns", data=bought.fingerprint)
    for message in _messages(made.table, made.pooled, waiting, job):
        reporter.say(message)
    return {"campaigns": records(made.table), "pooled": plain(made.pooled), "open": waiting}


def _stage(table: pd.DataFrame, results: Results, words: Words) -> None:
    from winback.lists.write import write_csv

    table.to_parquet(results.staged(FILES[0]), index=False)
    people = table.assign(verdict=[words.label("ledger", code) for code in table["verdict"]])
    write_csv(people, results.staged(FILES[1]), FOR_PEOPLE, bom=True)


def _messages(
    table: pd.DataFrame, pooled: dict[str, float], waiting: int, job: Job
) -> list[Message]:
    days = job.horizon_days
    if table.empty:
        messages = [Message("campaigns.none", days=days)]
    else:
        messages = [Message("campaigns.heading", n=len(table), days=days, margin=job.margin)]
    messages += [_one(row) for row in records(table)]
    if pooled:
        messages.append(
            Message(
                "campaigns.pooled",
                effect=pooled["margin_effect"],
                low=pooled["margin_low"],
                high=pooled["margin_high"],
            )
        )
    if waiting:
        messages.append(Message("campaigns.open", n=waiting, days=days))
    return messages


def _one(row: dict[str, Any]) -> Message:
    from winback.campaigns.ledger import BROKEN, SMALL

    if row["verdict"] == SMALL:
        return Message(
            "campaigns.small",
            campaign=row["campaign"],
            treated=row["treated"],
            control=row["control"],
        )
    if row["verdict"] == BROKEN:
        return Message("campaigns.broken", campaign=row["campaign"], p=row["balance_p"])
    line = Message(
        "campaigns.brought",
        campaign=row["campaign"],
        treated=row["treated"],
        control=row["control"],
        returned=row["treated_return"],
        alone=row["control_return"],
        increment=row["increment"],
        low=row["increment_low"],
        high=row["increment_high"],
        verdict=row["verdict"],
    )
    if row["cost"] is None:
        return line
    return Message("campaigns.net", line=line, cost=row["cost"], net=row["net"])
