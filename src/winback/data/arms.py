"""The arms of an experiment, whatever a tool calls them: a control must stay alone.

The words are data (`winback.data.words`); every place that reads arms reads them here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

import ibis
import ibis.expr.types as ir
import pandas as pd

from winback.data.words import words_of
from winback.errors import DataError, Sentence

TREATED: Final = "treated"
CONTROL: Final = "control"
_SHOWN: Final = 5


def arms_of(cells: pd.Series, where: str) -> pd.Series:
    """Return arms in our words.

    Parameters
    ----------
    cells
        Text, numbers or truth values, whatever a tool wrote.
    where
        How a message calls the column.

    Returns
    -------
    Series of str
        ``treated``, ``control``, or missing where nothing is said; the index of `cells`.

    Raises
    ------
    DataError
        A word that nobody knows; the message shows what was seen.

    Examples
    --------
    >>> arms_of(pd.Series(["CONTROL", " Holdout", 0, True, "实验组", None]), "arm").tolist()
    ['control', 'control', 'control', 'treated', 'treated', None]
    """
    seen = cells.dropna().unique()
    arms = {value: _arm(str(value)) for value in seen if _plain(str(value)) not in _missing()}
    if unknown := [value for value, arm in arms.items() if arm is None]:
        counts = cells[cells.isin(unknown)].value_counts()
        raise unknown_arms(((str(name), int(n)) for name, n in counts.items()), where)
    return cells.astype("object").map(arms).astype("object").where(cells.isin(list(arms)), None)


def arm_of(cells: ir.Column) -> ir.StringColumn:
    """Return arms in our words, in an engine; NULL for no word, and for a word nobody knows."""
    text = cells.cast("string").strip().lower()
    words = words_of("cells")["arms"]
    return ibis.cases(
        (text.isin(words[CONTROL]), CONTROL),
        (text.isin(words[TREATED]), TREATED),
    )


def refuse_unknown(rows: ir.Table, where: str) -> None:
    """Raise where the column ``arm`` holds words that nobody knows.

    Raises
    ------
    DataError
        With what was seen, and how often.
    """
    plain = rows.arm.cast("string").strip().lower().fill_null("")
    odd = rows.filter(~plain.isin(_missing()), arm_of(rows.arm).fill_null("") == "")
    counted = odd.select(arm=odd.arm.cast("string")).group_by("arm").agg(n=lambda t: t.count())
    unknown = counted.order_by(ibis.desc("n"), "arm").limit(_SHOWN).to_pyarrow().to_pylist()
    if unknown:
        raise unknown_arms(((row["arm"], row["n"]) for row in unknown), where)


def unknown_arms(counts: Iterable[tuple[str, int]], where: str) -> DataError:
    """Return what to say of words that nobody knows."""
    return DataError(
        "arms of an experiment have names that winback does not know",
        where=where,
        got=Sentence(
            "{seen}",
            seen=[
                Sentence("{name!r} in {n:,} {n:form.row/rows}", name=name, n=n)
                for name, n in list(counts)[:_SHOWN]
            ],
        ),
        allowed="control, holdout, 0, false; treated, treatment, 1, true; and these in more"
        " languages",
        hint="say which is which, under columns: `arm: if(group = 'A', 'control', 'treated')`",
    )


def _arm(cell: str) -> str | None:
    word = _plain(cell)
    words = words_of("cells")["arms"]
    return next((arm for arm in (CONTROL, TREATED) if word in words[arm]), None)


def _plain(cell: str) -> str:
    return unicodedata.normalize("NFKC", cell).strip().lower()


def _missing() -> list[str]:
    return list(words_of("cells")["missing"])
