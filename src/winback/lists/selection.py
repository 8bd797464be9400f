"""Who may be on a list, and how far the money reaches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from winback.errors import DataError, UsageError
from winback.lists.columns import require

NOT_DORMANT = "not dormant"
OUTSIDE_WINDOW = "outside the window"
OPTED_OUT = "opted out"
NOT_CONTACTABLE = "not contactable"
COOLDOWN = "in cooldown"
CONTACT_CAP = "contact cap"
BELOW_BREAK_EVEN = "below break-even"
OVER_BUDGET = "over budget"
OVER_CAPACITY = "over capacity"
CONTROL_BELOW_CUT_OFF = "control below the cut-off"

_MILLIONTHS = 1_000_000  # money is added in whole millionths: ten times 0.1 is 1


def read_scores(scores: pd.DataFrame, columns: tuple[str, ...], as_of: date) -> pd.DataFrame:
    """Check the scores, put them in the order of the customers and add `days_since_last`.

    The order of the rows given thus never matters.

    Raises
    ------
    DataError
        If a column is missing, a customer stands twice, or the scores are of another date.
    """
    require(scores, ("recency", "T", *columns), what="the scores")
    if "as_of" in scores.columns and len(scores):
        dates = pd.to_datetime(scores["as_of"])
        if not (dates.dt.date == as_of).all():
            raise DataError(
                "the scores are of another date",
                where="as_of",
                got=f"{dates.min():%Y-%m-%d} to {dates.max():%Y-%m-%d}",
                allowed=as_of.isoformat(),
            )
    rows = scores.assign(
        customer_id=scores["customer_id"].astype("str"),
        days_since_last=scores["T"] - scores["recency"],
    )
    return rows.sort_values("customer_id", ignore_index=True)


def is_active(rows: pd.DataFrame, active_within_days: int | None) -> pd.Series:
    """Tell who bought within so many days; with None, everybody is active."""
    if active_within_days is None:
        return pd.Series(data=True, index=rows.index)
    return rows["days_since_last"] <= active_within_days


def ineligible(
    rows: pd.DataFrame,
    *,
    as_of: date,
    active_within_days: int | None,
    window_days: tuple[int, int],
    channel: str,
    customers: pd.DataFrame | None = None,
    contacts: pd.DataFrame | None = None,
    cooldown_days: int = 30,
    contact_cap: int = 3,
    contact_cap_days: int = 90,
) -> pd.Series:
    """Give each customer the first reason why they may not be called back; missing: they may.

    Parameters
    ----------
    rows
        `customer_id, days_since_last`.
    as_of
        The last day that is known: later contacts are not looked at.
    active_within_days
        Who bought within so many days is not dormant. None: nobody is dormant, and the window
        alone decides.
    window_days
        Fewest and most days of silence, both included.
    channel
        Through which one would write.
    customers
        `customer_id` and, where known, `opt_out` (true: never write; missing: not opted out) and
        `contactable_channels` (names, in one text; where the column exists, a customer without
        the channel is not written to).
    contacts
        `customer_id, timestamp` of earlier contacts. Rows whose `arm` is `control` were not sent.
    cooldown_days
        Nobody is written to again within so many days.
    contact_cap, contact_cap_days
        Nobody is written to who had so many contacts within so many days.

    Returns
    -------
    pandas.Series
        Aligned with `rows`.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": ["a", "b", "c"], "days_since_last": [9.0, 400, 900]})
    >>> ineligible(rows, as_of=date(2011, 12, 9), active_within_days=365, window_days=(0, 730),
    ...            channel="email").tolist()
    ['not dormant', nan, 'outside the window']
    """
    shortest, longest = window_days
    if not 0 <= shortest <= longest:
        raise UsageError(
            "the window is empty",
            where="window_days",
            got=window_days,
            allowed="(from, to), in days",
        )
    silent = rows["days_since_last"]
    tests: list[tuple[str, pd.Series]] = []
    if active_within_days is not None:
        tests.append((NOT_DORMANT, is_active(rows, active_within_days)))
    tests.append((OUTSIDE_WINDOW, (silent < shortest) | (silent > longest)))
    if customers is not None:
        tests += _permission(rows["customer_id"], customers, channel)
    if contacts is not None:
        since, recent = _contacted(rows["customer_id"], contacts, as_of, contact_cap_days)
        tests += [(COOLDOWN, since < cooldown_days), (CONTACT_CAP, recent >= contact_cap)]
    reason = pd.Series(np.nan, index=rows.index).astype("str")
    for name, fails in reversed(tests):
        reason = reason.mask(fails, name)
    return reason


def _permission(
    ids: pd.Series, customers: pd.DataFrame, channel: str
) -> list[tuple[str, pd.Series]]:
    require(customers, (), what="the customers")
    known = customers.set_index(customers["customer_id"].astype("str")).reindex(ids)
    known.index = ids.index
    tests = []
    if "opt_out" in known.columns:
        opted_out = known["opt_out"].astype("boolean").fillna(value=False).astype(bool)
        tests.append((OPTED_OUT, opted_out))
    if "contactable_channels" in known.columns:
        names = known["contactable_channels"].astype("str").fillna("").str.lower()
        names = names.str.replace(r"[^\w-]+", ",", regex=True)
        named = ("," + names + ",").str.contains(f",{channel.lower()},", regex=False)
        tests.append((NOT_CONTACTABLE, ~named.astype(bool)))
    return tests


def _contacted(
    ids: pd.Series, contacts: pd.DataFrame, as_of: date, cap_days: int
) -> tuple[pd.Series, pd.Series]:
    """Count days since the last contact (infinite: none) and recent contacts."""
    missing = [name for name in ("customer_id", "timestamp") if name not in contacts.columns]
    if missing:
        raise DataError("the contacts lack a column", got=", ".join(missing))
    day = pd.to_datetime(contacts["timestamp"]).dt.normalize()
    ago = (pd.Timestamp(as_of) - day).dt.days
    sent = ago >= 0
    if "arm" in contacts.columns:
        sent &= (contacts["arm"] != "control").fillna(value=True)
    who, ago = contacts.loc[sent, "customer_id"].astype("str"), ago[sent]
    since = ids.map(ago.groupby(who).min()).astype("float64").fillna(np.inf)
    recent = ids.map(who[ago < cap_days].value_counts())
    return since, recent.astype("float64").fillna(0.0)


@dataclass(frozen=True)
class Walk:
    """How far the money reached along a ranking.

    Parameters
    ----------
    paid
        The treated customers that budget and capacity reach, shape (n,).
    reached
        Customers of either arm above the cut-off, shape (n,).
    stopped_by
        `over budget`, `over capacity`, or None where everybody was reached.
    first_left_out
        Position of the treated customer at whom it stopped.
    """

    paid: npt.NDArray[np.bool_]
    reached: npt.NDArray[np.bool_]
    stopped_by: str | None
    first_left_out: int | None


def walk(cost: npt.ArrayLike, treated: npt.ArrayLike, *, budget: float, capacity: int) -> Walk:
    """Walk down a ranking and stop at the first treated customer that cannot be paid.

    Nobody further down is taken instead, even if cheaper: a larger budget then always adds to the
    list and never takes from it. The cut-off is the last customer paid; where nobody is left out,
    it is the end of the ranking.

    Parameters
    ----------
    cost
        What a treated customer may cost at most, in the order of the ranking, shape (n,).
    treated
        Whose arm is treated; the others cost nothing, shape (n,).
    budget
        The most that may be committed, above 0.
    capacity
        The most customers that may be treated, 1 or more.

    Raises
    ------
    UsageError
        If there is no budget or no capacity. A list without limits is never made.

    Examples
    --------
    >>> walk([1, 1, 1, 1], [True, False, True, True], budget=2.5, capacity=10)
    Walk(paid=array([ True, False,  True, False]), reached=array([ True,  True,  True, False]),
         stopped_by='over budget', first_left_out=3)
    """
    check_limits(budget, capacity)
    positions = np.flatnonzero(np.asarray(treated, dtype=bool))
    millionths = np.rint(np.asarray(cost, dtype="float64")[positions] * _MILLIONTHS)
    committed = np.cumsum(millionths.astype("int64"))
    affordable = int(np.searchsorted(committed, round(budget * _MILLIONTHS), side="right"))
    n_paid = min(affordable, capacity)
    paid = np.zeros(len(np.asarray(treated)), dtype=bool)
    paid[positions[:n_paid]] = True
    if n_paid == len(positions):
        return Walk(paid, np.ones_like(paid), None, None)
    reached = np.zeros_like(paid)
    reached[: positions[n_paid - 1] + 1 if n_paid else 0] = True
    stopped_by = OVER_BUDGET if affordable <= capacity else OVER_CAPACITY
    return Walk(paid, reached, stopped_by, int(positions[n_paid]))


def check_limits(budget: float | None, capacity: int | None) -> None:
    """Refuse a list without a budget or a capacity.

    Raises
    ------
    UsageError
        Naming the one that is missing.
    """
    if not (budget is not None and 0 < budget < np.inf):
        raise UsageError(
            "a list needs a budget",
            where="budget",
            got=budget,
            allowed="an amount above 0",
            hint="write what the campaign may cost at most, such as budget: 250",
        )
    check_capacity(capacity)


def check_capacity(capacity: int | None) -> None:
    """Refuse a list without a capacity.

    Raises
    ------
    UsageError
        If it is not a whole number of 1 or more.
    """
    if not (capacity is not None and float(capacity).is_integer() and capacity >= 1):
        raise UsageError(
            "a list needs a capacity",
            where="capacity",
            got=capacity,
            allowed="a whole number of 1 or more",
            hint="write how many customers the team can work through, such as capacity: 200",
        )
