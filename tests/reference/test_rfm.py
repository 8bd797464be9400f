"""lifetimes' own summary, on both samples that it ships, row for row."""

import warnings
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from winback.features.holdout import calibration_holdout
from winback.features.rfm import rfm_summary

DATASETS = Path(find_spec("lifetimes").origin).parent / "datasets"
COLUMNS = ["frequency", "recency", "T", "monetary_value"]


def cdnow(name):
    """Read the published file: the last four fields are customer, day, units, amount."""
    lines = (DATASETS / name).read_text().splitlines()
    fields = [line.split() for line in lines if line.strip()[:1].isdigit()]
    assert len(fields) == {"CDNOW_master.txt": 69_659, "CDNOW_sample.txt": 6_919}[name]
    return pd.DataFrame(
        {
            # in the tenth the second field is the customer's number within the sample
            "customer_id": [row[-4] for row in fields],
            "timestamp": pd.to_datetime([row[-3] for row in fields], format="%Y%m%d"),
            "amount": [float(row[-1]) for row in fields],
        }
    )


def reference(frame, as_of):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lifetimes sets a pandas option that is on its way out
        from lifetimes.utils import summary_data_from_transaction_data

        return summary_data_from_transaction_data(
            frame, "customer_id", "timestamp", "amount", observation_period_end=as_of, freq="D"
        ).sort_index()


@pytest.mark.parametrize("name", ["CDNOW_master.txt", "CDNOW_sample.txt"])
@pytest.mark.parametrize("as_of", ["1997-09-30", "1998-06-30"])
def test_equals_lifetimes_row_for_row(name, as_of):
    frame = cdnow(name)
    got = rfm_summary(frame, as_of=as_of)
    assert list(got.columns) == ["customer_id", *COLUMNS]
    assert got.index.equals(pd.RangeIndex(len(got)))
    got, expected = got.set_index("customer_id"), reference(frame, as_of)
    pd.testing.assert_frame_equal(got[COLUMNS[:3]], expected[COLUMNS[:3]], check_index_type=False)
    # a mean of doubles and a mean of exact decimals may differ in the last bit
    pd.testing.assert_frame_equal(
        got[COLUMNS], expected[COLUMNS], check_index_type=False, rtol=1e-12, atol=1e-12
    )


def test_weeks_are_days_over_seven():
    frame = cdnow("CDNOW_sample.txt")
    days, weeks = (rfm_summary(frame, "1997-09-30", time_unit=unit) for unit in ("D", "W"))
    days[["recency", "T"]] /= 7
    pd.testing.assert_frame_equal(weeks, days, check_exact=True)


def test_published_moments_of_the_tenth():
    """Fader, Hardie & Lee (2005), table 1 and section 4: 2,357 customers, 946 with a repeat."""
    weeks = rfm_summary(cdnow("CDNOW_sample.txt"), "1997-09-30", time_unit="W")
    assert len(weeks) == 2_357
    assert (weeks.frequency > 0).sum() == 946
    assert weeks["T"].between(27, 39).all()


def test_integer_identifiers_stay_integers_as_in_lifetimes():
    frame = cdnow("CDNOW_sample.txt").astype({"customer_id": "int64"})
    got = rfm_summary(pa.Table.from_pandas(frame, preserve_index=False), "1997-09-30")
    expected = reference(frame, "1997-09-30")
    assert got.customer_id.tolist() == expected.index.tolist()
    assert (got.frequency.to_numpy() == expected.frequency.to_numpy()).all()


@pytest.mark.parametrize("period", ["D", "W"])  # its months fail with pandas 3
@pytest.mark.parametrize("include_first", [False, True])
def test_periods_and_the_first_purchase_are_counted_as_there(period, include_first):
    # a Sunday: inside a week it also counts what was bought after the last day, to the week's end
    as_of = "1997-09-28"
    frame = cdnow("CDNOW_sample.txt")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifetimes.utils import summary_data_from_transaction_data

        expected = summary_data_from_transaction_data(
            frame, "customer_id", "timestamp", "amount", freq=period,
            observation_period_end=as_of, include_first_transaction=include_first,
        ).sort_index()  # fmt: skip
    got = rfm_summary(frame, as_of, period=period, include_first=include_first)
    got = got.set_index("customer_id")
    pd.testing.assert_frame_equal(
        got[COLUMNS], expected[COLUMNS], check_index_type=False, check_names=False
    )


def test_calibration_and_holdout_are_split_as_there():
    frame = cdnow("CDNOW_sample.txt")
    # it averages the holdout over rows, the calibration over days
    frame = frame.groupby(["customer_id", "timestamp"], as_index=False)["amount"].sum()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifetimes.utils import calibration_and_holdout_data

        expected = calibration_and_holdout_data(
            frame, "customer_id", "timestamp", "1997-09-30", "1998-06-30",
            monetary_value_col="amount",
        ).sort_index()  # fmt: skip
    got = calibration_holdout(frame, "1997-09-30", "1998-06-30").set_index("customer_id")
    expected.columns = expected.columns.str.removesuffix("_cal")
    columns = [*COLUMNS[:3], "frequency_holdout", "duration_holdout", "monetary_value_holdout"]
    pd.testing.assert_frame_equal(
        got[columns], expected[columns].astype("float64"), check_index_type=False, check_names=False
    )
