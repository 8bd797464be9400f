import numpy as np
import pandas as pd
import pytest

from winback.reports.charts.data_drift import drift_of
from winback.reports.gallery import figures


def test_the_index_equals_a_plain_computation():
    rng = np.random.default_rng(3)
    past = pd.DataFrame({"frequency": rng.poisson(2, 5000).astype(float), "recency": 0.0})
    past = past.assign(T=rng.uniform(0, 100, 5000), monetary_value=rng.lognormal(3, 1, 5000))
    now = past.assign(monetary_value=past["monetary_value"] * 1.4)
    psi = {row["feature"]: row["psi"] for row in drift_of(past, now, has_amounts=True)}
    edges = np.quantile(past["monetary_value"], np.arange(1, 10) / 10, method="inverted_cdf")
    then, today = (
        np.bincount(np.searchsorted(edges, frame["monetary_value"], side="left"), minlength=10)
        / len(frame)
        for frame in (past, now)
    )
    assert psi["monetary_value"] == pytest.approx(
        ((today - then) * np.log(today / then)).sum(), rel=0.01
    )
    assert psi["frequency"] == psi["tenure"] == 0


def test_a_moved_feature_says_that_training_anew_is_due(arguments):
    past = arguments["scores"].assign(monetary_value=0.0)
    arguments["scores"] = past.assign(frequency=past["frequency"] + 3)
    arguments["trained"] = ("1998-01-01", past)
    drawn = figures(arguments.report())["drift"]
    assert "training anew is due, most by repeat purchase days" in drawn.layout.meta["reading"]
