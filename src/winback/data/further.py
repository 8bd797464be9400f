"""Which of the further tables one holds: customers, contacts or events."""

from __future__ import annotations

from ibis.backends.duckdb import Backend

from winback.data import consent
from winback.data.column_guess import Columns
from winback.data.column_names import named, names_of, says
from winback.data.guess_customer import guess_customer
from winback.data.raw import Raw, columns_of
from winback.data.words import words_of

# a contact says how and for what, an event says what; each at a time
_SIGNS = {
    "contacts": (("channel",), ("arm", "experiment_id", "list_id", "cost")),
    "events": (("event",), ()),
    "customers": ((), ("opt_out", "contactable_channels", "acquired_at", "referred_by",
                       "acquisition_channel")),
}  # fmt: skip


def further_table(
    engine: Backend, raw: Raw, name: str = "", notes: list[str] | None = None
) -> tuple[str | None, dict[str, str]]:
    """Return what a table holds besides purchases, and its columns by our names.

    Parameters
    ----------
    engine, raw
        The table, loaded.
    name
        What notes call it.
    notes
        Gets what a person should see.

    Returns
    -------
    tuple of str and dict
        ``"customers"``, ``"contacts"``, ``"events"`` or ``None``.

    Examples
    --------
    >>> import pandas as pd
    >>> from winback.data.connect import load, open_engine
    >>> engine = open_engine(threads=1)
    >>> people = pd.DataFrame({"Kunde": ["a"], "Opt-Out": "x"})
    >>> further_table(engine, load(engine, people))
    ('customers', {'customer_id': 'Kunde', 'opt_out': 'Opt-Out'})
    >>> consent = pd.DataFrame({"会员号": ["a"], "允许推送": "是"})
    >>> further_table(engine, load(engine, consent))
    ('customers', {'customer_id': '会员号', 'opt_out': 'no_consent(允许推送)'})
    """
    types = columns_of(engine, raw.name)
    types.pop("source_row")
    table = Columns(engine, raw, types)
    customer = guess_customer(table, names_of("customer_id"), [])
    if customer is None:
        return None, {}
    if named(table.left.items(), names_of("amount")):  # purchases have channels, too
        return None, {}
    common = {"customer_id": customer.expression}
    time = None
    if not says(customer.expression, "not_when_bought"):
        time = table.for_time(names_of("timestamp"), "timestamp", [])
    signs = words_of("columns")["signs_of"]
    for kind, (all_of, one_of) in _SIGNS.items():
        own = {
            ours: columns[0]
            for ours, words in signs[kind].items()
            if (columns := named(table.left.items(), words))
        }
        if kind == "customers":
            time_column = {} if time is None else {time.expression: None}
            own = {k: v for k, v in own.items() if v not in time_column}
            own |= _permission(table, own.get("opt_out"), name, [] if notes is None else notes)
        if not all(ours in own for ours in all_of):
            continue
        if one_of and not any(ours in own for ours in one_of):
            continue
        if kind != "customers":
            if time is None:
                continue
            common["timestamp"] = time.expression
        return kind, {**common, **own}
    return None, {}


def _permission(table: Columns, opt_out: str | None, name: str, notes: list[str]) -> dict[str, str]:
    """Return how the job learns who is to be left alone, and say what nothing reads."""
    columns = [c for c in consent.consent_columns(list(table.left.items())) if c != opt_out]
    if opt_out is None and columns:
        first, *columns = columns
        notes.append(consent.told(table.engine, table.raw.name, first, name))
        permission = {"opt_out": consent.no_consent(table.engine, first)}
    else:
        permission = {}
    if columns:
        notes.append(
            f"{', '.join(columns)} of {name} may say who is to be left alone, too: not read"
        )
    return permission
