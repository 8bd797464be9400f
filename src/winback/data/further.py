"""Which of the further tables one holds: customers, contacts or events."""

from __future__ import annotations

from ibis.backends.duckdb import Backend

from winback.data import consent, sql
from winback.data.column_guess import Columns, Guess
from winback.data.column_names import named, names_of, plain, says
from winback.data.guess_customer import guess_customer
from winback.data.id_choice import look_at_ids
from winback.data.no_values import no_time
from winback.data.raw import Raw, columns_of
from winback.data.words import words_of
from winback.messages import Message

# a contact says how and for what, an event says what; each at a time
_SIGNS = {
    "contacts": (("channel",), ("arm", "experiment_id", "list_id", "cost")),
    "events": (("event",), ()),
    "customers": ((), ("opt_out", "contactable_channels", "acquired_at", "referred_by",
                       "acquisition_channel")),
}  # fmt: skip


def further_table(
    engine: Backend, raw: Raw, name: str = "", notes: list[Message] | None = None
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
    permissions, customer = _people(table)
    if customer is None or _is_purchases(table, permissions, customer):
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
            own |= _permission(table, permissions, name, [] if notes is None else notes)
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


def _people(table: Columns) -> tuple[consent.Permissions, Guess | None]:
    """Return what says who may be contacted, and then which column the customers are in.

    In this order: ``do_not_email`` is no e-mail address, ``unsubscribed_at`` no day of an event.
    """
    permissions = consent.look(table)
    for column in permissions.columns:
        del table.left[column]
    names = names_of("customer_id")
    return permissions, guess_customer(table, names, [], of_purchases=False)


def _is_purchases(table: Columns, permissions: consent.Permissions, customer: Guess) -> bool:
    """Whether there are amounts, and not only what each customer on a list has spent."""
    if not named(table.left.items(), names_of("amount")):  # purchases have channels, too
        return False
    ids = look_at_ids(table.engine, table.raw.name, customer.expression)
    return not permissions.columns or ids.repeated > 0


def _permission(
    table: Columns, permissions: consent.Permissions, name: str, notes: list[Message]
) -> dict[str, str]:
    """Return how the job learns who is to be left alone, and say what nothing reads."""
    if not permissions.columns:
        return _by_name(table, name, notes)
    first, *more = permissions.read
    notes += [_days(table, column, name) for column in permissions.refuse if table.is_dated(column)]
    notes += [
        consent.told(table.engine, table.raw.name, column, name)
        for column in permissions.read
        if column in permissions.agree
    ]
    if more:
        written = permissions.written(table.engine, first)
        columns = list(permissions.read)
        notes.append(Message("note.opt_out_together", columns=columns, table=name, first=written))
    if others := permissions.agree[1:]:
        notes.append(Message("note.opt_out_more", columns=list(others), table=name))
    return {"opt_out": permissions.together(table.engine)}


def _by_name(table: Columns, name: str, notes: list[Message]) -> dict[str, str]:
    """Return that everybody in a table is left alone whose name says so: ``unsubscribed.csv``."""
    words = words_of("columns")
    refusals = f"{words['signs_of']['customers']['opt_out']} {words['refusals']}".split()
    short = plain(name)
    if not any(word in short for word in refusals):
        return {}
    rows = sql.rows(table.engine, f"SELECT count(*) FROM {sql.name(table.raw.name)}")[0][0]
    notes.append(Message("note.opt_out_by_name", table=name, rows=rows))
    return {"opt_out": "true"}


def _days(table: Columns, column: str, name: str) -> Message:
    """Say how many have a day of refusal, and the first: a day that stands for none is seen."""
    day = f"CAST({sql.name(column)} AS VARCHAR)"
    rows, given, first = sql.rows(
        table.engine,
        f"""SELECT count(*), count(*) FILTER (NOT {no_time(day)}), min({day}) FILTER (
            NOT {no_time(day)}) FROM {sql.name(table.raw.name)}""",
    )[0]
    return Message(
        "note.opt_out_dates", column=column, table=name, n=given, rows=rows, example=repr(first)
    )


def not_read(engine: Backend, raw: Raw, name: str, source: str) -> Message:
    """Say that nothing reads a table, which columns it has, and what to do.

    Parameters
    ----------
    engine, raw, name
        The table, loaded, and what notes call it.
    source
        Where it is, as a job has it.

    Examples
    --------
    >>> import pandas as pd
    >>> from winback.data.connect import load, open_engine
    >>> engine = open_engine(threads=1)
    >>> raw = load(engine, pd.DataFrame({"Ref": ["a"], "City": ["b"]}))
    >>> print(not_read(engine, raw, "people", "people.csv"))
    people is not read: Ref, City name no customers; if one does, data.customers: {source:\
 people.csv, columns: {customer_id: YOUR_COLUMN}}
    """
    types = columns_of(engine, raw.name)
    types.pop("source_row")
    table = Columns(engine, raw, types)
    permissions, customer = _people(table)
    key = "YOUR_COLUMN" if customer is None else customer.expression
    setting = f"data.customers: {{source: {source}, columns: {{customer_id: {key}}}}}"
    if permissions.columns:
        first = permissions.columns[0]
        opt_out = f", opt_out: {permissions.written(engine, first)}}}}}"
        return Message(
            "note.not_read_refusal",
            table=name,
            column=first,
            columns=list(types),
            setting=setting.removesuffix("}}") + opt_out,
        )
    if customer is None:
        return Message(
            "note.not_read_no_customer", table=name, columns=list(types), setting=setting
        )
    return Message("note.not_read", table=name, columns=list(types), setting=setting)
