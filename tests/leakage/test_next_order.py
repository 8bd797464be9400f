"""What is said of next orders is blind to what comes after, and silent where it has no evidence."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from winback.data.connect import open_engine
from winback.data.intake import read_transactions
from winback.evaluation.next_order import next_order
from winback.evaluation.past import Past

FIRST, DAYS, HORIZON = date(2023, 1, 1), 420, 60
AS_OF = FIRST + timedelta(days=359)


def shop(habit, n=500, seed=5):
    """People of different rates, each with a category of their own by habit."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(1.5, 0.012, n)
    bought = rng.random((n, DAYS)) < rate[:, None]
    bought[np.arange(n), rng.integers(0, 150, n)] = True
    who, when = np.nonzero(bought)
    own = rng.integers(4, size=n)
    what = np.where(rng.random(len(who)) < habit, own[who], rng.integers(4, size=len(who)))
    return pd.DataFrame(
        {
            "customer_id": [f"c{i:04}" for i in who],
            "timestamp": pd.Timestamp(FIRST) + pd.to_timedelta(when, unit="D"),
            "amount": rng.gamma(4, 10, len(who)).round(2),
            "category": np.array(["w", "x", "y", "z"])[what],
        }
    )


def foretold(rows):
    return next_order(Past(read_transactions(rows, engine=open_engine()), AS_OF), HORIZON)


@pytest.fixture(scope="module")
def found():
    return foretold(shop(0.8))


def test_a_habit_is_said_of_everybody_who_has_bought(found):
    rows = shop(0.8)
    known = rows[rows["timestamp"] <= pd.Timestamp(AS_OF)]
    assert found.record["category"]["better"]
    assert found.record["due"]["better"]
    assert set(found.categories.index) == set(known["customer_id"])
    assert found.categories.index.is_unique
    assert found.categories["chance"].between(0, 1).all()
    assert set(found.due_days.index) == set(known["customer_id"])
    assert found.due_days.dropna().between(1, HORIZON).all()
    later = rows[rows["timestamp"] > pd.Timestamp(AS_OF)].drop_duplicates("customer_id")
    named = found.categories["next_category"].reindex(later["customer_id"])
    assert (named.to_numpy() == later["category"].to_numpy()).mean() > 0.7


def test_another_future_changes_nothing(found):
    rows = shop(0.8)
    past = rows[rows["timestamp"] <= pd.Timestamp(AS_OF)]
    after = rows[rows["timestamp"] > pd.Timestamp(AS_OF)]
    rng = np.random.default_rng(1)
    other = after.assign(
        category="w", amount=9999.0, customer_id=rng.permutation(after["customer_id"])
    )
    again = foretold(pd.concat([past, other, other.assign(category="new")]))
    pd.testing.assert_frame_equal(again.categories.sort_index(), found.categories.sort_index())
    pd.testing.assert_series_equal(again.due_days.sort_index(), found.due_days.sort_index())
    assert again.record == found.record


def test_what_was_heard_of_later_was_not_known_at_the_cut_offs(found):
    """Orders of the first months that were only heard of on the last day change no old window."""
    rows = shop(0.8).assign(available_at=lambda frame: frame["timestamp"])
    late = rows.head(40).assign(
        category="z", available_at=pd.Timestamp(AS_OF), timestamp=pd.Timestamp(FIRST)
    )
    again = foretold(pd.concat([rows, late]))
    assert again.record["category"]["hits"]["model"] == found.record["category"]["hits"]["model"]


def test_without_a_habit_nothing_is_said_and_why():
    silent = foretold(shop(0.0))
    assert silent.categories is None
    assert [message.code for message in silent.messages] == ["next.no_category", "next.due"]


def test_without_categories_nothing_is_said_of_them_and_a_short_history_says_so():
    rows = shop(0.8).drop(columns="category")
    assert [message.code for message in foretold(rows).messages] == ["next.due"]
    short = rows[rows["timestamp"] > pd.Timestamp(AS_OF) - pd.Timedelta(days=100)]
    assert [message.code for message in foretold(short).messages] == ["next.short"]
