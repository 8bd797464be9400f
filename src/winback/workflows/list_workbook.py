"""The lists of a job as one workbook: a sheet each, and one that says what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from winback.workflows.list_files import kind_of

if TYPE_CHECKING:
    from winback.config import LoadedJob
    from winback.messages import Message, Words
    from winback.workflows.results import Results

WORKBOOK = "lists.xlsx"
# the same on every row: said once, beside the list
CONSTANT = ("list_id", "expires_at", "limits", "value_version", "churn_version", "tiers_version")


def keep_workbook(
    settings: LoadedJob,
    results: Results,
    lists: Mapping[str, pd.DataFrame],
    notes: Mapping[str, Sequence[Message]],
) -> None:
    """Stage `lists.xlsx`, at the top of the output folder and under its date.

    Parameters
    ----------
    lists
        `churn_warning`, `win_back` and `win_back_control`: their rows.
    notes
        What to know about a list before anybody acts on it.
    """
    from winback.lists.for_people import FOR_PEOPLE, for_people, headings
    from winback.lists.workbook import FILLS, Sheet, write_workbook
    from winback.messages import Words

    job = settings.job
    words = Words(job.language, job.currency, job.amounts)
    sheets = []
    for name, rows in lists.items():
        kind = kind_of(name)
        columns = FOR_PEOPLE[kind]
        fills = {words.label("severity", colour): fill for colour, fill in FILLS.items()}
        sheets.append(
            Sheet(
                words(f"book.{name}"),
                for_people(rows, kind, words),
                columns,
                headings(columns, words),
                fills if "colour" in columns else {},
            )
        )
    about = (words("book.about"), list(_about(settings, lists, notes, words)))
    for folder in ("", f"lists/{job.as_of}/"):
        path = results.staged(f"{folder}{WORKBOOK}")
        write_workbook(path, sheets, about=about, made=job.as_of)


def _about(
    settings: LoadedJob,
    lists: Mapping[str, pd.DataFrame],
    notes: Mapping[str, Sequence[Message]],
    words: Words,
) -> Iterator[tuple[str, str]]:
    from winback.lists.for_people import FOR_PEOPLE

    job = settings.job
    command = f"winback explain {settings.path.name} ID --html"
    yield words("book.of", job=job.name, day=job.as_of), ""
    yield words("book.customer"), words("book.customer_said", command=command)
    yield (
        words("book.everything"),
        words("book.everything_said", files=[".machine.csv", ".parquet"]),
    )
    for name, rows in lists.items():
        yield words(f"book.{name}"), ""
        yield words("book.is"), words(f"book.{name}_said")
        for message in notes.get(name, ()):
            yield words("book.note"), message.say(words)
        for column in CONSTANT:
            value = _constant(rows, column)
            if value is not None:
                yield words(f"book.{column}"), words.written(value)
    yield words("book.columns"), ""
    for column in dict.fromkeys(name for columns in FOR_PEOPLE.values() for name in columns):
        yield words(f"sheet.{column}"), words(f"sheet.{column}_said")


def _constant(rows: pd.DataFrame, column: str) -> Any:
    """Return what a column holds on every row; None where rows differ, or there are none."""
    values = rows[column].dropna().unique()
    if len(values) != 1:
        return None
    value = values[0]
    return value if isinstance(value, str) else str(pd.Timestamp(value).date())
