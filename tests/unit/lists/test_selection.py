"""How much of the best list is given away, where choosing greedily gave away up to everything."""

from dataclasses import replace
from time import process_time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from winback.lists.allocation import choose
from winback.lists.optimality import EXACT, best_possible
from winback.lists.prices import CORE, Capacities, relax
from winback.lists.selection import OVER_BUDGET, OVER_CAPACITY, Choices, Room, walk
from winback.lists.spend import Spend, spend_of

ALL = 10**9


def choices_of(profit, cost, channel=None, *, able=None, treated=None):
    """Options whose cost is certain."""
    profit, cost = (np.asarray(x, dtype="float64") for x in (profit, cost))
    n, options = profit.shape
    return Choices(
        np.ones(profit.shape, dtype=bool) if able is None else np.asarray(able),
        profit,
        Spend(cost, np.zeros_like(cost), cost),
        np.arange(options) if channel is None else np.asarray(channel),
        np.ones(n, dtype=bool) if treated is None else treated,
    )


def room_of(budget=float(ALL), places=ALL, rooms=(ALL,)):
    return Room(budget, Spend(), places, np.asarray(rooms, dtype=np.intp))


def gap(choices, room, share=1.0):
    """Return the share of the best possible value of the treated that is given away."""
    chosen, prices, _ = choose(choices, room, share)
    who = np.flatnonzero((chosen.given >= 0) & choices.treated)
    brought = choices.profit[who, chosen.given[who]].sum()
    able = choices.able & (choices.profit > 0) & choices.treated[:, None]
    person, option = np.nonzero(able)
    names = np.array([f"channel {number}" for number in range(len(room.rooms))])
    worth = prices.worth(choices.profit, choices.spend.expected, choices.channel)
    limits = Capacities(
        room.budget - chosen.left.spent.reserve, room.places, room.rooms, choices.channel
    )
    best = best_possible(
        choices.profit[person, option],
        choices.spend.expected[person, option],
        budget=limits.money,
        capacity=room.places,
        channel=names[choices.channel[option]],
        channels=dict(zip(names, room.rooms, strict=True)),
        customer=person,
        bound=prices.bound(np.where(able, worth, 0.0), limits),
    )
    assert brought <= best["value"] * (1 + 1e-6)
    return 1 - brought / best["value"]


def test_a_dear_first_customer_does_not_end_the_list():
    profit, cost = np.full((60, 1), 5.0), np.ones((60, 1))
    profit[0], cost[0] = 9_000, 51  # ranks first, and is more than the money pays
    assert gap(choices_of(profit, cost), room_of(50)) == 0
    cost[0], profit[0] = 45, 225  # as good as the others together
    assert gap(choices_of(profit, cost), room_of(50)) <= 0.01


def test_a_dear_first_channel_is_not_taken_because_it_is_first():
    n = 300
    rng = np.random.default_rng(0)
    worth = rng.gamma(2, 3, n)
    profit = np.column_stack([1.01 * worth, worth])
    cost = np.column_stack([np.full(n, 10.0), np.full(n, 0.1)])
    assert gap(choices_of(profit, cost), room_of(30, rooms=(ALL, ALL))) <= 0.01


def test_where_places_bind_and_not_money_the_most_profitable_come_first():
    n = 400
    rng = np.random.default_rng(0)
    cost = rng.choice([0.1, 5.0], (n, 1))
    profit = rng.gamma(2, 1, (n, 1)) * np.where(cost > 1, 20, 1)
    assert gap(choices_of(profit, cost), room_of(1e6, 60)) == 0


def test_flexible_customers_leave_a_scarce_channel_to_those_it_alone_reaches():
    able = np.array([[True, True]] * 50 + [[True, False]] * 50)
    profit = np.where(able, 4.0, 0.0)
    profit[:50, 0] = 4.01  # they would rather be called, too
    choices = choices_of(profit, np.ones((100, 2)), able=able)
    assert gap(choices, room_of(rooms=(50, 50))) <= 0.01
    chosen, _, _ = choose(choices, room_of(rooms=(50, 50)), 1.0)
    assert (chosen.given >= 0).all()


def shop(seed, n=3_000, *, phone_first=True, control=0.2):
    """A shop with a dear phone, letters and e-mail, each with an offer and without."""
    rng = np.random.default_rng(seed)
    contact, offer = np.array([4.0, 1.0, 0.1]), rng.uniform(1, 5)
    contact = np.repeat(contact if phone_first else contact[::-1], 2)
    offers = np.tile([offer, 0.0], 3)
    p = rng.beta(1, 9, (n, 1))
    uplift = rng.gamma(2, 0.015, (n, 1)) * rng.uniform(0.5, 1.5, (n, 6))
    margin = rng.gamma(2, 60, (n, 1))
    profit = uplift * margin - contact - (p + uplift) * offers
    spend = spend_of(contact, offers, np.clip(p + uplift, 0, 1))
    channel = np.repeat([0, 1, 2], 2)
    able = rng.random((n, 3))[:, channel] < 0.7
    treated = rng.random(n) >= control
    room = room_of(0.05 * n, int(0.3 * n), (int(0.02 * n), int(0.05 * n), int(0.2 * n)))
    return Choices(able, profit, spend, channel, treated), room


@pytest.mark.parametrize("phone_first", [True, False])
def test_random_shops_come_within_a_hundredth_of_the_best_list(phone_first):
    gaps = [gap(*shop(seed, phone_first=phone_first), share=0.8) for seed in range(8)]
    assert np.mean(gaps) <= 0.01, gaps
    assert max(gaps) <= 0.025, gaps  # of small lists, as chance has drawn the arms


