"""The benchmark's own likelihood, against published numbers and against closed forms."""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import gammaln, hyp2f1

HOME = Path(__file__).resolve().parents[3] / "benchmarks"


@pytest.fixture(scope="module")
def likelihood():
    spec = importlib.util.spec_from_file_location("bench_likelihood", HOME / "likelihood.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def cdnow():
    spec = importlib.util.find_spec("lifetimes")
    path = Path(spec.origin).parent / "datasets" / "cdnow_customers_summary_with_transactions.csv"
    return pd.read_csv(path).rename(
        columns={"x": "frequency", "t_x": "recency", "zbar": "monetary_value"}
    )


def test_published_log_likelihoods_of_cdnow(likelihood, cdnow) -> None:
    history = [cdnow[name].to_numpy(float) for name in ("frequency", "recency", "T")]
    value = likelihood.bg_nbd(*history, r=0.2426, alpha=4.4136, a=0.7929, b=2.4259)
    assert value.sum() == pytest.approx(-9582.43, abs=0.01)
    value = likelihood.pareto_nbd(*history, r=0.5533, alpha=10.5776, s=0.6061, beta=11.6656)
    assert value.sum() == pytest.approx(-9594.98, abs=0.01)
    repeat = cdnow[cdnow["frequency"] > 0]
    spend = [repeat[name].to_numpy(float) for name in ("frequency", "monetary_value")]
    value = likelihood.gamma_gamma(*spend, p=6.25, q=3.744, v=15.447)
    assert value.sum() == pytest.approx(-4055.92, abs=0.01)


@pytest.mark.parametrize("alpha", [15.0, 40.0])
def test_pareto_nbd_is_its_hypergeometric_form(likelihood, alpha) -> None:
    x, tx, T = (
        np.array([0.0, 1, 5, 60]),
        np.array([0.0, 3, 200, 400]),
        np.array([300.0, 300, 210, 730]),
    )
    r, s, beta = 0.6, 0.8, 25.0
    high, low = max(alpha, beta), min(alpha, beta)
    second = s + 1 if alpha >= beta else r + x

    def part(t: np.ndarray) -> np.ndarray:
        z = (high - low) / (high + t)
        return hyp2f1(r + s + x, second, r + s + x + 1, z) * ((low + tx) / (high + t)) ** (
            r + s + x
        )

    gone = s / (r + s + x) * (part(tx) - part(T)) / (low + tx) ** (r + s + x)
    alive = (alpha + T) ** -(r + x) * (beta + T) ** -s
    head = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    value = likelihood.pareto_nbd(x, tx, T, r=r, alpha=alpha, s=s, beta=beta)
    np.testing.assert_allclose(value, head + np.log(alive + gone), rtol=1e-9)
