"""Look back: train at past dates, compare with what happened next."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from winback.errors import ConfigError
from winback.messages import Message, as_records
from winback.workflows.evaluate import backtest_settings
from winback.workflows.validate import warn_of_silence

if TYPE_CHECKING:
    from winback.config import LoadedJob
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables


def backtest(
    settings: LoadedJob, tables: JobTables, results: Results, reporter: Reporter
) -> dict[str, Any]:
    """Judge every model at each of the job's splits; stage `backtest.json`, `.parquet`, `.html`.

    Returns
    -------
    dict
        The records: one per split, target and model.

    Raises
    ------
    ConfigError
        The job names no splits.
    DataError
        A split ends after the data do: after the job's `as_of`, and after every row of the source.
    """
    from winback.evaluation.backtest import run_backtest
    from winback.evaluation.past import Past
    from winback.reports.backtest_page import backtest_page

    job = settings.job
    splits = [(split.as_of, split.until) for split in job.backtest.splits]
    if not splits:
        raise ConfigError(
            "the job names no splits to look back at",
            where=f"{settings.path}, backtest.splits",
            hint="write for example `backtest: {splits: [{as_of: 2011-06-09, until: 2011-12-09}]}`",
        )
    last = max(until for _, until in splits)
    transactions = tables.read_transactions(until=last)
    past = Past(transactions, last, events=tables.events)
    # rows that came later show that the data go on; else the job says until when they are known
    known_until = last if transactions.counts.after_as_of else settings.job.as_of
    if transactions.counts.last_day is not None and not transactions.counts.after_as_of:
        warn_of_silence(reporter, transactions.counts.last_day, last)
    with reporter.step(Message("doing.look_back", n=len(splits))) as step:
        done = iter(range(10_000))
        result = run_backtest(
            past,
            splits,
            backtest_settings(settings.job),
            known_until=known_until,
            progress=lambda _: step.advance(next(done)),
        )
    text = json.dumps(as_records(result.records), indent=1, ensure_ascii=False)
    results.staged("backtest.json").write_text(text + "\n", encoding="utf-8")
    page = results.staged("backtest.html")
    page.write_text(backtest_page(result.records), encoding="utf-8")
    result.predictions.to_parquet(results.staged("backtest.parquet"), index=False)
    for record in result.records:
        if record["chosen"]:
            reporter.say(
                Message(
                    "log.compared",
                    split=record["split"],
                    target=record["target"],
                    reason=record["reason"],
                )
            )
    return {"records": result.records}
