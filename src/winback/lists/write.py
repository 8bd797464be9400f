"""Lists as files: CSV for people and spreadsheets, Parquet for programs.

Both appear whole or not at all, and the same rows give the same bytes.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from winback.errors import Sentence, UsageError
from winback.files import atomic_path
from winback.lists.columns import Columns, Kind, conform

_DECIMALS: dict[Kind, int] = {"number": 2, "money": 2, "probability": 4}
_ARROW: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "date": pa.date32(),
    "count": pa.int64(),
    "number": pa.float64(),
    "money": pa.float64(),
    "probability": pa.float64(),
}

# What makes a spreadsheet read a cell as a formula (OWASP, "CSV injection"), in either width.
# Blanks, control and invisible characters before it are skipped by some programs.
_WIDE = "\uff1d\uff0b\uff0d\uff20"
_SIGN = f"[=+\\-@{_WIDE}]"
_BLANK = "\\s\\x00-\\x1f\\x7f\N{ZERO WIDTH SPACE}\N{ZERO WIDTH NO-BREAK SPACE}"
# A program set to another separator cuts the cell there: what follows begins a cell of its own.
_FORMULA = re.compile(f'(^(?=[\\t\\r\\n]|[{_BLANK}]*{_SIGN})|(?<=[,;|\\t])(?=["{_BLANK}]*{_SIGN}))')
_CONTROL = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")


def safe_text(text: str) -> str:
    r"""Make a text that no spreadsheet reads as a formula, and that stays on its line.

    A leading `=`, `+`, `-`, `@` (also in full width), tab or line break gets an apostrophe before
    it, which spreadsheets read as "this is text"; so does one that follows a separator inside the
    text, where a program with another separator would begin a cell. Control characters become
    blanks: one customer, one line.

    Examples
    --------
    >>> safe_text("=1+1"), safe_text("C-17"), safe_text("\t1")
    ("'=1+1", 'C-17', "' 1")
    >>> safe_text("a;=1+1")
    "a;'=1+1"
    """
    return _CONTROL.sub(" ", _FORMULA.sub("'", text))


def write_csv(
    frame: pd.DataFrame,
    path: str | Path,
    columns: Columns,
    *,
    bom: bool = False,
    decimal: Literal[".", ","] = ".",
    separator: Literal[",", ";", "\t"] = ",",
) -> None:
    r"""Write a list as a CSV file that opens in a spreadsheet, readable and harmless.

    UTF-8, one line a customer, lines ended by `\n`. Text is made safe (`safe_text`), dates are
    ISO, money and plain numbers have two decimals, probabilities four; what is missing is empty.
    Negative numbers stay numbers. The full precision is in the Parquet file.

    Parameters
    ----------
    frame
        The rows, in their final order.
    path
        Where the file appears, whole or not at all.
    columns
        Column name to kind; exactly these are written, also when there are no rows.
    bom
        Begin with a byte-order mark, by which Excel knows UTF-8.
    decimal
        Decimal sign.
    separator
        Column separator.

    Raises
    ------
    UsageError
        If decimal sign and separator are the same, or neither is one that spreadsheets know.
    OutputError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "list.csv"
    >>> rows = pd.DataFrame({"customer_id": ["=A1"], "margin": [-1.256]})
    >>> columns = {"customer_id": "text", "margin": "money"}
    >>> write_csv(rows, file, columns, decimal=",", separator=";")
    >>> file.read_text(encoding="utf-8")
    "customer_id;margin\n'=A1;-1,26\n"
    """
    if decimal not in (".", ",") or separator not in (",", ";", "\t") or decimal == separator:
        raise UsageError(
            "a CSV file cannot be written with these signs",
            got=Sentence(
                "decimal {decimal!r}, separator {separator!r}", decimal=decimal, separator=separator
            ),
            allowed="decimal '.' or ','; separator ',', ';' or a tab; not the same twice",
        )
    rows = conform(frame, columns)
    text = pd.DataFrame({name: _text(rows[name], kind, decimal) for name, kind in columns.items()})
    with atomic_path(path) as part:
        text.to_csv(
            part,
            index=False,
            sep=separator,
            lineterminator="\n",
            encoding="utf-8-sig" if bom else "utf-8",
        )


def _text(values: pd.Series, kind: Kind, decimal: str) -> pd.Series:
    if kind == "text":
        return values.map(safe_text, na_action="ignore")
    if kind == "date":
        days: pd.Series = values.dt.strftime("%Y-%m-%d")
        return days
    if kind == "count":
        return values.astype("str")
    places = _DECIMALS[kind]
    numbers = values.to_numpy(dtype="float64")
    rounded = np.round(numbers, places) + 0.0  # + 0.0: never "-0.00"
    text = pd.Series(np.char.mod(f"%.{places}f", rounded), index=values.index, dtype="str")
    return text.str.replace(".", decimal, regex=False).mask(np.isnan(numbers))


def write_parquet(frame: pd.DataFrame, path: str | Path, columns: Columns | None = None) -> None:
    """Write a frame as a Parquet file that every engine reads, with the same bytes every time.

    Timestamps are in microseconds (Spark refuses nanoseconds), days are dates, and nothing of
    pandas is stored beside the data.

    Parameters
    ----------
    frame
        The rows, in their final order.
    path
        Where the file appears, whole or not at all.
    columns
        Column name to kind; exactly these are written. Without them the frame is written as it
        is, without its index.

    Raises
    ------
    OutputError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "list.parquet"
    >>> write_parquet(pd.DataFrame(), file, {"customer_id": "text", "rank": "count"})
    >>> pd.read_parquet(file).dtypes.to_dict()
    {'customer_id': <StringDtype(na_value=nan)>, 'rank': dtype('int64')}
    """
    if columns is None:
        table = pa.Table.from_pandas(frame, preserve_index=False)
        schema = pa.schema([pa.field(field.name, _portable(field.type)) for field in table.schema])
        table = table.cast(schema)
    else:
        schema = pa.schema([pa.field(name, _ARROW[kind]) for name, kind in columns.items()])
        table = pa.Table.from_pandas(
            conform(frame, columns), schema=schema, preserve_index=False
        ).replace_schema_metadata(None)
    with atomic_path(path) as part:
        pq.write_table(table, part, compression="zstd", store_schema=False)


def _portable(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", tz=kind.tz)
    if pa.types.is_large_string(kind) or pa.types.is_null(kind):
        return pa.string()
    return kind
