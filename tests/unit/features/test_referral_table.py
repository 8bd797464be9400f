from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from winback.data.connect import open_engine
from winback.data.raw import fresh
from winback.errors import UsageError
from winback.features.referral_table import ReferralCounts, referral_table

AS_OF = date(2024, 1, 31)


@pytest.fixture(scope="module")
def engine():
    return open_engine()


def refer(engine, links, values, *, decay=0.5, acquired_at=None):
    """Return referral values by customer, and the counts."""
    people = {"customer_id": list(links), "referred_by": list(links.values())}
    schema = [("customer_id", pa.string()), ("referred_by", pa.string())]
    if acquired_at is not None:
        people["acquired_at"] = [acquired_at.get(name) for name in links]
        schema.append(("acquired_at", pa.timestamp("us")))
    customers = engine.create_table(fresh("people"), pa.table(people, pa.schema(schema)))
    worth = {"customer_id": list(values), "value": list(values.values())}
    schema = pa.schema([("customer_id", pa.string()), ("value", pa.float64())])
    valued = engine.create_table(fresh("worth"), pa.table(worth, schema))
    table, counts = referral_table(engine, customers, valued, AS_OF, decay=decay)
    frame = table.to_pyarrow().to_pandas()
    assert frame["customer_id"].is_monotonic_increasing
    assert not [name for name in engine.list_tables() if name.startswith("referral_step")]
    return frame.set_index("customer_id")["referral_value"].to_dict(), counts


def by_walking(links, values, decay):
    """Attribute by walking up from each customer, ring by ring: slow and plain."""
    parent = {c: r for c, r in links.items() if c in values and r in values and r != c}

    def ring(start):
        seen = start
        for _ in range(len(parent) + 1):
            seen = parent.get(seen)
            if seen in (None, start):
                return seen == start
        return False

    parent = {c: r for c, r in parent.items() if not ring(c)}
    total, deepest = {}, 0
    for customer in parent:
        above, weight, steps = parent[customer], 1.0, 1
        while above is not None:
            total[above] = total.get(above, 0.0) + weight * values[customer]
            deepest = max(deepest, steps)
            above, weight, steps = parent.get(above), weight * decay, steps + 1
    return total, len(parent), deepest


@pytest.mark.parametrize("decay", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_any_graph_is_attributed_as_by_walking_up_from_each_customer(engine, decay, seed):
    rng = np.random.default_rng(seed)
    n = 120
    names = [f"c{i:03d}" for i in range(n)]
    referrers = [*names, "nobody", None, None]
    links = {name: referrers[rng.integers(len(referrers))] for name in names}
    chain = [f"d{i:02d}" for i in range(40)]
    links |= dict(zip(chain[1:], chain, strict=False))
    values = {name: round(rng.normal(20, 30), 2) for name in [*names, *chain]}
    for name in names[::9]:  # have not bought yet
        del values[name]
    expected, good, deepest = by_walking(links, values, decay)
    got, counts = refer(engine, links, values, decay=decay)
    assert got == pytest.approx(expected, abs=1e-4)
    assert (counts.links, counts.deepest) == (good, deepest)
    assert counts.referred == sum(
        (
            counts.links,
            counts.unknown_referrers,
            counts.self_referrals,
            counts.in_cycles,
        )
    )
    shuffled = list(links)
    rng.shuffle(shuffled)
    again = refer(engine, {c: links[c] for c in shuffled}, values, decay=decay)
    assert again == (got, counts)  # to the last bit


def test_a_ring_a_self_referral_and_a_stranger_are_cut_and_counted(engine):
    links = {"a": "b", "b": "c", "c": "a", "d": "a", "e": "d", "f": "f", "g": "who", "h": "g"}
    values = dict.fromkeys(links, 8.0)
    got, counts = refer(engine, links, values)
    assert got == {"a": 12.0, "d": 8.0, "g": 8.0}  # d and, at half, e; e; h
    assert counts == ReferralCounts(
        referred=8, links=3, unknown_referrers=1, self_referrals=1, in_cycles=3, deepest=2
    )


def test_without_decay_the_first_of_a_chain_is_given_all_that_came_after(engine):
    names = [f"c{i:03d}" for i in range(300)]
    links = dict(zip(names[1:], names, strict=False))
    values = {name: float(i) for i, name in enumerate(names)}
    got, counts = refer(engine, links, values, decay=1.0)
    assert got["c000"] == sum(range(300))
    assert counts.deepest == 299
    nearest, _ = refer(engine, links, values, decay=0.0)
    assert nearest == {name: i + 1.0 for i, name in enumerate(names[:-1])}
    halved, _ = refer(engine, links, values, decay=0.5)
    for before, after in pairwise(names[:-1]):  # R(c) = value(d) + decay R(d)
        assert halved[before] == pytest.approx(values[after] + 0.5 * halved[after], abs=1e-4)


def test_who_is_won_or_buys_after_as_of_has_not_been_brought_yet(engine):
    links = {"a": None, "b": "a", "c": "a", "d": "a"}
    joined = {"b": pd.Timestamp("2024-01-31 23:00"), "c": pd.Timestamp("2024-02-01"), "d": None}
    bought = {"a": 1.0, "b": 2.0, "c": 4.0}
    got, counts = refer(engine, links, bought, acquired_at=joined)
    assert got == {"a": 2.0}
    assert counts.referred == counts.links == 1


def test_nobody_referred_and_nobody_at_all(engine):
    assert refer(engine, {"a": None}, {"a": 3.0}) == ({}, ReferralCounts())
    assert refer(engine, {}, {}) == ({}, ReferralCounts())


def test_a_decay_that_is_no_share_is_refused(engine):
    with pytest.raises(UsageError, match="decay"):
        refer(engine, {"a": None}, {"a": 3.0}, decay=1.5)


def test_many_customers_are_attributed_within_the_engine(engine):
    rng = np.random.default_rng(0)
    n = 20_000
    ids = np.char.add("c", np.arange(n).astype(str))
    before = (rng.random(n) * np.arange(n)).astype(int)  # somebody who was there earlier
    referred_by = np.where(np.arange(n) > 0, ids[before], None)
    values = pd.Series(rng.gamma(1, 30, n).round(2), index=ids)
    links = dict(zip(ids.tolist(), referred_by.tolist(), strict=True))
    got, counts = refer(engine, links, values.to_dict(), decay=1.0)
    assert counts.links == n - 1
    assert got["c0"] == pytest.approx(values.iloc[1:].sum(), rel=1e-9)
