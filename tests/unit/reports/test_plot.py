"""`wb.plot`: what a figure draws is what happened, and it says of whom, of when, and what."""

import numpy as np
import pandas as pd
import pytest

import winback as wb
from winback.errors import NotEnoughDataError, UsageError
from winback.evaluation.past import Past
from winback.evaluation.purchase_tracking import track
from winback.evaluation.windows import Window

CUT, UNTIL = pd.Timestamp("1997-09-30").date(), pd.Timestamp("1998-06-30").date()


@pytest.fixture(scope="module")
def shop():
    return wb.read_transactions("sample:cdnow-tenth")


@pytest.fixture(scope="module")
def rfm(shop):
    return wb.rfm_summary(shop, as_of=CUT)


@pytest.fixture(scope="module")
def model(rfm):
    return wb.BetaGeoModel().fit(rfm)


@pytest.fixture(scope="module")
def actual(shop, rfm):
    later = wb.rfm_summary(shop, as_of=UNTIL).set_index("customer_id")["frequency"]
    return rfm["customer_id"].map(later) - rfm["frequency"]


def test_tracking_draws_the_purchases_of_each_week_and_a_line_at_the_cut_off(shop):
    figure = wb.plot.tracking("beta_geo", shop, as_of=CUT, until=UNTIL)
    days = track(Past(shop, UNTIL), Window(CUT, UNTIL), "beta_geo")
    actual = figure.data[-1]
    first = days.iloc[:7]
    assert actual.name == "Actual"
    assert actual.y[0] == first["actual"].sum()
    assert len(figure.layout.shapes) == 1
    added = wb.plot.tracking("beta_geo", shop, as_of=CUT, until=UNTIL, cumulative=True)
    assert added.data[-1].y[-1] == days["actual"].sum()
    assert added.data[-2].y[-1] == pytest.approx(days["expected"].sum(), rel=1e-6)


def test_calibration_has_the_means_of_each_frequency(rfm, model, actual):
    predicted = model.expected_purchases(rfm, 273)
    figure = wb.plot.calibration(actual, predicted, rfm["frequency"], as_of=CUT)
    groups = rfm["frequency"].clip(upper=7)
    for trace, values in zip(figure.data, (predicted, actual), strict=True):
        assert trace.y == pytest.approx(values.groupby(groups).mean().to_numpy())
    assert figure.data[0].x[-1] == "7+"


def test_deciles_add_up_to_everybody(rfm, model, actual):
    predicted = model.expected_purchases(rfm, 273)
    figure = wb.plot.predicted_vs_actual(actual, predicted, as_of=CUT)
    assert len(figure.data[0].y) == 10
    assert list(figure.data[0].y) == sorted(figure.data[0].y, reverse=True)
    assert np.mean(figure.data[1].y) == pytest.approx(actual.mean(), rel=0.01)


def test_matrices_ask_the_model_and_leave_frequency_zero_and_the_impossible_blank(rfm, model):
    alive = wb.plot.p_alive_matrix(model, rfm, as_of=CUT).data[0]
    oldest = float(rfm["T"].max())
    row = pd.DataFrame({"frequency": [3.0], "recency": [float(alive.y[6])], "T": [oldest]})
    assert alive.z[6][3] == pytest.approx(model.p_alive(row).iloc[0])
    assert all(line[0] is None for line in alive.z)
    assert alive.z[0][5] is None  # five repeat purchase days within none
    expected = wb.plot.expected_purchases_matrix(model, rfm, as_of=CUT, horizon_days=30).data[0]
    assert expected.z[6][3] == pytest.approx(model.expected_purchases(row, 30).iloc[0])


def test_a_forecast_ends_where_the_model_does(rfm, model):
    figure = wb.plot.forecast(model, rfm, as_of=CUT, days=30)
    assert figure.data[2].x[-1] == "1997-10-30"
    assert figure.data[2].y[-1] == pytest.approx(model.expected_purchases(rfm, 30).sum(), rel=1e-4)


def test_coverage_is_the_share_inside_by_frequency(rfm, model, actual):
    low, high = pd.Series(0.0, rfm.index), pd.Series(1.0, rfm.index)
    figure = wb.plot.coverage(actual, low, high, rfm["frequency"], as_of=CUT)
    groups = rfm["frequency"].clip(upper=7)
    assert figure.data[0].y == pytest.approx((actual <= 1).groupby(groups).mean().to_numpy())
    assert set(figure.data[1].y) == {0.8}


