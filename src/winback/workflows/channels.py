"""What each channel costs, and what the customers whom it won bring: CAC, LTV/CAC, payback."""

from __future__ import annotations

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

FILES = ("channels.parquet", "channels.csv")
FOR_PEOPLE: Columns = {
    "channel": "text",
    "cohorts": "count",
    "customers": "count",
    "spend": "money",
    "cac": "money",
    "ltv": "money",
    "predicted_share": "probability",
    "ltv_cac": "number",
    "low": "number",
    "high": "number",
    "roi": "number",
    "payback_days": "count",
    "overlap": "probability",
    "verdict": "text",
}


def channels(job: Job, tables: JobTables, results: Results, reporter: Reporter) -> dict[str, Any]:
    """Stage `channels.parquet` (each channel and cohort) and `channels.csv` (each channel).

    Returns
    -------
    dict
        ``channels``: rows of the CSV; ``orders``: the pairs whose order leaves no doubt;
        ``cohorts``: how many rows the Parquet has.

    Raises
    ------
    UsageError
        The job names no spend, no channel by which customers were won, or has no amounts.
    """
    from winback.indicators.acquisition import Terms, acquired, overlap_of, won_through
    from winback.indicators.channel_worth import channels_of, cohorts_of, orders_of
    from winback.indicators.facts import Facts

    if (why := no_channels(tables)) is not None:
        raise UsageError(str(why), where="data", hint="see docs/channels.md for the two tables")
    terms = Terms(**job.acquisition.model_dump(), margin=job.margin)
    with reporter.step(Message("doing.channels")):
        facts = Facts(tables.past.at(job.as_of), tables.customers)
        people = won_through(facts, terms)
        acquisition = acquired(facts, tables.spend, people, terms)
        cohorts = cohorts_of(acquisition, terms)
        table = channels_of(cohorts, acquisition.courses).merge(
            overlap_of(facts, people, terms), on="channel", how="left"
        )
        orders = orders_of(table)
    cohorts.assign(as_of=job.as_of).to_parquet(results.staged(FILES[0]), index=False)
    _stage(table, results, Words(job.language, job.currency, job.amounts))
    kept = {"rows": records(table), "orders": records(orders), "age_days": terms.age_days}
    results.manifest["channels"] = plain(kept)
    results.record("channels", data=tables.transactions.fingerprint)
    reporter.say(Message("channels.heading", n=len(table), days=terms.age_days, margin=job.margin))
    for row in records(table):
        reporter.say(Message("item", said=_one(row)))
    for row in records(orders):
        better = Message(
            "channels.order",
            better=row["better"],
            worse=row["worse"],
            difference=row["difference"],
            low=row["low"],
            high=row["high"],
        )
        reporter.say(Message("item", said=better))
    reporter.say(Message("channels.first_touch"))
    return {"channels": records(table), "orders": records(orders), "cohorts": len(cohorts)}


def no_channels(tables: JobTables) -> Message | None:
    """Return why channels cannot be judged; None: they can."""
    if tables.spend is None:
        return Message("steering.no_spend")
    if tables.customers is None or "acquisition_channel" not in tables.customers.columns:
        return Message("steering.no_acquisition_channel")
    if not tables.transactions.has_amounts:
        return Message("indicators.no_amounts")
    return None


def _stage(table: pd.DataFrame, results: Results, words: Words) -> None:
    from winback.lists.write import write_csv

    said = table.assign(verdict=[words.label("worth", code) for code in table["verdict"]])
    write_csv(said, results.staged(FILES[1]), FOR_PEOPLE, bom=True)


def _one(row: dict[str, Any]) -> Message:
    if row["state"] == "early":
        return Message("channels.early", channel=row["channel"], n=row["cohorts"])
    return Message(
        "channels.brought",
        channel=row["channel"],
        customers=row["customers"],
        spend=row["spend"],
        cac=row["cac"],
        ltv=row["ltv"],
        predicted=row["predicted_share"],
        ratio=row["ltv_cac"],
        low=row["low"],
        high=row["high"],
        payback=Message("channels.payback", days=row["payback_days"])
        if row["payback_days"] is not None
        else Message("channels.no_payback"),
        verdict=row["verdict"],
    )
