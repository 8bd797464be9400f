from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from winback.data.connect import open_engine
from winback.data.intake import read_transactions
from winback.errors import DataError
from winback.evaluation.busy import busy_days, busy_share
from winback.evaluation.contest import choose_value
from winback.evaluation.forward import ForwardTest
from winback.evaluation.level import level_of, level_windows
from winback.evaluation.past import Past
from winback.evaluation.value_candidates import VALUE_CANDIDATES
from winback.evaluation.windows import Window

CHRISTMAS = ["11-15/12-24"]
AS_OF = date(2024, 10, 31)
RATE = {"rate+own_mean": VALUE_CANDIDATES["rate+own_mean"]}


def test_days_of_every_year_of_one_year_and_over_its_turn():
    assert busy_days(date(2023, 1, 1), date(2024, 12, 31), CHRISTMAS) == 80
    assert busy_days(date(2023, 1, 1), date(2024, 12, 31), ["2024-02-10/2024-02-17"]) == 8
    assert busy_days(date(2023, 1, 1), date(2023, 12, 31), ["12-27/01-02", "01-01"]) == 7
    assert busy_share(Window(date(2024, 11, 14), date(2024, 11, 24)), CHRISTMAS) == 1


@pytest.mark.parametrize(
    "period",
    ["02-30", "12-24/2024-12-31", "2024-12-24/2024-11-01", "soon", "20241115", "W01-1"],
)
def test_what_is_no_period_is_refused(period):
    with pytest.raises(DataError, match="busy period"):
        busy_days(date(2024, 1, 1), date(2024, 1, 2), [period])


def shop(christmas=3.0, days=1000):
    """People who buy at a constant rate from 2022-06-01 on, and more before Christmas."""
    rng = np.random.default_rng(3)
    first = date(2022, 6, 1)
    calendar = [first + timedelta(days=offset) for offset in range(days)]
    level = np.array([christmas if busy_days(day, day, CHRISTMAS) else 1.0 for day in calendar])
    bought = rng.random((300, days)) < 0.012 * level
    bought[np.arange(300), rng.integers(0, 150, 300)] = True
    who, when = np.nonzero(bought)
    return pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in who],
            "timestamp": [pd.Timestamp(calendar[offset]) for offset in when],
            "amount": 10.0,
        }
    )


def level(rows, periods):
    transactions = read_transactions(rows, engine=open_engine())
    choices = choose_value(
        Past(transactions, AS_OF),
        horizon_days=60,
        candidates=RATE,
        n_replicates=20,
        busy_days=periods,
    )
    return choices["revenue"].level


def test_busy_days_are_learned_from_the_year_before_and_the_future_has_no_say():
    rows = shop()
    busy = level(rows, CHRISTMAS)
    season, earlier = (window for window in busy.windows if window["season"])
    assert (earlier["as_of"], earlier["until"]) == ("2022-11-01", "2022-12-31")
    assert (season["as_of"], season["until"]) == ("2023-11-01", "2023-12-31")
    assert season["ratio"] > 1.5
    newest = [window["ratio"] for window in busy.windows if not window["season"]]
    assert max(newest) < 1 < np.exp(busy.shift)  # though every window of late was below
    assert busy.shift + busy.high > np.log(1.5)
    assert "67% of the days ahead busy, as was seen" in str(busy.message)
    before = rows[rows["timestamp"].dt.date <= AS_OF]
    after = rows[rows["timestamp"].dt.date > AS_OF].assign(amount=999.0)
    assert level(before, CHRISTMAS) == busy
    assert level(pd.concat([before, after, after.assign(customer_id="z")]), CHRISTMAS) == busy


def test_busy_days_that_were_never_seen_widen_the_interval_and_say_so():
    day = Window(date(2024, 3, 1), date(2024, 4, 30))
    customers, actual = pd.Series(["a", "b"]), np.array([10.0, 20.0])
    predicted = {"model": pd.DataFrame({"predicted": actual})}
    test = ForwardTest(day, "revenue", customers, actual, predicted)
    ahead = Window(AS_OF, AS_OF + timedelta(days=60))
    plain = level_of([test], "model", ahead=ahead)
    unseen = level_of([test], "model", ahead=ahead, busy_days=CHRISTMAS)
    assert unseen.high > plain.high + 0.2
    assert unseen.low > plain.low + 0.2
    assert unseen.spread > plain.spread + 0.1  # of a sum as well
    assert "67% of the days ahead busy, 67% off what was seen" in str(unseen.message)
    assert "busy" not in str(plain.message)


def test_where_rows_come_late_windows_end_before_and_the_year_before_stays_the_days_ahead_s():
    as_of, settled = date(2024, 9, 30), date(2024, 9, 10)
    windows = level_windows(date(2022, 1, 1), as_of, 92, settled=settled)
    assert max(window.until for window in windows) == settled
    year = timedelta(days=365)
    assert Window(as_of - year, as_of - year + timedelta(days=92)) in windows
    whole = level_windows(date(2022, 1, 1), as_of, 365, settled=settled)
    assert all(window.until <= settled for window in whole)
