"""What a contact costs and brings: one formula, checked by hand."""

import numpy as np
import pytest

from winback.economics import Economics
from winback.errors import UsageError


def test_the_profit_of_a_warning_adds_up():
    money = Economics(margin=0.5, save_rate=0.2, contact_cost=1.0, offer_cost=3.0)
    left = np.array([1.0, 0.0])
    assert money.of_warning(left, 100.0 * left).tolist() == pytest.approx(
        [0.2 * (50 - 3) - 1, -3 - 1]
    )
    # nobody is charged for an offer that is not made
    assert money.of_warning(left, 100.0 * left, offer_cost=0.0).tolist() == pytest.approx([9, -1])


def test_the_profit_of_a_return_is_that_of_its_first_order():
    money = Economics(contact_cost=0.5, offer_cost=4.0)
    own = {"contact_cost": 0.5, "offer_cost": 4.0}
    assert money.of_return(0.2, 0.1, 54.0, **own) == pytest.approx(5.4 - 0.5 - 0.3 * 4)
    dearer = money.of_return(0.2, 0.1, 54.0, contact_cost=1.5, offer_cost=0.0)
    assert dearer == pytest.approx(5.4 - 1.5)
    assert money.profit(5.4, 0.3) == money.of_return(0.2, 0.1, 54.0, **own)


@pytest.mark.parametrize(
    "wrong",
    [
        {"contact_cost": -1},
        {"offer_cost": None},
        {"offer_cost": float("inf")},
        {"save_rate": -0.1},
        {"save_rate": 1.5},
        {"margin": 0},
        {"margin": 1.1},
        {"uplift_prior": 0},
        {"uplift_prior": float("nan")},
        {"won_back_share": 1.1},
    ],
)
def test_impossible_terms_are_refused(wrong):
    with pytest.raises(UsageError, match=next(iter(wrong))):
        Economics(**({"contact_cost": 0.1, "offer_cost": 1} | wrong))
