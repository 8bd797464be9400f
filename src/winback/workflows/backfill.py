"""Make up for a history of lists: score several past dates, and make their lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from winback.errors import Sentence, UsageError
from winback.messages import Message
from winback.workflows.lists import lists
from winback.workflows.score import score
from winback.workflows.work import Work

if TYPE_CHECKING:
    from winback.config import LoadedJob
    from winback.workflows.reporter import Reporter

MAX_DATES = 1000


def dates_between(first: date, last: date, every: str) -> list[date]:
    """Return the dates from `first` to at most `last`, so many days apart.

    Parameters
    ----------
    first, last
        Both are included; `last` where the steps meet it.
    every
        Days, such as ``7d``.

    Raises
    ------
    UsageError
        The dates are in the wrong order, or `every` is no number of days.

    Examples
    --------
    >>> [str(day) for day in dates_between(date(2011, 11, 25), date(2011, 12, 9), "7d")]
    ['2011-11-25', '2011-12-02', '2011-12-09']
    """
    number = every.strip().removesuffix("d")
    if not number.isdecimal() or int(number) < 1:
        raise UsageError(
            "not a number of days", where="--every", got=every, allowed="1d, 7d, 30d and so on"
        )
    if last < first:
        raise UsageError(
            "the dates are in the wrong order",
            where="--until",
            got=last,
            allowed=Sentence("{first} (--as-of) or later", first=first),
        )
    n = (last - first).days // int(number) + 1
    if n > MAX_DATES:
        raise UsageError(
            "too many dates",
            where="--every",
            got=f"{n:,}",
            allowed=Sentence("at most {most:,}", most=MAX_DATES),
        )
    return [first + timedelta(days=int(number) * step) for step in range(n)]


def backfill(
    jobs: Sequence[LoadedJob],
    *,
    out: Path | None,
    reporter: Reporter,
    today: date | None = None,
) -> dict[str, Any]:
    """Score each date and make its lists, the earliest first, so that colours carry over.

    Every date is scored with the champions of today, which have learned from days after it: what
    comes out shows how the lists would look, and is no test of how good they would have been (that
    is `winback backtest`). Each date is published as soon as it is done; one that is earlier than
    the newest list leaves only its dated lists, and the top of the output folder as it is.

    Parameters
    ----------
    jobs
        The same job at several dates.
    out
        The output folder; see `winback.workflows.work.Work`.
    reporter
        Who is told of the progress.
    today
        See `winback.workflows.work.Work`.

    Returns
    -------
    dict
        `dates`: of each, the sizes of its lists.
    """
    reporter.warn(Message("log.past_dates"))
    made: dict[str, Any] = {}
    for place, loaded in enumerate(jobs, start=1):
        as_of = str(loaded.job.as_of)
        reporter.say(Message("log.date", as_of=as_of, place=place, of=len(jobs)))
        with Work(loaded, out=out, reporter=reporter, today=today) as work:
            work.do(score)
            made[as_of] = work.do(lists, looking_back=True)["rows"]
            if any(path.name > as_of for path in work.results.earlier.glob("lists/????-??-??")):
                work.results.keep_only("lists")
    return {"dates": made}
