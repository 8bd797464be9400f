"""What a customer did, what they were sent, and what came of it: plain data for a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from winback.workflows.list_files import kept_dates

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from winback.config import Job
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables
    from winback.workflows.used_models import UsedModels

LISTS = ("churn_warning", "win_back", "win_back_control")
EVERYTHING = 100_000  # behaviours of one customer, more than anybody has
STEPS = 240  # of P(alive), as many as a picture shows


def customer_history(
    job: Job, tables: JobTables, results: Results, models: UsedModels, scores: Mapping[str, Any]
) -> dict[str, Any]:
    """Collect everything that happened between a customer and the shop.

    Parameters
    ----------
    scores
        The customer's row of the scores.

    Returns
    -------
    dict
        `behaviours`: `day, what` (`purchase`, or the event's name), `amount, channel`, the oldest
        first; `contacts`: of each contact known at `as_of` its `day, channel, arm, list_id` and
        what came of it (see `what_came_of_it`); `lists`: on which lists of winback's the customer
        stood, with `day, list, severity, action`; `p_alive`: `day` and `p_alive`, empty where the
        model in use knows none, or the customer bought once.
    """
    customer = str(scores["customer_id"])
    behaviours = _behaviours(tables, customer)
    bought = behaviours[behaviours["what"] == "purchase"]
    contacts = _contacts(tables.read_frame("contacts"), customer, job.as_of)
    return {
        "behaviours": behaviours.to_dict("records"),
        "contacts": what_came_of_it(
            contacts,
            list(zip(bought["day"], bought["amount"], strict=True)),
            as_of=job.as_of,
            within_days=job.horizon_days,
        ),
        "lists": _listed(results, customer, job.as_of),
        "p_alive": _p_alive(models, scores, bought["day"].tolist(), job.as_of),
    }


def what_came_of_it(
    contacts: Sequence[Mapping[str, Any]],
    purchases: Sequence[tuple[date, float | None]],
    *,
    as_of: date,
    within_days: int,
) -> list[dict[str, Any]]:
    """Say of each contact which purchase followed it, if one did.

    A purchase after a contact need not have come of it: only the comparison group tells.

    Parameters
    ----------
    contacts
        Each with its `day`.
    purchases
        Day and amount, in order.
    as_of
        The last day that is known.
    within_days
        Days after the contact in which a purchase counts; the day of the contact does not.

    Returns
    -------
    list of dict
        The contacts, each with `followed`: `purchase` (with `after_days` and `amount`), `nothing`,
        or `open` while its days are not over.

    Examples
    --------
    >>> contacts = [{"day": date(2024, 1, 1)}, {"day": date(2024, 3, 1)}]
    >>> bought = [(date(2024, 1, 1), 5.0), (date(2024, 1, 9), 7.0)]
    >>> told = what_came_of_it(contacts, bought, as_of=date(2024, 3, 9), within_days=30)
    >>> [(contact["followed"], contact.get("after_days")) for contact in told]
    [('purchase', 8), ('open', None)]
    """
    contacts_seen = []
    for contact in contacts:
        day, last = contact["day"], contact["day"] + timedelta(days=within_days)
        next_one = next((one for one in purchases if day < one[0] <= min(last, as_of)), None)
        if next_one is not None:
            after = (next_one[0] - day).days
            contacts_seen.append(
                {**contact, "followed": "purchase", "after_days": after, "amount": next_one[1]}
            )
        else:
            contacts_seen.append({**contact, "followed": "open" if last > as_of else "nothing"})
    return contacts_seen


def only(customer: str) -> ir.Table:
    """Return a table of one customer."""
    import ibis
    import pyarrow as pa

    return ibis.memtable(pa.table({"customer_id": [customer]}))


def row_of(path: Path, customer: str) -> dict[str, Any] | None:
    """Return a customer's row of a Parquet file, without reading the others into memory."""
    import pyarrow.parquet as pq

    table = pq.read_table(path, filters=[("customer_id", "=", customer)])
    return None if table.num_rows == 0 else dict(table.to_pylist()[0])


def _behaviours(tables: JobTables, customer: str) -> pd.DataFrame:
    table = tables.last_behaviours(only(customer), EVERYTHING)
    rows = table.to_pyarrow().to_pandas().sort_values("place", ascending=False)
    rows["day"] = pd.to_datetime(rows["day"]).dt.date
    if not tables.transactions.has_amounts:
        rows["amount"] = None
    kept = rows[["day", "what", "times", "amount", "channel"]].astype(object)
    behaviours: pd.DataFrame = kept.where(kept.notna(), None)
    return behaviours


def _contacts(contacts: pd.DataFrame | None, customer: str, as_of: date) -> list[dict[str, Any]]:
    from winback.data.arms import arms_of

    if contacts is None:
        return []
    own = contacts[contacts["customer_id"].astype("str") == customer]
    rows = own.reindex(columns=["channel", "arm", "list_id"]).astype(object)
    if "arm" in own.columns:
        rows["arm"] = arms_of(own["arm"], "contacts, arm").astype(object)
    rows = rows.where(rows.notna(), None)
    rows.insert(0, "day", pd.to_datetime(own["timestamp"]).dt.date)
    until = rows[rows["day"] <= as_of].sort_values("day", kind="stable")
    records: list[dict[str, Any]] = until.to_dict("records")  # type: ignore[assignment]
    return records


def _listed(results: Results, customer: str, as_of: date) -> list[dict[str, Any]]:
    """Find the lists, this one and earlier ones, on which a customer stands."""
    listed = []
    for name in LISTS:
        for day in kept_dates(results, name):
            row = (
                row_of(results.kept(f"lists/{day}/{name}.parquet"), customer)
                if day <= as_of
                else None
            )
            if row is not None:
                shown = {key: row.get(key) for key in ("severity", "action")}
                listed.append({"day": day, "list": name, **shown})
    return sorted(listed, key=lambda row: (row["day"], row["list"]))


def _p_alive(
    models: UsedModels, scores: Mapping[str, Any], bought: Sequence[date], as_of: date
) -> list[dict[str, Any]]:
    from winback.estimators.purchase.alive_history import p_alive_history
    from winback.estimators.purchase.purchase_rule import PurchaseRule

    value = models.that_scored(pd.DataFrame([scores]))["value"].estimator
    model = getattr(value, "purchase_model_", None)
    if model is None or isinstance(model, PurchaseRule) or len(bought) < 2:
        return []
    first, age = bought[0], (as_of - bought[0]).days
    times = [(day - first).days for day in bought]
    history = p_alive_history(model, times, age, step=max(1.0, age / STEPS))
    return [
        {"day": first + timedelta(days=round(at)), "p_alive": alive}
        for at, alive in zip(history["T"], history["p_alive"], strict=True)
    ]
