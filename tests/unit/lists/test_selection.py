import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from winback.lists.selection import OVER_BUDGET, OVER_CAPACITY, assign, cut_off


def test_it_stops_at_the_first_that_cannot_be_paid():
    far = cut_off([4, 4, 1], [True] * 3, budget=7, places=9)
    assert far.paid.tolist() == [True, False, False]  # the cheap third is not taken instead
    assert (far.stopped_by, far.first_left_out) == (OVER_BUDGET, 1)


def test_it_stops_where_places_end():
    far = cut_off([1, 1, 1, 1], [True, False, True, False], budget=9, places=1)
    assert far.paid.tolist() == [True, False, False, False]
    assert far.reached.tolist() == [True, False, False, False]
    assert (far.stopped_by, far.first_left_out) == (OVER_CAPACITY, 2)


def test_where_budget_and_places_end_together_it_is_the_budget():
    # a place more would pay nobody, so that it is worth nothing; money more would need a place too
    assert cut_off([1, 1, 1], [True] * 3, budget=2, places=2).stopped_by == OVER_BUDGET
    assert cut_off([1, 1, 1], [True] * 3, budget=3, places=2).stopped_by == OVER_CAPACITY
    assert cut_off([1, 1, 1], [True] * 3, budget=2, places=3).stopped_by == OVER_BUDGET


def test_a_budget_that_pays_nobody_reaches_nobody():
    for budget in (1, 0):
        far = cut_off([5, 5], [False, True], budget=budget, places=9)
        assert not far.paid.any()
        assert not far.reached.any()


def test_money_is_added_exactly():
    assert cut_off(np.full(30, 0.1), np.full(30, True), budget=3, places=99).paid.all()
    assert cut_off([], [], budget=3, places=9).first_left_out is None


def one_by_one(able, treated, room):
    left, given_to = list(room), []
    for can, takes in zip(able, treated, strict=True):
        first = next((k for k in range(len(room)) if can[k] and left[k]), -1)
        given_to.append(first)
        if takes and first >= 0:
            left[first] -= 1
    return given_to


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 30), st.lists(st.integers(0, 8), min_size=1))
def test_channels_are_given_as_if_one_by_one(seed, n, room):
    rng = np.random.default_rng(seed)
    able = rng.random((n, len(room))) < rng.random()
    treated = rng.random(n) < 0.7
    assert assign(able, treated, room).tolist() == one_by_one(able, treated, room)
