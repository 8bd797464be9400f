"""The shop's other exports: customers, events, contacts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from winback.data.simulate.campaign_waves import Wave
from winback.data.simulate.demand import DemandLevel, Floats
from winback.data.simulate.orders import Orders
from winback.data.simulate.people import People, Whole, customer_ids
from winback.data.simulate.shop_parameters import ShopParameters

_TIME = pa.timestamp("us")
CUSTOMERS = pa.schema(
    [
        ("buyer", pa.string()),
        ("joined", _TIME),
        ("won_by", pa.string()),
        ("invited_by", pa.string()),
        ("no_ads", pa.string()),
        ("reachable_by", pa.string()),
    ]
)
EVENTS = pa.schema(
    [("buyer", pa.string()), ("at", _TIME), ("what", pa.string()), ("seen_on", pa.string())]
)
CONTACTS = pa.schema(
    [
        ("buyer", pa.string()),
        ("sent_at", _TIME),
        ("medium", pa.string()),
        ("mailing", pa.string()),
        ("experiment", pa.string()),
        ("test_group", pa.string()),
        ("price", pa.float64()),
    ]
)
EXPERIMENT = "simulated-win-back"
_SENT_AT = 20 / 24  # o'clock


def customers_table(people: People, level: DemandLevel, parameters: ShopParameters) -> pa.Table:
    """Write the customers as the shop knows them."""
    referrer = customer_ids(np.maximum(people.referrer, 0)).astype(object)
    referrer[people.referrer == -1] = None
    referrer[people.referrer == -2] = "unknown"
    reach = np.array(["", "email", "sms", "email,sms"])
    return pa.table(
        {
            "buyer": people.ids,
            "joined": level.timestamps(people.acquired).astype("datetime64[us]"),
            "won_by": np.array(parameters.channels)[people.channel],
            "invited_by": pa.array(referrer, pa.string()),
            "no_ads": np.where(people.opt_out, "yes", "no"),
            "reachable_by": reach[people.email + 2 * people.sms],
        },
        schema=CUSTOMERS,
    )


def draw_events(
    people: People,
    orders: Orders,
    dropped: Floats,
    *,
    level: DemandLevel,
    parameters: ShopParameters,
    rng: np.random.Generator,
) -> pa.Table:
    """Draw visits, and write down complaints, their resolutions and shares, by time.

    Visits fade before a customer drops out and almost cease after it; a complaint drives some
    away; who shares is less likely to leave. So events tell what purchases alone do not.
    """
    days = len(level.daily)
    visitor, visit = _visits(people, dropped, parameters, rng, days=days)
    loyal = parameters.share_share * (1 - people.dropout[orders.owner])
    shares = rng.random(len(loyal)) < loyal
    shared = orders.day + 7 * rng.random(len(loyal))
    happened = [
        ("visit", visitor, visit),
        ("complaint", orders.owner, orders.complaint),
        ("complaint_resolved", orders.owner, orders.resolved),
        ("share", orders.owner[shares], shared[shares]),
    ]
    parts = []
    for name, owner, day in happened:
        seen = day < days
        parts.append((np.full(int(seen.sum()), name), owner[seen], day[seen]))
    what, who, when = (np.concatenate(cells) for cells in zip(*parts, strict=True))
    on = np.where(rng.random(len(what)) < 0.5, "web", "app")
    by_time = np.lexsort((what, who, when))
    return pa.table(
        {
            "buyer": people.ids[who[by_time]],
            "at": level.timestamps(when[by_time]).astype("datetime64[us]"),
            "what": what[by_time],
            "seen_on": on[by_time],
        },
        schema=EVENTS,
    )


def _visits(
    people: People,
    dropped: Floats,
    parameters: ShopParameters,
    rng: np.random.Generator,
    *,
    days: int,
) -> tuple[Whole, Floats]:
    """Draw visits as Poisson processes whose rate is constant between four dates."""
    n = len(people)
    mean, shape = parameters.visit_rate, parameters.visit_shape
    rate = rng.gamma(shape, mean / shape, n) * (rng.random(n) < parameters.tracked_share)
    fading = parameters.fading_days
    edges = np.stack(
        [
            people.acquired,
            np.maximum(people.acquired, np.minimum(dropped - fading, days)),
            np.minimum(dropped, days),
            np.minimum(dropped + fading, days),
            np.full(n, float(days)),
        ]
    )
    # who left with the first order may have done so, by rounding, a hair before it
    edges = np.maximum.accumulate(edges, axis=0)
    length = np.diff(edges, axis=0)
    count = rng.poisson(np.array([[1.0], *([s] for s in parameters.fading)]) * rate * length)
    owner = np.repeat(np.tile(np.arange(n), 4), count.ravel())
    start = np.repeat(edges[:-1].ravel(), count.ravel())
    span = np.repeat(length.ravel(), count.ravel())
    return owner, start + span * rng.random(len(owner))


def contacts_table(
    people: People, waves: Sequence[Wave], level: DemandLevel, parameters: ShopParameters
) -> pa.Table:
    """Write down who was in the campaigns; controls were not written to and cost nothing."""
    parts = []
    for wave in waves:
        day = np.full(len(wave.owner), float(wave.day))
        on = level.dates(day[:1])[0] if len(day) else ""
        parts.append(
            pa.table(
                {
                    "buyer": people.ids[wave.owner],
                    "sent_at": _at(level, day),
                    "medium": np.full(len(day), parameters.campaign_channel),
                    "mailing": np.full(len(day), f"winback-{on}"),
                    "experiment": np.full(len(day), EXPERIMENT),
                    "test_group": np.where(wave.treated, "treated", "control"),
                    "price": np.where(wave.treated, parameters.campaign_cost, 0.0),
                },
                schema=CONTACTS,
            )
        )
    return pa.concat_tables(parts) if parts else CONTACTS.empty_table()


def _at(level: DemandLevel, day: Floats) -> npt.NDArray[np.datetime64]:
    evening = np.timedelta64(round(_SENT_AT * 86_400), "s")
    return (level.dates(day).astype("datetime64[s]") + evening).astype("datetime64[us]")
