"""The two CDNOW samples, read from the installed lifetimes.

Purchases of 23,570 customers of a music shop who first bought in the first quarter of 1997, until
the end of June 1998, and the 1/10 systematic sample of them that the papers use.

References
----------
Fader, P. S., B. G. S. Hardie (2001), "Forecasting repeat sales at CDNOW: a case study",
*Interfaces* 31(3), part 2, S94-S107.
"""

from __future__ import annotations

from importlib import metadata

from ibis.backends.duckdb import Backend

from winback.data import sql
from winback.data.raw import Raw, fresh, view_of
from winback.errors import ConfigError, DataError, Sentence
from winback.nearest import nearest

PREFIX = "sample:"

# name: file, position of the customer's number (the 1/10 sample has a number of its own, second)
_SAMPLES = {
    "cdnow": ("CDNOW_master.txt", 1),
    "cdnow-tenth": ("CDNOW_sample.txt", 2),
}


def load(engine: Backend, source: str) -> Raw:
    """Make a sample a relation in the engine.

    Parameters
    ----------
    engine
        From `winback.data.connect.open_engine`.
    source
        ``"sample:cdnow"`` (69,659 rows, 23,570 customers) or ``"sample:cdnow-tenth"`` (6,919
        rows, 2,357 customers).

    Returns
    -------
    Raw
        Columns ``customer_id`` (text), ``timestamp`` (date), ``number_of_cds`` (int64), ``amount``
        (float64, US dollars). A day's purchases are several rows where the file has several.

    Raises
    ------
    ConfigError
        There is no such sample.

    Examples
    --------
    >>> from winback.data.connect import open_engine
    >>> engine = open_engine()
    >>> engine.table(load(engine, "sample:cdnow-tenth").name).count().to_pyarrow().as_py()
    6919
    """
    label = source.removeprefix(PREFIX)
    if label not in _SAMPLES:
        near = nearest(label, _SAMPLES)
        raise ConfigError(
            "no such sample",
            where="source",
            got=source,
            allowed=", ".join(PREFIX + sample for sample in _SAMPLES),
            hint=Sentence("did you mean {prefix}{near}?", prefix=PREFIX, near=near)
            if near
            else None,
        )
    file, position = _SAMPLES[label]
    # importlib.resources would import lifetimes, and with it autograd: a second for a path
    path = metadata.distribution("lifetimes").locate_file(f"lifetimes/datasets/{file}")
    table = fresh("sample")
    try:
        engine.raw_sql(f"""
            CREATE TABLE {sql.name(table)} AS
            WITH lines AS (
                SELECT regexp_split_to_array(trim(line), '\\s+') AS cell
                FROM read_csv({sql.text(str(path))}, columns = {{'line': 'VARCHAR'}},
                              auto_detect = false, header = false, delim = '\x01', quote = '')
            )
            SELECT cell[{position}] AS customer_id,
                   CAST(strptime(cell[-3], '%Y%m%d') AS DATE) AS timestamp,
                   CAST(cell[-2] AS BIGINT) AS number_of_cds,
                   CAST(cell[-1] AS DOUBLE) AS amount
            FROM lines WHERE regexp_full_match(cell[1], '\\d+')""")
    except sql.EngineError as error:
        raise DataError(
            "cannot read the sample from the installed lifetimes",
            where=str(path),
            got=sql.first_line(error),
            hint="pip install --force-reinstall lifetimes",
        ) from error
    return Raw(view_of(engine, table), label=source, sample=True, behind=(table,))
