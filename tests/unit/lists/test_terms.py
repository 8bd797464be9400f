"""No indiscriminate mass recall: what may not be asked of a win-back list, by whatever way."""

import math
from datetime import date

import pandas as pd
import pytest

from winback.economics import Economics
from winback.errors import UsageError
from winback.lists.origin import Origin
from winback.lists.terms import Channel, Eligibility, WinBackTerms, check_controls
from winback.lists.win_back import win_back

AS_OF = date(2011, 12, 9)


def dormant(n):
    """Customers in the window, all worth calling back."""
    table = {
        "customer_id": [f"c{i}" for i in range(n)],
        "recency": 100.0,
        "T": 500.0,
        "expected_purchases": 0.2,
        "expected_spend": 120.0,
        "p_repurchase": 0.1,
        "tier": "core",
    }
    return pd.DataFrame(table, index=range(n))


def make(table, salt="winback", **over):
    terms = {
        "economics": Economics(contact_cost=0.1, offer_cost=0.9),
        "budget": 100,
        "capacity": 50,
        "control_share": 0.34,
        "eligibility": Eligibility(window_days=(90, 730)),
    } | over
    return win_back(table, as_of=AS_OF, terms=WinBackTerms(**terms), origin=Origin(salt=salt))


def test_a_list_of_some_size_that_nobody_is_compared_with_is_refused():
    many = dormant(320)

    def size(salt, **over):
        lists = make(many, control_share=0.05, salt=salt, **over)
        return len(lists.treated), len(lists.control)

    # a smaller list is made of whoever the larger would begin with: look for one without controls
    salt = next(s for s in map(str, range(200)) if size(s, capacity=29) == (29, 0))
    refused = 0
    for capacity in (30, 31, 32):
        try:
            assert size(salt, capacity=capacity)[1] > 0
        except UsageError:
            refused += 1
    assert refused
    with pytest.raises(UsageError, match=r"30 treated, 0 controls.*control_share: 0\.2"):
        check_controls(30, 0)


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"channels": {"email": Channel(0)}}, "channels.email.capacity"),
        ({"exploration_share": 1}, "exploration_share"),
        ({"exploration_share": 0}, "exploration_share: 0.1"),
        ({"holdout_share": None}, "holdout_share: 0.02"),
        ({"holdout_share": 1e-9}, "holdout_share: 0.02"),
        ({"control_share": 1e-9}, "control_share: 0.2"),
        ({"max_share": 1}, "max_share: 0.5"),
        ({"max_share": None}, "max_share: 0.5"),
        *[({"budget": budget}, "budget") for budget in (0, -1, None, math.inf, math.nan)],
        *[({"capacity": capacity}, "capacity") for capacity in (0, -1, None, 1.5)],
        ({"control_share": 0}, "comparison group"),
        ({"control_share": None}, "comparison group"),
        ({"horizon_days": 0}, "a day ahead"),
    ],
)
def test_an_indiscriminate_recall_is_refused(wrong, match):
    with pytest.raises(UsageError, match=match):
        make(dormant(0), **wrong)


def test_an_empty_window_is_refused():
    with pytest.raises(UsageError, match="window"):
        Eligibility(window_days=(700, 100))
