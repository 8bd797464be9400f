# ruff: noqa: INP001, T201 - a script beside what it measures, no package
"""Measure how sure the LTV/CAC of channels is, on drawn shops whose later is known.

From the root of the repository::

    python docs/measure_channels.py

Each shop has six channels that differ in how many customers they win, how much and how long these
buy, and what they cost; months differ too (seasons, and luck that all customers of a month and
channel share). Of a cohort all of whose customers are 60 days old, the 80% interval of its LTV/CAC
at 365 days is held against what happened. Channels that are asserted to be in an order are held
against their LTV/CAC over all of the shop's months.
"""

from __future__ import annotations

import sys
import time
from datetime import date, timedelta

import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa

from winback.data.connect import open_engine
from winback.data.contracts import Transactions
from winback.data.intake import read_transactions
from winback.evaluation.past import Past
from winback.indicators.acquisition import Terms, acquired, won_through
from winback.indicators.channel_worth import channels_of, cohorts_of, orders_of
from winback.indicators.facts import Facts

START, MONTHS, AGE, YOUNG = date(2021, 1, 1), 36, 365, 60
SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 280.0
CHANNELS = 6
MARGIN = 0.4


def draw(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.Series]:
    """Draw a shop: purchases, customers, spend, and each channel's LTV/CAC over all months."""
    names = np.array([f"channel{i}" for i in range(CHANNELS)])
    size = rng.lognormal(np.log(90), 0.7, CHANNELS)
    rate = rng.lognormal(np.log(2.5 / 365), 0.35, CHANNELS)  # purchases a day while alive
    life = rng.lognormal(np.log(220), 0.4, CHANNELS)  # days
    basket = rng.lognormal(np.log(40), 0.3, CHANNELS)
    target = rng.lognormal(np.log(1.6), 0.5, CHANNELS)  # LTV/CAC
    orders, people, spend = [], [], []
    expected = np.zeros(CHANNELS)
    base = 0
    for month in pd.date_range(START, periods=MONTHS, freq="MS"):
        luck = rng.lognormal(0, 0.10, CHANNELS)
        n = rng.poisson(size * (1 + 0.3 * np.sin(2 * np.pi * month.month / 12)))
        who = np.repeat(np.arange(CHANNELS), n)
        first = rng.integers(0, month.days_in_month, len(who))
        own = rng.gamma(1.2, 1 / 1.2, len(who)) * rate[who] * luck[who]
        lasts = rng.exponential(life[who] * rng.gamma(2.0, 0.5, len(who)))
        more = rng.poisson(own * np.minimum(lasts, 900))
        of = np.concatenate([np.arange(len(who)), np.repeat(np.arange(len(who)), more)])
        later = rng.random(more.sum()) * np.repeat(np.minimum(lasts, 900), more)
        day = np.concatenate([first, np.repeat(first, more) + 1 + later.astype(int)])
        season = 1 + 0.25 * np.sin(2 * np.pi * (month.day_of_year + day) / 365)
        amount = rng.lognormal(np.log(basket[who[of]]) - 0.32, 0.8) * season
        kept = pd.DataFrame(
            {"customer_id": base + of, "day": month + pd.to_timedelta(day, unit="D")}
        )
        orders.append(kept.assign(amount=amount.round(2)))
        people.append(pd.DataFrame({"customer_id": base + np.arange(len(who)),
                                    "acquisition_channel": names[who]}))  # fmt: skip
        base += len(who)
        young = day - first[of] <= AGE
        value = np.bincount(who[of][young], amount[young], CHANNELS)
        expected += value
        spend.append(pd.DataFrame({"channel": names, "month": month, "size": n, "value": value}))
    money = pd.concat(spend, ignore_index=True)
    won = money.groupby("channel")["size"].sum()
    cost = MARGIN * expected / won.to_numpy() / target  # a customer; nearly the expected one
    noise = rng.lognormal(0, 0.15, len(money))
    planned = size[np.tile(np.arange(CHANNELS), MONTHS)]
    money["amount"] = planned * np.tile(cost, MONTHS) * noise
    truth = pd.Series(MARGIN * expected, names) / money.groupby("channel")["amount"].sum()
    return pd.concat(orders), pd.concat(people), money, truth


def main() -> None:
    """Draw shops until the time is over, and print what held."""
    rng, began = np.random.default_rng(20), time.process_time()
    held, asserted, wrong, widths, shops, pairs = [], 0, 0, [], 0, 0
    while time.process_time() - began < SECONDS:
        orders, people, money, truth = draw(rng)
        shops += 1
        engine = open_engine()
        bought = read_transactions(orders.rename(columns={"day": "timestamp"}), engine=engine)
        people = people.assign(customer_id=people["customer_id"].astype(str))
        daily = money.assign(day=money["month"].dt.date)[["channel", "day", "amount"]]
        last = daily.tail(1).assign(day=orders["day"].max().date(), amount=0.0)
        tables = (
            bought,
            engine.create_table("people", pa.Table.from_pandas(people, preserve_index=False)),
            engine.create_table(
                "spend", pa.Table.from_pandas(pd.concat([daily, last]), preserve_index=False)
            ),
        )
        terms = Terms(age_days=AGE, margin=MARGIN)
        ends = [day.date() for day in pd.date_range(START, periods=MONTHS, freq="ME")]
        final, _ = _judged(tables, ends[-1] + timedelta(days=AGE), terms)
        final = final.set_index(["channel", "cohort"])
        for end in ends[20::3]:
            cohorts, courses = _judged(tables, end + timedelta(days=YOUNG), terms)
            young = cohorts[(cohorts["age"] == YOUNG) & (cohorts["state"] == "predicted")]
            for row in young.itertuples():
                real = final.loc[(row.channel, row.cohort), "ltv_cac"]
                held.append(row.ltv_cac_low <= real <= row.ltv_cac_high)
                widths.append((row.ltv_cac_high - row.ltv_cac_low) / row.ltv_cac)
            told = orders_of(channels_of(cohorts, courses))
            asserted += len(told)
            pairs += CHANNELS * (CHANNELS - 1) // 2
            wrong += int((truth[told["better"]].to_numpy() < truth[told["worse"]].to_numpy()).sum())
        engine.disconnect()
    print(
        f"{shops} shops, {len(held)} channel-cohorts of {YOUNG} days: 80% intervals of LTV/CAC at "
        f"{AGE} days held {np.mean(held):.1%}; median width {np.median(widths):.0%} of the value"
    )
    print(
        f"of {pairs} pairs of channels {asserted} were put in an order, {wrong} of them wrongly: "
        f"{wrong / max(asserted, 1):.2%} of those asserted"
    )


def _judged(
    tables: tuple[Transactions, ir.Table, ir.Table], as_of: date, terms: Terms
) -> tuple[pd.DataFrame, pd.DataFrame]:
    bought, people, spend = tables
    facts = Facts(Past(bought, as_of), people)
    known = acquired(facts, spend, won_through(facts, terms), terms)
    return cohorts_of(known, terms), known.courses


if __name__ == "__main__":
    main()
