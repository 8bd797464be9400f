"""The truth beside a simulated shop, and what it says about any date."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from winback.data.simulate.campaign_waves import response
from winback.data.simulate.demand import DemandLevel, Floats
from winback.data.simulate.orders import Orders
from winback.data.simulate.people import People
from winback.data.simulate.shop_parameters import ShopParameters
from winback.errors import DataError, Sentence

SIMULATION, TRUTH, LEVEL = "simulation.json", "truth.parquet", "level.parquet"
TRUTH_SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("acquired_at", pa.date32()),
        ("acquisition_channel", pa.string()),
        ("purchase_rate", pa.float64()),
        ("dropout_probability", pa.float64()),
        ("dropped_out_at", pa.date32()),
        ("mean_spend", pa.float64()),
        ("uplift", pa.float64()),
        ("complained_at", pa.date32()),
        ("orders", pa.int64()),
    ]
)


def truth_table(
    people: People,
    orders: Orders,
    dropped: Floats,
    level: DemandLevel,
    parameters: ShopParameters,
) -> pa.Table:
    """Write down what is true of each customer.

    Returns
    -------
    pyarrow.Table
        `purchase_rate`: orders a day at the usual level, while alive. `dropout_probability`:
        P(drops out right after a repeat order), complaints included. `dropped_out_at`: the day of
        the last order of their own; missing: alive at the end. `mean_spend`: of an order.
        `uplift`: persuadability while alive and without complaint (see
        `ShopParameters.channel_uplift`). `complained_at`: the first complaint that was never
        resolved. `orders`: how many there were.
    """
    driven = parameters.complaint_dropout
    leaves = (
        1 - (1 - people.dropout) * (1 - driven) if parameters.dropout else np.zeros(len(people))
    )
    complained = orders.complained(len(people))
    return pa.table(
        {
            "customer_id": people.ids,
            "acquired_at": level.dates(people.acquired),
            "acquisition_channel": np.array(parameters.channels)[people.channel],
            "purchase_rate": people.rate,
            "dropout_probability": leaves,
            "dropped_out_at": level.dates(dropped),
            "mean_spend": parameters.p / people.spend_rate,
            "uplift": people.persuadable,
            "complained_at": level.dates(complained),
            "orders": np.bincount(orders.owner, minlength=len(people)),
        },
        schema=TRUTH_SCHEMA,
    )


@dataclass(frozen=True)
class Truth:
    """The truth of a simulated shop.

    Attributes
    ----------
    customers
        One row a customer: see `truth_table`.
    level
        The common level by day.
    parameters
        What the shop was drawn from.
    """

    customers: pd.DataFrame
    level: DemandLevel
    parameters: ShopParameters

    def at(
        self,
        as_of: date,
        horizon_days: int,
        *,
        margin: float = 1.0,
        contact_cost: float = 0.0,
        offer_cost: float = 0.0,
    ) -> pd.DataFrame:
        """Say what was true of each customer at the end of a day.

        Parameters
        ----------
        as_of, horizon_days
            The window is `(as_of, as_of + horizon_days]`; the shop must last so long.
        margin
            Margin as a share of the amount.
        contact_cost, offer_cost
            What a contact costs, and the offer for who is contacted and orders.

        Returns
        -------
        pandas.DataFrame
            Of those acquired by `as_of`: `customer_id, p_alive` (0 or 1), `p_purchase`,
            `expected_purchases` (orders, without contact), `uplift` (what a contact adds to
            P(orders within the window), if it works for as long), `uplift_orders`,
            `incremental_margin` (what a contact on `as_of` is worth, costs deducted). All are
            expectations given the truth, not what chance then made of them.

        Raises
        ------
        DataError
            If the window is not within the shop's days.
        """
        day = (as_of - self.level.first_day).days
        if not 0 <= day < day + horizon_days < len(self.level.daily):
            last = np.datetime64(self.level.first_day, "D") + len(self.level.daily) - 1
            raise DataError(
                "the window leaves the simulated days",
                where="as_of, horizon_days",
                got=Sentence("{as_of} and {horizon_days}", as_of=as_of, horizon_days=horizon_days),
                allowed=Sentence(
                    "{first_day} to {last}", first_day=self.level.first_day, last=last
                ),
            )
        people = self.customers[
            pd.to_datetime(self.customers["acquired_at"]) <= pd.Timestamp(as_of)
        ]
        alive = ~(pd.to_datetime(people["dropped_out_at"]) <= pd.Timestamp(as_of)).to_numpy()
        complained = (pd.to_datetime(people["complained_at"]) <= pd.Timestamp(as_of)).to_numpy()
        usual_days = np.diff(
            self.level.operational(np.array([day + 1.0, day + 1.0 + horizon_days]))
        )[0]
        orders = people["purchase_rate"].to_numpy() * usual_days
        leaves = people["dropout_probability"].to_numpy()
        # E(X(t) | lambda, p) of Fader, Hardie & Lee (2005), as a limit where nobody drops out
        expected = np.where(
            leaves > 0, -np.expm1(-leaves * orders) / np.where(leaves > 0, leaves, 1.0), orders
        )
        p_purchase, expected = -np.expm1(-orders) * alive, expected * alive
        works = response(
            people["uplift"].to_numpy(),
            complained=complained,
            gone=~alive,
            parameters=self.parameters,
        )
        # it persuades who would not have ordered, and loses what the annoyed would have
        uplift = np.where(works > 0, works * (1 - p_purchase), works * p_purchase)
        more = np.where(works > 0, uplift, works * expected)
        redeems = p_purchase + uplift
        worth = margin * people["mean_spend"].to_numpy() * more
        return pd.DataFrame(
            {
                "customer_id": people["customer_id"].to_numpy(),
                "p_alive": alive.astype("float64"),
                "p_purchase": p_purchase,
                "expected_purchases": expected,
                "uplift": uplift,
                "uplift_orders": more,
                "incremental_margin": worth - contact_cost - redeems * offer_cost,
            }
        )


def read_truth(folder: Path) -> Truth:
    """Read the truth of a shop that `simulate` has written."""
    try:
        description = json.loads((folder / SIMULATION).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError("there is no simulated shop", where=str(folder)) from error
    level = pd.read_parquet(folder / LEVEL)
    parameters: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in description["parameters"].items()
    }
    return Truth(
        pd.read_parquet(folder / TRUTH),
        DemandLevel(date.fromisoformat(description["first_day"]), level["level"].to_numpy()),
        ShopParameters(**parameters),
    )
