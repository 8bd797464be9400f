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
    from winback.indicators.facts import Facts
    from winback.indicators.over_time import Indicators
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables

FILE = "indicators.parquet"
_SCORES = "scores.parquet"


def indicators(
    settings: LoadedJob, job: Job, tables: JobTables, results: Results, reporter: Reporter
) -> dict[str, Any]:
    """Stage `indicators.parquet`: every indicator that the tables allow, over time.

    Returns
    -------
    dict
        ``rows`` of the file; ``newest``: of the coarsest grain, the newest value of everybody
        together that counts, by indicator; ``why`` the health index and revenue
        moved; ``left_out``: what could not be computed, and why.
    """
    from winback.indicators.newest import newest_of, why_moved

    made = stage_indicators(settings, job, tables, results, reporter)
    grain, last = list(made.items())[-1]
    newest, why = newest_of(last.table), why_moved(last.table, grain)
    for line in [*_lines(newest, last.left_out, grain, job), *map(_item, why)]:
        reporter.say(line)
    return {
        "rows": sum(len(one.table) for one in made.values()),
        "newest": records(newest),
        "why": [message.as_record() for message in why],
        "left_out": {name: why.as_record() for name, why in last.left_out.items()},
    }


def stage_indicators(
    settings: LoadedJob, job: Job, tables: JobTables, results: Results, reporter: Reporter
) -> dict[str, Indicators]:
    """Compute the job's indicators, stage them, and keep in the manifest what was left out."""
    import pandas as pd

    made = compute(settings, job, tables, results, reporter)
    table = pd.concat([one.table for one in made.values()], ignore_index=True)
    table.to_parquet(results.staged(FILE), index=False)
    grain, last = list(made.items())[-1]
    results.manifest["indicators"] = {
        "grain": grain,
        "board": [
            {"indicator": one.id, "board": one.board, "direction": one.direction}
            for one in job_catalogue(settings, job).values()
            if one.board is not None and one.id not in last.left_out
        ],
        "left_out": {name: why.as_record() for name, why in last.left_out.items()},
    }
    results.record("indicators", data=tables.transactions.fingerprint)
    return made


def compute(
    settings: LoadedJob,
    job: Job,
    tables: JobTables,
    results: Results,
    reporter: Reporter,
    *,
    only: Collection[str] | None = None,
) -> dict[str, Indicators]:
    """Compute the job's indicators at each of its grains, the finest first; or `only` some."""
    from winback.indicators.facts import Facts
    from winback.indicators.over_time import compute_indicators
    from winback.indicators.periods import GRAINS

    catalogue = job_catalogue(settings, job)
    if only is not None:
        parts = {name for one in only for name in getattr(catalogue[one], "names", ())}
        catalogue = {name: one for name, one in catalogue.items() if name in parts | set(only)}
    facts = Facts(tables.past.at(job.as_of), tables.customers)
    segments = _segments(facts, job, results)
    made: dict[str, Indicators] = {}
    for grain in sorted(job.indicators.grains, key=GRAINS.index):
        with reporter.step(Message("doing.indicators", grain=grain)):
            made[grain] = compute_indicators(facts, catalogue, grain=grain, segments=segments)
    return made


def job_catalogue(settings: LoadedJob, job: Job) -> dict[str, Indicator]:
    """Read the catalogue of a job: what winback brings, and the job's own file."""
    from winback.indicators.definition import read_catalogue

    own = job.indicators.catalogue
    return read_catalogue(*([Path(settings.resolve(own))] if own else []))


def _segments(facts: Facts, job: Job, results: Results) -> dict[str, ir.Table]:
    """Return by what customers can be told apart, of what the job asks for."""
    import ibis

    segments: dict[str, ir.Table] = {}
    asked = job.indicators.segments
    people = facts.customers
    named = "acquisition_channel"
    if "acquisition_channel" in asked and people is not None and named in people.columns:
        segments[named] = people.select("customer_id", segment=named)
    if "cohort" in asked:
        first = facts.past.first_purchases
        quarter = ibis.literal(" Q") + first.first_day.quarter().cast("string")
        year = first.first_day.year().cast("string")
        segments["cohort"] = first.select("customer_id", segment=year + quarter)
    scores = results.find(_SCORES)
    if "tier" in asked and scores is not None:
        tiers = ibis.get_backend(facts.past.transactions.table).read_parquet(str(scores))
        tiers = tiers.filter(tiers.as_of.cast("date") == job.as_of)
        segments["tier"] = tiers.select("customer_id", segment="tier")
    return segments


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
