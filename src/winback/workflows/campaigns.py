"""The ledger of past campaigns: what each brought, by the arms that were drawn."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from winback.errors import UsageError
from winback.messages import Message, Words
from winback.plain import plain, records
from winback.workflows.drawn import shares_drawn

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

    from winback.campaigns.ledger import Ledger
    from winback.config import Job
    from winback.lists.columns import Columns
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables

FILES = ("campaigns.parquet", "campaigns.csv")
OUTCOMES = ("campaign", "customer_id", "day", "list_id", "treated", "returned", "revenue", "cost")
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
    "looks": "count",
    "planned_looks": "count",
    "waiting": "count",
    "says": "text",
}


def campaigns(job: Job, tables: JobTables, results: Results, reporter: Reporter) -> dict[str, Any]:
    """Stage `campaigns.parquet` and `campaigns.csv`: each past campaign.

    Verdicts are given at planned looks only, see `winback.campaigns.looks`.

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
    from winback.features.past_campaigns import campaign_table, waiting_contacts

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
        late = waiting_contacts(tables.contacts, job.as_of, horizon_days=horizon)
        made = _ledger(job, rows, late, shares_drawn(results))
    recent = tables.contacts.filter(tables.contacts.day > job.as_of - timedelta(days=horizon))
    waiting = int(recent.customer_id.nunique().to_pyarrow().as_py())
    words = Words(job.language, job.currency, job.amounts)
    _stage(made.table, results, words)
    results.manifest["campaigns"] = {"pooled": plain(made.pooled), "open": waiting}
    results.record("campaigns", data=bought.fingerprint)
    for message in _messages(made.table, made.pooled, waiting, job):
        reporter.say(message)
    return {"campaigns": records(made.table), "pooled": plain(made.pooled), "open": waiting}


def _ledger(
    job: Job, rows: ir.Table | None, late: ir.Table | None, drawn: dict[str, float]
) -> Ledger:
    import pandas as pd

    from winback.campaigns.ledger import COLUMNS, Ledger, ledger
    from winback.campaigns.looks import LookTerms
    from winback.features.past_campaigns import COVARIATES

    waiting = None if late is None else late.to_pyarrow().to_pandas()
    if rows is not None:
        frame = rows.to_pyarrow().to_pandas()
    elif waiting is not None and len(waiting):
        frame = pd.DataFrame(columns=[*OUTCOMES, *COVARIATES])
    else:
        return Ledger(pd.DataFrame(columns=list(COLUMNS)), {})
    asked = job.campaigns
    terms = LookTerms(
        as_of=job.as_of,
        horizon_days=job.horizon_days,
        effect=asked.effect,
        uplift=job.lists.win_back.uplift_prior,
        looks=asked.looks,
        power=asked.power,
        treated_share=drawn | asked.treated_share,
    )
    frame = frame.sort_values(["campaign", "customer_id"], ignore_index=True)
    return ledger(
        frame, margin=job.margin, covariates=list(COVARIATES), terms=terms, waiting=waiting
    )


def _stage(table: pd.DataFrame, results: Results, words: Words) -> None:
    from winback.campaigns.decision import say_verdict
    from winback.lists.write import write_csv

    table.to_parquet(results.staged(FILES[0]), index=False)
    people = table.assign(
        verdict=[words.label("ledger", code) for code in table["verdict"]],
        says=[say_verdict(row).say(words) for row in records(table)],
    )
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
    from winback.campaigns.decision import BROKEN, RATIO, SMALL, say_verdict

    name, treated, control = row["campaign"], row["treated"], row["control"]
    if row["verdict"] == SMALL:
        return Message("campaigns.small", campaign=name, treated=treated, control=control)
    if row["verdict"] == BROKEN:
        return Message("campaigns.broken", campaign=name, p=row["balance_p"])
    if row["verdict"] == RATIO:
        return Message(
            "campaigns.ratio", campaign=name, treated=treated, control=control, p=row["ratio_p"]
        )
    if row["increment"] is None:
        return Message(
            "campaigns.waiting",
            campaign=name,
            treated=treated,
            control=control,
            says=say_verdict(row),
        )
    line = Message(
        "campaigns.brought",
        campaign=name,
        treated=treated,
        control=control,
        returned=row["treated_return"],
        alone=row["control_return"],
        increment=row["increment"],
        low=row["increment_low"],
        high=row["increment_high"],
    )
    if row["cost"] is not None:
        line = Message("campaigns.net", line=line, cost=row["cost"], net=row["net"])
    return Message("campaigns.says", line=line, says=say_verdict(row))
