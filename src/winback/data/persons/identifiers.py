"""What a table of identities says, so written that one thing is one text; junk says nothing."""

from __future__ import annotations

from typing import Final

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend
from phonenumbers import PhoneMetadata

from winback.data import sql
from winback.data.raw import fresh
from winback.errors import ConfigError

WIDE: Final = (
    "union_id", "member_number", "email", "phone", "open_id", "device",
    "first_name", "last_name", "birth_date",
)  # fmt: skip
"""Kinds that have columns of their own; others come as ``kind`` and ``value``."""

_SHORT = 4  # an identifier of fewer characters is a placeholder
_LEAST_DIGITS = 7  # E.164: no subscriber has fewer


def identifiers(engine: Backend, table: ir.Table, region: str | None = None) -> str:
    """Lay down what each id of a customer carries, one row for each kind and value.

    Parameters
    ----------
    engine
        From `winback.data.connect.open_engine`.
    table
        Read by the contract ``identities``.
    region
        Two letters (ISO 3166): whose telephone numbers are written without a country's code.

    Returns
    -------
    str
        The name of a relation: ``code`` (0, 1, …: ids by the day on which they were seen first,
        unseen ones last, then by their text), ``customer_id``, ``kind``, ``value`` (NULL where an
        id carries nothing that says who it is), ``seen_on`` (date, the newest; NULL: unknown).

    Raises
    ------
    ConfigError
        There is no such region.
    """
    name, source = sql.name(table.get_name()), set(table.columns)
    day = "day" if "day" in source else "NULL::DATE"
    parts = [f"SELECT customer_id, {day} AS seen_on, NULL AS kind, NULL AS value FROM {name}"]
    parts += [
        f"SELECT customer_id, {day}, '{kind}', {kind} FROM {name} WHERE {kind} IS NOT NULL"
        for kind in WIDE
        if kind in source
    ]
    if {"kind", "value"} <= source:
        parts.append(f"SELECT customer_id, {day}, lower(kind), value FROM {name}")
    laid = fresh("identifiers")
    engine.raw_sql(f"""
        CREATE TABLE {laid} AS WITH said AS ({" UNION ALL ".join(parts)}), ids AS (
            SELECT customer_id,
                row_number() OVER (ORDER BY min(seen_on) NULLS LAST, customer_id) - 1 AS code
            FROM said GROUP BY customer_id
        )
        SELECT code, customer_id, kind, {_one_text(region)} AS value, max(seen_on) AS seen_on
        FROM said JOIN ids USING (customer_id) GROUP BY ALL""")
    return laid


def _one_text(region: str | None) -> str:
    bare = r"regexp_replace(strip_accents(lower(value)), '[^\p{L}\p{N}]', '', 'g')"
    repeated = "replace(value, left(value, 1), '') = ''"
    return rf"""CASE
        WHEN kind = 'email'
        THEN CASE WHEN regexp_full_match(value, '[^@\s]+@[^@\s]+\.[^@\s]+') THEN lower(value) END
        WHEN kind = 'phone' THEN {_phone(region)}
        WHEN kind IN ('first_name', 'last_name') THEN nullif({bare}, '')
        WHEN kind = 'birth_date' THEN coalesce(CAST(TRY_CAST(value AS DATE) AS VARCHAR), value)
        WHEN length(value) >= {_SHORT} AND NOT {repeated} THEN value END"""


def _phone(region: str | None) -> str:
    r"""Return SQL for a telephone number in E.164, by the plan of numbers that phonenumbers keeps.

    One that fits no plan stays as its digits: it is the same as another written so.
    """
    mended = r"regexp_replace(replace(value, '(0)', ''), '^\s*00', '+')"
    digits = rf"regexp_replace({mended}, '[^0-9+]', '', 'g')"
    ways = [f"WHEN starts_with({digits}, '+') THEN {digits}"]
    if region is not None:
        plan = PhoneMetadata.metadata_for_region(region.upper(), None)
        if plan is None or plan.general_desc is None:
            raise ConfigError(
                "there is no such region",
                where="identities.region",
                got=region,
                allowed="two letters of ISO 3166, such as CN or DE",
            )
        code = plan.country_code
        national = sql.text(str(plan.general_desc.national_number_pattern))
        for prefix in dict.fromkeys(("", plan.national_prefix or "", str(code))):
            rest = f"substr({digits}, {len(prefix) + 1})"
            fits = f"starts_with({digits}, '{prefix}') AND regexp_full_match({rest}, {national})"
            ways.append(f"WHEN {fits} THEN '+{code}' || {rest}")
    junk = (
        f"length({digits}) < {_LEAST_DIGITS}"
        f" OR replace(ltrim({digits}, '+'), right({digits}, 1), '') = ''"
    )
    return f"CASE WHEN {junk} THEN NULL {' '.join(ways)} ELSE {digits} END"
