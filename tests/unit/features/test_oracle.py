"""A second engine: the same features in plain pandas, customer by customer, on the CDNOW tenth.

The tenth has no refunds, late rows, channels or events of its own, so some are drawn.
"""

from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from winback.data.connect import open_engine, read_source
from winback.features.behaviour import behaviour_table
from winback.features.outcomes import outcomes_table

AS_OF = date(1997, 9, 30)
HORIZON = 90


@pytest.fixture(scope="module")
def rows():
    sample = read_source(open_engine(), "sample:cdnow-tenth").to_pyarrow().to_pandas()
    rng = np.random.default_rng(7)
    rows = pd.DataFrame(
        {
            "customer_id": sample.customer_id.astype(str),
            "day": pd.to_datetime(sample.timestamp).dt.date,
            "amount": sample.amount,
            "channel": rng.choice(["web", "shop", "app"], len(sample)),
        }
    )
    returned = rows[rng.random(len(rows)) < 0.1].copy()
    returned["amount"] = -(returned.amount * rng.choice([0.25, 1.0], len(returned))).round(2)
    rows["booked_on"] = rows.day
    later = [timedelta(days=int(n)) for n in rng.integers(0, 40, len(returned))]
    returned["booked_on"] = [day + wait for day, wait in zip(returned.day, later, strict=True)]
    rows = pd.concat([rows, returned], ignore_index=True)
    wait = np.where(rng.random(len(rows)) < 0.05, rng.integers(1, 60, len(rows)), 0)
    rows["known_on"] = [
        day + timedelta(days=int(n)) for day, n in zip(rows.booked_on, wait, strict=True)
    ]
    return rows


@pytest.fixture(scope="module")
def table(rows):
    return ibis.memtable(pa.Table.from_pandas(rows, preserve_index=False))


def oracle(rows, population_gap):
    """One customer's features in the plainest terms."""
    net = rows.groupby("day").amount.sum().round(6)
    net = net[net > 0].sort_index()
    ages = np.array([(AS_OF - day).days for day in net.index])  # descending
    gaps = -np.diff(ages)
    lines = rows[rows.amount >= 0].groupby("day").size().reindex(net.index).fillna(0)
    booked = np.array([(AS_OF - day).days for day in rows.booked_on])
    months = [day.month for day in net.index]
    weekdays = [day.weekday() for day in net.index]
    bought = rows[rows.amount >= 0]
    so_far = bought.channel.value_counts()
    on_last = bought.channel[bought.day == bought.day.max()].unique()
    latest = min(on_last, key=lambda channel: (-so_far[channel], channel))
    first, last, repeats = net.iloc[0], net.iloc[-1], len(net) - 1
    before_lines = lines.iloc[:-1].mean() if repeats else 0.0
    features = {
        "frequency": repeats,
        "recency": gaps.sum(),
        "T": ages[0],
        "monetary_value": net.iloc[1:].mean() if repeats else 0.0,
        "days_since_last": ages[-1],
        **{f"count_{n}": (ages < n).sum() for n in (7, 30, 90, 180, 365)},
        **{f"amount_{n}": rows.amount[booked < n].sum() for n in (7, 30, 90, 180, 365)},
        "gap_std": np.std(gaps, ddof=1) if repeats > 1 else 0.0,
        "basket_amount": net.mean(),
        "basket_lines": lines.mean(),
        "last_amount": last,
        "basket_amount_change": _change(last, net.iloc[:-1].mean()) if repeats else 0.0,
        "basket_lines_change": _change(lines.iloc[-1], before_lines) if repeats else 0.0,
        "refund_share": min(-rows.amount[rows.amount < 0].sum() / bought.amount.sum(), 1.0),
        "refunds_90": ((rows.amount < 0) & (booked < 90)).sum(),
        "weekend_share": np.mean([day >= 5 for day in weekdays]),
        "weekday_peak_share": max(map(weekdays.count, weekdays)) / len(net),
        "month_peak_share": max(map(months.count, months)) / len(net),
        "season_share": np.mean([month in (10, 11, 12) for month in months]),
        "realised_revenue": rows.amount.sum(),
        "first_order_revenue": first,
        "last_horizon_purchases": (ages < HORIZON).sum(),
        "n_channels": bought.channel.nunique(),
        "latest_channel_share": (bought.channel == latest).mean(),
    }
    recent, old = (ages < 90).sum() / 90, (ages >= 90).sum() / max(ages[0] + 1 - 90, 1)
    features["trend"] = _change(recent, old) if ages[0] + 1 > 90 else 0.0
    own = np.log(np.median(gaps)) if repeats else 0.0
    typical = np.exp((repeats * own + 2 * np.log(population_gap)) / (repeats + 2))
    features |= {
        "typical_gap_days": typical,
        "overdue_ratio": ages[-1] / typical,
        "gap_mean": gaps.mean() if repeats else typical,
        "gap_last": gaps[-1] if repeats else typical,
        "log_gaps": np.log(gaps).round(6).sum(),
    }
    return features


def _change(new, old):
    return (new - old) / (new + old) if new + old else 0.0


def test_behaviour_equals_plain_pandas(rows, table):
    expression = behaviour_table(table, [AS_OF], count_zero=False, horizon_days=HORIZON)
    got = expression.order_by("customer_id").to_pyarrow().to_pandas().set_index("customer_id")
    seen = rows[(rows.day <= AS_OF) & (rows.known_on <= AS_OF)]
    net = seen.groupby(["customer_id", "day"], as_index=False).amount.sum().round(6)
    days = net[net.amount > 0].groupby("customer_id").day.agg(["size"])
    assert got.index.tolist() == sorted(days.index)
    ages = pd.to_datetime(net[net.amount > 0].set_index("customer_id").day.sort_values())
    own = ages.groupby(level=0).diff().dt.days.groupby(level=0).median().dropna()
    sample = got.index[::8]  # the oracle is slow
    groups = dict(iter(seen[seen.customer_id.isin(sample)].groupby("customer_id")))
    expected = pd.DataFrame({c: oracle(groups[c], population_gap=own.median()) for c in sample}).T
    assert (expected.frequency > 0).sum() > 100
    got = got.loc[sample]
    for name in expected.columns:
        np.testing.assert_allclose(
            got[name], expected[name].astype(float), rtol=1e-9, atol=1e-6, err_msg=name
        )


def test_outcomes_equal_plain_pandas(rows, table):
    end = AS_OF + timedelta(days=HORIZON)
    got = outcomes_table(table, [(AS_OF, AS_OF, end)], count_zero=False).to_pyarrow().to_pandas()
    seen = rows[rows.known_on <= end]
    inside = seen[(seen.day > AS_OF) & (seen.day <= end)]
    net = inside.groupby(["customer_id", "day"]).amount.sum().round(6)
    purchases = net[net > 0].groupby("customer_id").size()
    revenue = seen[seen.booked_on > AS_OF].groupby("customer_id").amount.sum()
    expected = pd.DataFrame({"purchases": purchases, "revenue": revenue}).fillna(0.0)
    got = got.set_index("customer_id").sort_index()
    assert len(expected) > 300
    np.testing.assert_allclose(got[["purchases", "revenue"]], expected.loc[got.index], atol=1e-6)
    assert set(expected.index) == set(got.index)