def test_parameters_are_those_fitted_with_their_intervals(rfm, model):
    other = wb.BetaGeoModel().fit(rfm.assign(T=rfm["T"] + 400))  # the rates must fall
    figure = wb.plot.parameters({"1997-09-30": model, "1998-06-30": other})
    assert figure.data[0].y == pytest.approx((model.r_, other.r_))
    assert figure.data[1].y == pytest.approx((model.alpha_, other.alpha_))
    up = model.summary_.loc["alpha", "high_95"] - model.alpha_
    assert figure.data[1].error_y.array[0] == pytest.approx(up)
    assert "n = 2,357" in figure.layout.title.subtitle.text
    assert "BG/NBD" in figure.layout.title.text
    rival = wb.ModifiedBetaGeoModel().fit(rfm)
    for models in ({"1997-09-30": model}, {"1997-09-30": model, "1998-06-30": rival}):
        with pytest.raises(UsageError, match="two models of one kind"):
            wb.plot.parameters(models)


def test_churn_curves_tell_a_sharp_score_from_a_blind_one():
    rng = np.random.default_rng(0)
    y = (rng.random(400) < 0.3).astype(float)
    scores = {"sharp": np.where(y == 1, 0.9, 0.1), "blind": np.full(400, 0.3)}
    depth = round(y.mean() * 100)
    sharp, blind = (
        dict(zip(trace.x, trace.y, strict=True))
        for trace in wb.plot.gain(y, scores, as_of=CUT).data[1:3]
    )
    assert sharp[(depth + 1) / 100] == pytest.approx(1.0)
    assert blind[0.5] == pytest.approx(0.5)
    assert wb.plot.lift(y, scores, as_of=CUT).data[2].y[20] == pytest.approx(1.0)
    precise = wb.plot.precision_recall(y, scores, as_of=CUT).data[0]
    assert precise.y[0] == 1.0
    points = wb.plot.reliability(y, np.full(400, 0.3), as_of=CUT)
    assert np.mean(points.data[1].y) == pytest.approx(y.mean())
    assert points.data[1].x == (0.3,) * 10
    assert sum(points.data[2].y) == 400


def test_profit_is_marked_at_the_capacity():
    y = np.array([1.0] * 20 + [0.0] * 80)
    figure = wb.plot.profit_by_depth(
        y, {"a": y, "b": 1 - y}, value=50, save_rate=0.5, contact_cost=1, capacity=20, as_of=CUT
    )
    assert max(figure.data[0].y) == pytest.approx(20 * (0.5 * 50 - 1))
    assert figure.data[1].y[4] == pytest.approx(-20)  # all the wrong ones
    assert figure.layout.shapes[0].x0 == 0.2


def test_cohorts_come_back_as_often_as_they_did(shop):
    figure = wb.plot.cohort_retention(shop, as_of=UNTIL)
    days = shop.table.select("customer_id", "day").distinct().to_pyarrow().to_pandas()
    month = pd.to_datetime(days["day"]).dt.to_period("M")
    first = month.groupby(days["customer_id"]).transform("min")
    january = days[first == "1997-01"]["customer_id"].nunique()
    back = days[(first == "1997-01") & (month == "1997-02")]["customer_id"].nunique()
    assert figure.data[0].z[0][0] == pytest.approx(back / january)
    revenue = wb.plot.cohort_revenue(shop, as_of=UNTIL, currency="USD")
    assert "USD" in revenue.layout.yaxis.title.text


def test_what_cannot_be_drawn_is_refused_in_words(rfm):
    with pytest.raises(UsageError, match="one value a customer"):
        wb.plot.reliability([1, 0], [0.5], as_of=CUT)
    with pytest.raises(NotEnoughDataError, match="too little to draw a curve"):
        wb.plot.gain([1, 0], [0.5, 0.1], as_of=CUT)
    with pytest.raises(NotEnoughDataError, match="no row"):
        wb.plot.severity(pd.DataFrame({"severity": []}), as_of=CUT)
    with pytest.raises(NotEnoughDataError, match="history of a month"):
        wb.plot.p_alive_matrix(wb.BetaGeoModel(), rfm.assign(T=3.0), as_of=CUT)


def test_every_figure_says_of_whom_of_when_and_what(rfm, model):
    figure = wb.plot.lorenz(rfm["frequency"], as_of=CUT)
    subtitle = figure.layout.title.subtitle.text
    assert "n = 2,357" in subtitle
    assert "as of 1997-09-30" in subtitle
    text = subtitle.replace("<br>", " ")
    assert figure.layout.meta["reading"] in text
    top = rfm["frequency"].nlargest(236).sum() / rfm["frequency"].sum()
    assert f"the top 10% {top:.0%}" in text
    assert figure.layout.meta["alt"]
    assert figure.layout.paper_bgcolor == "white"  # readable whatever the notebook's theme
