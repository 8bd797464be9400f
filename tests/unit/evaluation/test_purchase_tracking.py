from datetime import date, timedelta

import pandas as pd
import pyarrow as pa
import pytest

from winback.data.connect import open_engine
from winback.data.intake import read_transactions
from winback.data.policy import IntakePolicy
from winback.evaluation.cohorts import SUMS, cohort_values
from winback.evaluation.past import Past
from winback.evaluation.purchase_tracking import track
from winback.evaluation.windows import Window

WINDOW = Window(date(1997, 9, 30), date(1998, 3, 31))


@pytest.fixture(scope="module")
def tracked():
    return track(Past(read_transactions("sample:cdnow-tenth"), WINDOW.until), WINDOW, "beta_geo")


def test_every_day_is_there_once_and_the_sums_are_near_what_happened(tracked):
    days = pd.to_datetime(tracked["day"])
    assert (days.diff().dropna() == pd.Timedelta(days=1)).all()
    assert (days.iloc[0].date(), days.iloc[-1].date()) == (date(1997, 1, 2), WINDOW.until)
    assert (tracked["held_out"] == (tracked["day"] > WINDOW.as_of)).all()
    assert (tracked["low"] <= tracked["expected"]).all()
    assert (tracked["expected"] <= tracked["high"]).all()
    sums = tracked.groupby("held_out")[["actual", "expected"]].sum()
    # published: the fit is within a few percent in the sample, and too low after it
    assert sums.loc[False, "expected"] == pytest.approx(sums.loc[False, "actual"], rel=0.03)
    assert sums.loc[True, "expected"] == pytest.approx(sums.loc[True, "actual"], rel=0.25)


def test_customers_and_purchases_after_the_window_change_nothing(tracked):
    rows = read_transactions("sample:cdnow-tenth").table.to_pyarrow().to_pandas()
    rows = rows[["customer_id", "timestamp", "amount"]]
    later = rows.head(300).assign(timestamp=pd.Timestamp(WINDOW.until) + pd.Timedelta(days=1))
    won = rows.head(300).assign(timestamp=pd.Timestamp(WINDOW.as_of) + pd.Timedelta(days=9))
    won["customer_id"] = "new" + won["customer_id"]  # in nobody's expectation, nor their returns
    again = won.assign(timestamp=won["timestamp"] + pd.Timedelta(days=30))
    every = pd.concat([rows, later, won, again], ignore_index=True)
    longer = Past(
        read_transactions(every, policy=IntakePolicy(zero_amounts="keep")), date(1998, 6, 30)
    )
    again = track(longer, WINDOW, "beta_geo")
    pd.testing.assert_frame_equal(again, tracked)


def test_cohorts_without_amounts_have_no_money():
    n = 5
    frame = pd.DataFrame({name: pd.array([None] * n, dtype="Float64") for name in SUMS})
    frame["p_alive"] = frame["expected_purchases"] = 0.5
    frame = frame.assign(as_of=date(2024, 3, 31), T=[0.0, 30.0, 31.0, 91.0, 366.0], frequency=0.0)
    engine = open_engine()
    out = cohort_values(
        engine.create_table("scores", pa.Table.from_pandas(frame, preserve_index=False))
    )
    months = [date(2023, 3, 1), date(2023, 12, 1), date(2024, 2, 1), date(2024, 3, 1)]
    assert [pd.Timestamp(day).date() for day in out["cohort"]] == months
    assert out["customers"].tolist() == [1, 1, 1, 2]
    assert out["alive"].tolist() == [0.5, 0.5, 0.5, 1.0]
    assert out[["ltv", "realised", "expected", "residual"]].isna().all(axis=None)
    assert months[0] == (date(2024, 3, 31) - timedelta(days=366)).replace(day=1)
