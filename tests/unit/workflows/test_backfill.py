from datetime import date

import pytest

from winback.errors import UsageError
from winback.workflows.backfill import dates_between


def test_the_last_date_is_in_only_where_the_steps_meet_it():
    days = dates_between(date(2011, 12, 1), date(2011, 12, 9), "4d")
    assert days == [date(2011, 12, 1), date(2011, 12, 5), date(2011, 12, 9)]
    assert dates_between(date(2011, 12, 1), date(2011, 12, 8), "4")[-1] == date(2011, 12, 5)
    assert dates_between(date(2011, 12, 1), date(2011, 12, 1), "7d") == [date(2011, 12, 1)]


@pytest.mark.parametrize(
    ("last", "every", "where"),
    [
        (date(2011, 11, 30), "7d", "--until"),
        (date(2011, 12, 9), "0d", "--every"),
        (date(2011, 12, 9), "week", "--every"),
        (date(2031, 12, 9), "1d", "--every"),
    ],
)
def test_dates_that_make_no_history_are_refused(last, every, where):
    with pytest.raises(UsageError) as caught:
        dates_between(date(2011, 12, 1), last, every)
    assert caught.value.where == where
