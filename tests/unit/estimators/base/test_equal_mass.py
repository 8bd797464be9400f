"""One calibration error, which no order of rows can change."""

import numpy as np
import pytest

from winback.evaluation.churn_evidence import measure
from winback.evaluation.metrics import churn_metrics


def test_ties_are_not_cut_by_the_order_of_rows():
    y = np.repeat([0, 1], 50)
    p = np.full(100, 0.5)
    assert measure(y, p)["ece"] == 0.0
    assert churn_metrics(y, p)["ece"] == 0.0


def test_the_contest_and_the_evaluation_measure_the_same_error():
    rng = np.random.default_rng(5)
    p = rng.beta(2, 2, 3000).round(1).clip(0.05, 0.95)  # many ties
    y = (rng.random(3000) < p**2).astype(np.int64)
    order = rng.permutation(3000)
    shown = measure(y, p)["ece"]
    assert shown == churn_metrics(y, p)["ece"] > 0.1
    assert measure(y[order], p[order])["ece"] == pytest.approx(shown, abs=1e-12)
