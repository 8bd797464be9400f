"""Past campaigns with a comparison group: who was in which arm, what was known, who returned."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from winback.data.arms import TREATED, arm_of, refuse_unknown
from winback.features.behaviour import behaviour_table
from winback.features.outcomes import outcomes_table
from winback.features.purchases import known_by

COVARIATES = ("days_since_last", "frequency", "monetary_value", "basket_amount")
BATCH_DAYS = 24
"""Days of contacts that are described in one query, so that memory stays bounded."""


def campaign_table(
    contacts: ir.Table,
    transactions: ir.Table,
    as_of: date,
    *,
    horizon_days: int,
    count_zero: bool,
    batch_days: int = BATCH_DAYS,
) -> ir.Table | None:
    """Lay out past contacts whose arm is known, and whose outcome is.

    Parameters
    ----------
    contacts
        ``customer_id``, ``day``, ``arm`` (``treated`` or ``control``, by any known name) and, if
        known, ``experiment_id`` and ``list_id``. The campaign is the experiment, in which a
        customer keeps the arm; where customers stand in both arms of one, arms were drawn anew for
        each list, and the list is the campaign; without either, the day is. Of several contacts of
        a customer in a campaign the first counts; who stands in both arms of one is left out.
    transactions
        ``customer_id``, ``day``, ``amount``, optionally ``booked_on``, ``known_on``.
    as_of
        The last day that is known: only campaigns at least `horizon_days` old are looked at.
    horizon_days
        A return is a purchase day from the day of the contact on, within so many days.
    count_zero
        Count a day whose net amount is zero as a purchase day.
    batch_days
        So many days of contacts are described at a time; all of them count.

    Returns
    -------
    ir.Table or None
        ``campaign``, ``customer_id``, ``day``, ``list_id`` (of that contact; the day where it has
        none), ``treated`` and ``returned`` (0 or 1), ``revenue`` (of the horizon, net), ``cost``
        (of the contacts; missing where contacts say none), and `COVARIATES` as known at the end
        of the day before. Who had not bought by then is left out.
        None where there is no such campaign.

    Raises
    ------
    DataError
        An arm has a name that nobody knows.

    Examples
    --------
    >>> import pyarrow as pa
    >>> sales = ibis.memtable(pa.table({"customer_id": ["a", "b", "a"], "amount": [9.0, 5.0, 7.0],
    ...     "day": [date(2024, 1, 1), date(2024, 1, 2), date(2024, 3, 9)]}))
    >>> sent = ibis.memtable(pa.table({"customer_id": ["a", "b"], "day": [date(2024, 3, 1)] * 2,
    ...                                "arm": ["treated", "control"]}))
    >>> table = campaign_table(sent, sales, date(2024, 6, 30), horizon_days=30, count_zero=False)
    >>> table.order_by("customer_id").to_pyarrow().to_pandas()[
    ...     ["campaign", "customer_id", "treated", "returned", "days_since_last"]]
         campaign customer_id  treated  returned  days_since_last
    0  2024-03-01           a        1         1             59.0
    1  2024-03-01           b        0         0             58.0
    """
    if "arm" not in contacts.columns:
        return None
    first = _first_contacts(_arms(contacts, as_of, horizon_days).filter(ibis._.over))
    days = first.select("day").distinct().order_by("day").to_pyarrow()["day"].to_pylist()
    if not days:
        return None
    batches = [days[start : start + batch_days] for start in range(0, len(days), batch_days)]
    horizon = timedelta(days=horizon_days)
    parts = [
        _described(first, transactions, batch, horizon=horizon, count_zero=count_zero).to_pyarrow()
        for batch in batches  # days, not customers
    ]
    return ibis.memtable(pa.concat_tables(parts))


def waiting_contacts(contacts: ir.Table, as_of: date, *, horizon_days: int) -> ir.Table | None:
    """Count the contacts whose arm is known, but whose outcome is not yet.

    Parameters
    ----------
    contacts, as_of, horizon_days
        See `campaign_table`.

    Returns
    -------
    ir.Table or None
        ``campaign``, ``day``, and customers by arm, ``treated`` and ``control``; who was in the
        campaign before has an outcome, and is not counted. None where no contact has an arm.

    Raises
    ------
    DataError
        An arm has a name that nobody knows.

    Examples
    --------
    >>> sent = ibis.memtable(pa.table({"customer_id": ["a", "b"], "day": [date(2024, 6, 20)] * 2,
    ...                                "arm": ["treated", "control"]}))
    >>> waiting_contacts(sent, date(2024, 6, 30), horizon_days=30).to_pyarrow().to_pylist()
    [{'campaign': '2024-06-20', 'day': datetime.date(2024, 6, 20), 'treated': 1, 'control': 1}]
    """
    if "arm" not in contacts.columns:
        return None
    first = _first_contacts(_arms(contacts, as_of, horizon_days))
    first = first.filter(first.day > as_of - timedelta(days=horizon_days))
    return first.group_by(["campaign", "day"]).aggregate(
        treated=first.treated.sum(), control=(1 - first.treated).sum()
    )


def _arms(contacts: ir.Table, as_of: date, horizon_days: int) -> ir.Table:
    """Return contacts whose arm is known, their campaign, and whether their window is over."""
    rows = known_by(contacts, as_of)
    refuse_unknown(rows, "contacts, arm")
    arm = arm_of(rows.arm)
    by_list = [rows[name].cast("string") for name in ("list_id",) if name in rows.columns]
    by_list.append(rows.day.cast("string"))
    by_experiment = [rows.experiment_id.cast("string")] if "experiment_id" in rows.columns else []
    rows = rows.filter(arm.notnull()).select(
        "customer_id",
        "day",
        over=rows.day <= as_of - timedelta(days=horizon_days),
        experiment=ibis.coalesce(*by_experiment, *by_list),
        sent=ibis.coalesce(*by_list),
        treated=(arm == TREATED).cast("int64"),
        cost=rows.cost.cast("float64") if "cost" in rows.columns else ibis.null("float64"),
    )
    mixed = rows.group_by(["experiment", "customer_id"]).aggregate(arms=rows.treated.nunique())
    redrawn = mixed.group_by("experiment").aggregate(redrawn=(mixed.arms > 1).any())
    rows = rows.join(redrawn, "experiment")
    return rows.mutate(campaign=ibis.ifelse(rows.redrawn, rows.sent, rows.experiment))


def _first_contacts(rows: ir.Table) -> ir.Table:
    """Return the first contact of each customer in each campaign, if the arm is always the same."""
    first = rows.group_by(["campaign", "customer_id"]).aggregate(
        day=rows.day.min(),
        list_id=rows.sent.argmin(rows.day),
        treated=rows.treated.max(),
        same=rows.treated.min(),
        cost=rows.cost.sum(),
    )
    return first.filter(first.treated == first.same).drop("same")


def _described(
    first: ir.Table,
    transactions: ir.Table,
    days: Sequence[date],
    *,
    horizon: timedelta,
    count_zero: bool,
) -> ir.Table:
    """Describe who was contacted on these days, and say who returned."""
    first = first.filter(first.day.between(days[0], days[-1]))
    before = [day - timedelta(days=1) for day in days]
    who = first.select("customer_id").distinct()
    behaviour = behaviour_table(
        transactions, before, count_zero=count_zero, horizon_days=horizon.days, customers=who
    ).select("customer_id", "as_of", *COVARIATES)
    outcomes = outcomes_table(
        transactions.semi_join(who, "customer_id"),
        [(day, day, day + horizon) for day in before],
        count_zero=count_zero,
    )
    first = first.mutate(as_of=(first.day - ibis.interval(days=1)).cast("date"))
    table = first.inner_join(behaviour, ["customer_id", "as_of"])
    table = table.left_join(outcomes, ["customer_id", "as_of"])
    returned = (table.purchases.coalesce(0) > 0).cast("int64")
    return table.select(
        "campaign",
        "customer_id",
        "day",
        "list_id",
        "treated",
        *COVARIATES,
        returned=returned,
        revenue=table.revenue.coalesce(0.0),
        cost=table.cost,
    )
