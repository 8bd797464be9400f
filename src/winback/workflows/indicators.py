"""Compute the indicators of the catalogue over time, and tell the newest that can be told."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from winback.messages import Message
from winback.plain import records

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

    from winback.config import Job, LoadedJob
    from winback.indicators.definition import Indicator
    from winback.indicators.over_time import Indicators
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import Tables

FILE = "indicators.parquet"
_SCORES = "scores.parquet"


def indicators(
    settings: LoadedJob, job: Job, tables: Tables, results: Results, reporter: Reporter
) -> dict[str, Any]:
    """Stage `indicators.parquet`: every indicator that the tables allow, over time.

    Returns
    -------
    dict
        ``rows`` of the file; ``newest``: of the coarsest grain, the newest value of everybody
        together that counts, by indicator; ``why`` the health index and revenue
        moved; ``left_out``: what could not be computed, and why.
    """
    import pandas as pd

    made = compute(settings, job, tables, results, reporter)
    table = pd.concat([one.table for one in made.values()], ignore_index=True)
    table.to_parquet(results.staged(FILE), index=False)
    grain, last = list(made.items())[-1]
    newest = newest_of(last.table)
    why = _why(last.table, grain)
    for line in [*_lines(newest, last.left_out, grain, job), *map(_item, why)]:
        reporter.say(line)
    return {
        "rows": len(table),
        "newest": records(newest),
        "why": [message.as_record() for message in why],
        "left_out": {name: why.as_record() for name, why in last.left_out.items()},
    }


def compute(
    settings: LoadedJob,
    job: Job,
    tables: Tables,
    results: Results,
    reporter: Reporter,
    *,
    only: Collection[str] | None = None,
) -> dict[str, Indicators]:
    """Compute the job's indicators at each of its grains, the finest first; or `only` some."""
    from winback.indicators.facts import Known
    from winback.indicators.over_time import compute_indicators
    from winback.indicators.periods import GRAINS

    catalogue = job_catalogue(settings, job)
    if only is not None:
        parts = {name for one in only for name in getattr(catalogue[one], "names", ())}
        catalogue = {name: one for name, one in catalogue.items() if name in parts | set(only)}
    bought = tables.transactions
    known = Known(bought.table, job.as_of, bought.count_zero, tables.events, tables.customers)
    segments = _segments(known, job, results)
    made: dict[str, Indicators] = {}
    for grain in sorted(job.indicators.grains, key=GRAINS.index):
        with reporter.step(Message("doing.indicators", grain=grain)):
            made[grain] = compute_indicators(
                known, catalogue, grain=grain, segments=segments, has_amounts=bought.has_amounts
            )
    return made


def job_catalogue(settings: LoadedJob, job: Job) -> dict[str, Indicator]:
    """Read the catalogue of a job: what winback brings, and the job's own file."""
    from winback.indicators.definition import read_catalogue

    own = job.indicators.catalogue
    return read_catalogue(*([Path(settings.resolve(own))] if own else []))


def _segments(known: Any, job: Job, results: Results) -> dict[str, ir.Table]:
    """Return by what customers can be told apart, of what the job asks for."""
    import ibis

    segments: dict[str, ir.Table] = {}
    asked = job.indicators.segments
    people = known.customers
    named = "acquisition_channel"
    if "acquisition_channel" in asked and people is not None and named in people.columns:
        segments[named] = people.select("customer_id", segment=named)
    if "cohort" in asked:
        first = known.first_purchases
        quarter = ibis.literal(" Q") + first.first_day.quarter().cast("string")
        year = first.first_day.year().cast("string")
        segments["cohort"] = first.select("customer_id", segment=year + quarter)
    scores = results.find(_SCORES)
    if "tier" in asked and scores is not None:
        tiers = ibis.get_backend(known.transactions).read_parquet(str(scores))
        tiers = tiers.filter(tiers.as_of.cast("date") == job.as_of)
        segments["tier"] = tiers.select("customer_id", segment="tier")
    return segments


def newest_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return, of everybody together, the newest value of each indicator that is to be relied on.

    Where none is, the newest row is returned as it is, not ``mature`` or not ``enough``.
    """
    everybody = table[table["dimension"] == "all"]
    usable = everybody["mature"] & everybody["enough"] & everybody["value"].notna()
    ranked = everybody.assign(usable=usable).sort_values(["usable", "period"], kind="stable")
    newest = ranked.groupby("indicator", sort=False).tail(1)
    order = {name: i for i, name in enumerate(everybody["indicator"].unique())}
    return newest.sort_values("indicator", key=lambda names: names.map(order))


def _why(table: pd.DataFrame, grain: str) -> list[Message]:
    """Say what moved the health index and revenue in the newest period, of everybody together."""
    from winback.indicators.health import health_index, revenue_changes

    made = []
    if (index := _last(health_index(table))) is not None:
        activity, retention, order_value = (
            index["activity"],
            index["retention"],
            index["order_value"],
        )
        made.append(
            Message(
                "indicators.health",
                index=index["health_index"],
                base=index["base"],
                grain=grain,
                change=activity + retention + order_value,
                activity=activity,
                retention=retention,
                order_value=order_value,
            )
        )
    if (moved := _last(revenue_changes(table))) is not None:
        made.append(
            Message(
                "indicators.moved",
                grain=grain,
                change=moved["change"],
                customers=moved["customers"],
                frequency=moved["frequency"],
                order_value=moved["order_value"],
            )
        )
    return made


def _last(changes: pd.DataFrame) -> pd.Series[Any] | None:
    """Return the newest change of everybody together."""
    if changes.empty:
        return None
    rows = changes[changes["dimension"] == "all"].dropna()
    return None if rows.empty else rows.iloc[-1]


def _lines(
    newest: pd.DataFrame,
    left_out: Mapping[str, Message],
    grain: str,
    job: Job,
) -> list[Message]:
    usable = newest[newest["usable"]]
    began = max(usable["period"], default=None)
    heading = Message(
        "indicators.heading", n=len(newest), as_of=job.as_of, grain=grain, period=began
    )
    lines = [heading, *(_item(_line(row, began)) for row in records(newest))]
    because: dict[Message, list[str]] = {}
    for name, why in left_out.items():
        because.setdefault(why, []).append(name)
    return lines + [
        Message("indicators.left_out", reason=reason, names=names)
        for reason, names in because.items()
    ]


def _item(said: Message) -> Message:
    return Message("item", said=said)


def _line(row: Mapping[str, Any], began: date | None) -> Message:
    name = row["indicator"]
    if not row["mature"]:
        return Message("indicators.immature", name=name)
    if not row["usable"]:
        return Message("indicators.few", name=name, n=row["n"])
    value = _figure(row["unit"], row["value"])
    if row["low"] is None:
        line = Message("indicators.value", name=name, value=value)
    else:
        low, high = (_figure(row["unit"], row[end]) for end in ("low", "high"))
        line = Message("indicators.between", name=name, value=value, low=low, high=high)
    same = row["period"] == str(began)
    return line if same else Message("indicators.of", line=line, period=row["period"])


def _figure(unit: str, value: float) -> Message:
    """Return a value, to be written as its unit asks for."""
    if unit == "money":
        return Message("figure.money", value=value)
    if unit == "share":
        return Message("figure.share", value=value)
    return Message("figure.number", value=value)
