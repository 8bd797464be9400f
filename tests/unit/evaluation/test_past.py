from datetime import date

import pandas as pd
import pytest

from winback.data.connect import open_engine
from winback.data.intake import read_transactions
from winback.errors import ModelError, NotEnoughDataError
from winback.evaluation import past as room
from winback.evaluation.past import Past
from winback.evaluation.windows import Window

TODAY, THEN = date(2024, 3, 31), date(2024, 1, 31)


@pytest.fixture
def past():
    rows = pd.DataFrame(
        {
            "customer_id": ["a", "a", "b", "b", "c"],
            "timestamp": pd.to_datetime(
                ["2024-01-01", "2024-02-10", "2024-01-20", "2024-01-25", "2024-03-01"]
            ),
            "available_at": pd.to_datetime(
                ["2024-01-01", "2024-02-10", "2024-01-20", "2024-02-20", "2024-03-01"]
            ),
            "amount": [10.0, 20.0, 30.0, 40.0, 50.0],
        }
    )
    return Past(read_transactions(rows, as_of=TODAY, engine=open_engine()), TODAY)


def test_a_past_holds_what_was_known_and_nothing_that_was_heard_of_later(past):
    frame = past.at(THEN).frame(30).set_index("customer_id")
    assert frame["frequency"].to_dict() == {"a": 0.0, "b": 0.0}  # of the 25th nobody had heard
    assert past.frame(30).set_index("customer_id")["frequency"].to_dict() == {
        "a": 1.0,
        "b": 1.0,
        "c": 0.0,
    }
    assert past.at(THEN).first_day == date(2024, 1, 1)


def test_earlier_pasts_are_the_same_object_however_one_comes_to_them(past):
    middle = past.at(date(2024, 2, 15))
    assert middle.at(THEN) is past.at(THEN)
    assert middle.at(THEN).at(THEN) is past.at(THEN)
    assert past.at(TODAY) is past
    with pytest.raises(ModelError, match="not known"):
        middle.at(TODAY)


def test_what_a_window_brought_is_told_only_when_it_is_over(past):
    window = Window(THEN, date(2024, 2, 29))
    customers = pd.Series(["b", "a"], index=[7, 3])
    happened = past.outcomes(window, customers)
    assert happened.index.tolist() == [7, 3]
    assert happened["revenue"].tolist() == [0.0, 20.0]
    assert happened["churned"].tolist() == [1.0, 0.0]
    with pytest.raises(ModelError, match="ends after what is known"):
        past.at(date(2024, 2, 28)).outcomes(window, customers)


def test_everything_is_made_once_and_by_what_it_depends_on(past, monkeypatch):
    made = []
    original = room.Description.at

    def described(self, days, horizon_days, *kinds):
        made.append(horizon_days)
        return original(self, days, horizon_days, *kinds)

    monkeypatch.setattr(room.Description, "at", described)
    one = past.at(THEN).frame(30)
    one["frequency"] = -1.0  # a reader's own copy
    assert (past.at(THEN).frame(30)["frequency"] == 0).all()
    past.at(THEN).frame(60)
    past.frame(30)
    assert made == [30, 60, 30]


def test_that_there_is_too_little_is_remembered_too(past):
    asked = []

    def make():
        asked.append(1)
        raise NotEnoughDataError("too few")

    for _ in range(2):
        with pytest.raises(NotEnoughDataError, match="too few"):
            past.once("anything", make)
    assert asked == [1]
    past.forget("anything")
    assert past.once("anything", lambda: 5) == 5


def test_a_sample_is_a_past_of_some_customers_and_their_own_memory(past):
    assert past.sample(3) is past
    few = past.sample(1)
    assert few is past.sample(1)
    assert len(few.frame(30)) < 3
    assert len(past.frame(30)) == 3