def test_beyond_the_core_the_prices_of_a_sample_do():
    choices, room = shop(1, 3 * CORE)
    assert gap(choices, room, share=0.8) <= 0.01


@pytest.mark.slow
def test_a_million_customers_take_less_than_ten_seconds():
    choices, room = shop(2, 1_000_000)
    began = process_time()  # not of those who run beside
    chosen, _, _ = choose(choices, room, 0.8)
    took = process_time() - began
    assert (chosen.given >= 0).sum() > 10_000
    assert gap(choices, room, share=0.8) <= 0.01
    assert took < 10


def test_nobodys_own_arm_decides_whether_they_are_reached():
    """Turn one customer's arm around: their own fate stays."""
    choices, room = shop(3, 120)
    base, _, _ = choose(choices, room, 0.8)
    for number in range(120):
        treated = choices.treated.copy()
        treated[number] = not treated[number]
        other, _, _ = choose(replace(choices, treated=treated), room, 0.8)
        assert other.given[number] == base.given[number]


def test_the_arms_that_are_reached_are_as_drawn():
    shares, profits = [], []
    for seed in range(100):
        choices, room = shop(seed, 300)
        reached = choose(choices, room, 0.8)[0].given >= 0
        shares.append(choices.treated[reached].mean())
        best = choices.profit.max(axis=1)
        arms = [best[reached & (choices.treated == arm)] for arm in (True, False)]
        if min(map(len, arms)):
            profits.append(arms[0].mean() - arms[1].mean())
    assert abs(np.mean(shares) - 0.8) < 4 * np.std(shares) / np.sqrt(len(shares))
    assert abs(np.mean(profits)) < 4 * np.std(profits) / np.sqrt(len(profits))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["money", "places", "room"]))
def test_a_larger_limit_never_lowers_what_the_best_list_brings(seed, which):
    """What stays of monotonicity: the value, and its price falls; customers may be exchanged."""
    choices, _ = shop(seed, 80)
    base = Capacities(10.0, 20.0, np.array([3.0, 5.0, 9.0]), choices.channel)
    values, prices = [], []
    for more in (1.0, 1.5, 2.5):
        limits = {
            "money": replace(base, money=base.money * more),
            "places": replace(base, places=base.places * more),
            "room": replace(base, rooms=base.rooms * np.array([more, 1, 1])),
        }[which]
        relaxed = relax(choices.profit, choices.spend.expected, choices.able, limits).prices
        able = choices.able & (choices.profit > 0)
        worth = relaxed.worth(choices.profit, choices.spend.expected, choices.channel)
        values.append(relaxed.bound(np.where(able, worth, 0.0), limits))
        prices.append({"money": relaxed.money, "places": relaxed.place}.get(which))
    assert values == sorted(values) or np.diff(values).min() > -1e-6
    if which == "money":
        assert np.diff(prices).max() < 1e-6


def one_by_one(choices, order, preference, room):
    given, left = np.full(len(order), -1), list(room.rooms)
    places, spent, lost = room.places, 0.0, 0.0
    for who in order:
        best = None
        for option in np.argsort(-preference[who], kind="stable"):
            fits = choices.able[who, option] and left[choices.channel[option]] > 0 and places > 0
            fits &= spent + choices.spend.expected[who, option] <= room.budget + 1e-9
            loss = max(0.0, -choices.profit[who, option])
            if fits and (not loss or lost + loss <= room.loss + 1e-9):
                best = option
                break
        if best is None:
            continue
        given[who] = best
        if choices.treated[who]:
            left[choices.channel[best]] -= 1
            places -= 1
            spent += choices.spend.expected[who, best]
            lost += max(0.0, -choices.profit[who, best])
    return given.tolist()


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 4))
def test_the_walk_is_as_if_one_by_one(seed, n, options):
    rng = np.random.default_rng(seed)
    profit = rng.normal(0.5, 1, (n, options)).round(1)
    choices = choices_of(
        profit,
        rng.choice([0.5, 1.0, 2.0], (n, options)),
        rng.integers(0, 2, options),
        able=rng.random((n, options)) < 0.8,
        treated=rng.random(n) < 0.7,
    )
    room = replace(
        room_of(rng.uniform(0, 20), int(rng.integers(0, 20)), rng.integers(0, 9, 2)),
        loss=rng.uniform(0, 2),
    )
    preference = rng.random((n, options))
    order = rng.permutation(n)
    assert walk(choices, order, preference, room).given.tolist() == one_by_one(
        choices, order, preference, room
    )


def test_it_says_which_limit_stopped_it():
    costs = [[4.0], [4.0], [1.0]]
    far = walk(choices_of(costs, costs), np.arange(3), np.array(costs), room_of(7))
    assert far.given.tolist() == [0, -1, 0]  # the dear second is passed by
    assert far.stopped.tolist() == ["", OVER_BUDGET, ""]
    far = walk(choices_of(costs, costs), np.arange(3), np.array(costs), room_of(99, 1))
    assert far.stopped.tolist() == ["", OVER_CAPACITY, OVER_CAPACITY]
    far = walk(choices_of(costs, costs), np.arange(3), np.array(costs), room_of(99, rooms=(2,)))
    assert far.stopped.tolist() == ["", "", OVER_CAPACITY]


def test_money_is_added_exactly():
    tenths = np.full((30, 1), 0.1)
    far = walk(choices_of(tenths, tenths), np.arange(30), tenths, room_of(3))
    assert (far.given == 0).all()


def test_the_best_list_is_found_exactly_where_it_is_small():
    best = best_possible([9.0, 5.0], [1.0, 1.0], budget=9, capacity=9, customer=["a", "a"])
    assert best == {"value": 9.0, "method": EXACT}
