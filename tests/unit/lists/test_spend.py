"""The budget holds as often as it says, however many return."""

import numpy as np
import pytest

from winback.lists.spend import SURPRISE, Spend, spend_of


@pytest.mark.parametrize("n", [1, 3, 10, 30, 100, 500, 3_000])
@pytest.mark.parametrize("rate", [0.001, 0.01, 0.05, 0.2])
def test_the_budget_holds_in_999_of_1000_cases_even_if_twice_as_many_return(n, rate):
    rng = np.random.default_rng(n)
    offer = rng.choice([0.0, 2.0, 5.0], n)
    redeems = np.clip(rng.beta(2, 2 / rate - 2, n), 0, 1)
    total = spend_of(0.1, offer, redeems).sum()
    draws = 40_000
    spent = np.zeros(draws)
    for start in range(0, n, 100):
        rates = np.clip(SURPRISE * redeems[start : start + 100], 0, 1)
        spent += (rng.random((draws, len(rates))) < rates) @ offer[start : start + 100]
    over = (0.1 * n + spent > total.committed + 1e-9).mean()
    assert over <= 0.001 + 3 * np.sqrt(0.001 / draws)
    assert total.committed <= total.worst


def test_the_worst_case_is_what_it_says():
    each = spend_of(0.1, np.array([2.0, 0.0]), np.array([0.3, 0.3]), commitment="worst_case")
    assert float(each.sum().committed) == pytest.approx(2.2)


def test_certain_costs_set_nothing_aside():
    certain = spend_of(np.full(10, 0.5), 0.0, 0.4).sum()
    assert float(certain.committed) == pytest.approx(5.0)
    assert certain.reserve == 0


def test_sums_add_up_to_less_than_their_commitments():
    one = spend_of(0.1, 2.0, np.full(200, 0.1)).sum()
    both = one.plus(one)
    assert both.expected == pytest.approx(2 * one.expected)
    assert both.committed < 2 * one.committed
    assert Spend().plus(one).committed == one.committed
    assert one.times(2).committed == pytest.approx(both.committed)
