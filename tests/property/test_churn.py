"""What holds for every churn candidate, whatever the customers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from winback.estimators.churn.calibrators import CALIBRATIONS, fit_calibrator
from winback.estimators.churn.candidates import CANDIDATES, fit_candidates
from winback.estimators.churn.candidates.candidate import EPSILON, canonical

WINDOW = {"horizon_days": 30, "gap_days": 7, "random_state": 0}


def history(n=300, seed=0):
    rng = np.random.default_rng(seed)
    frequency = rng.poisson(rng.gamma(0.8, 2.0, n)).astype(float)
    T = np.floor(rng.uniform(50, 200, n))
    recency = np.where(frequency > 0, np.ceil(T * rng.uniform(0.2, 1.0, n)), 0.0)
    return pd.DataFrame(
        {
            "customer_id": np.arange(n).astype(str),
            "as_of": "2024-01-01",
            "frequency": frequency,
            "recency": recency,
            "T": T,
            "monetary_value": 20.0 * (frequency > 0),
            "days_since_last": T - recency,
            "overdue_ratio": (T - recency) / (1.0 + T / (frequency + 1.0)),
        }
    )


@pytest.fixture(scope="module")
def fitted():
    frame = history()
    y = (np.random.default_rng(1).random(300) < 0.3 + 0.4 * (frame["overdue_ratio"] > 1)).astype(
        int
    )
    candidates, failed = fit_candidates(CANDIDATES, *canonical(frame, y), WINDOW)
    assert not failed
    return candidates


age = st.integers(0, 5000)
customer = st.tuples(st.integers(0, 3000), age, age, st.floats(0, 1e9), st.floats(0, 1e6))


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(customer, min_size=1, max_size=8))
def test_probabilities_are_probabilities_and_rows_stand_alone(fitted, rows):
    frame = pd.DataFrame(
        [(x, min(a, b) * (x > 0), max(a, b), m, o) for x, a, b, m, o in rows],
        columns=["frequency", "recency", "T", "monetary_value", "overdue_ratio"],
        dtype=float,
    )
    frame["days_since_last"] = frame["T"] - frame["recency"]
    for candidate in fitted.values():
        both = candidate.predict_proba(frame)
        assert ((both >= EPSILON / 2) & (both <= 1 - EPSILON / 2)).all()
        np.testing.assert_allclose(both.sum(axis=1), 1.0)
        backwards = candidate.predict_proba(frame.iloc[::-1])
        assert backwards[::-1].tobytes() == both.tobytes()


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2, max_size=60),
    kind=st.sampled_from(CALIBRATIONS),
)
def test_calibration_never_reorders(rows, kind):
    p, y = (np.array(column) for column in zip(*rows, strict=True))
    q = fit_calibrator(kind, p, y.astype(np.int64)).predict(np.linspace(0, 1, 101))
    assert ((q > 0) & (q < 1)).all()
    assert (np.diff(q) >= 0).all()
