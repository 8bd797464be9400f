"""What holds for value tiers whatever the customers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from winback.estimators.tiers.value_tiers import ValueTiers

age = st.integers(0, 3000)
customer = st.tuples(st.integers(0, 500), age, age, st.floats(0, 1e6), st.floats(0, 1e7))


params = st.one_of(
    st.fixed_dictionaries(
        {
            "n_tiers": st.integers(2, 6) | st.just("auto"),
            "method": st.sampled_from(["kmeans", "gaussian_mixture"]),
        }
    ),
    st.just({"scheme": "quadrant"}),
)


@settings(max_examples=15, deadline=None)
@given(rows=st.lists(customer, min_size=1, max_size=40), params=params)
def test_every_customer_has_a_tier_and_value_falls_with_it(rows, params):
    frame = pd.DataFrame(
        [(x, min(a, b) * (x > 0), max(a, b), m, v) for x, a, b, m, v in rows],
        columns=["frequency", "recency", "T", "monetary_value", "clv"],
        dtype=float,
    )
    tiers = ValueTiers(**params).fit(frame)
    names = tiers.predict(frame)
    assert set(names) <= set(tiers.names_)
    mean = frame["clv"].groupby(names).mean().reindex(tiers.names_).dropna().to_numpy()
    assert (np.diff(mean) <= 1e-9 * np.abs(mean).max()).all()
    assert (tiers.predict(frame.iloc[::-1]).iloc[::-1] == names).all()


def shop(seed, n=900):
    """Draw a shop: many who bought once, few who buy a lot, no clear border between."""
    rng = np.random.default_rng(seed)
    T = rng.integers(30, 400, n).astype(float)
    frequency = rng.poisson(rng.gamma(0.5, 4.0, n)).astype(float)
    recency = np.where(frequency > 0, np.floor(T * rng.beta(2, 1, n)), 0.0)
    spend = np.where(frequency > 0, rng.lognormal(3.0, 0.6, n), 0.0)
    clv = (frequency + 0.3) * np.where(frequency > 0, spend, 20.0) * rng.uniform(0.7, 1.3, n)
    return pd.DataFrame(
        {
            "frequency": frequency,
            "recency": recency,
            "T": T,
            "monetary_value": spend,
            "clv": clv,
        }
    )


def kept(first, frame, new, seed):
    """Return the share of customers whose name is the same after a retrain on `new`."""
    again = ValueTiers(**{**first.get_params(), "random_state": seed}).fit(new, previous=first)
    assert again.names_ == first.names_
    return float((again.predict(frame) == first.predict(frame)).mean())


@pytest.mark.parametrize("n_tiers", [4])
@pytest.mark.parametrize(
    ("method", "redrawn", "perturbed"),
    [
        ("kmeans", 0.95, 0.98),
        pytest.param("gaussian_mixture", 0.88, 0.93, marks=pytest.mark.slow),
    ],
)
def test_customers_keep_their_name_over_a_retrain(method, n_tiers, redrawn, perturbed):
    shares = {"redrawn": [], "perturbed": []}
    for seed in range(3):
        frame = shop(seed)
        noise = np.random.default_rng(seed).lognormal(0.0, 0.1, len(frame))
        first = ValueTiers(n_tiers, method=method).fit(frame)
        again = frame.sample(frac=1.0, replace=True, random_state=seed)
        shares["redrawn"].append(kept(first, frame, again, seed + 1))
        shares["perturbed"].append(kept(first, frame, frame.assign(clv=frame["clv"] * noise), 1))
    assert np.mean(shares["redrawn"]) >= redrawn
    assert np.mean(shares["perturbed"]) >= perturbed


@settings(max_examples=2, deadline=None)
@given(seed=st.integers(0, 999), n_tiers=st.integers(2, 5))
def test_neither_the_order_of_customers_nor_that_of_clusters_moves_a_name(seed, n_tiers):
    frame = shop(seed, 300)
    first = ValueTiers(n_tiers).fit(frame)
    new = frame.sample(frac=0.8, random_state=seed)
    again = ValueTiers(n_tiers, random_state=seed).fit(new, previous=first)
    first.centers_, first.names_ = first.centers_[::-1], first.names_[::-1]
    shuffled = new.sample(frac=1.0, random_state=seed + 1)
    turned = ValueTiers(n_tiers, random_state=seed).fit(shuffled, previous=first)
    assert turned.predict(frame).equals(again.predict(frame))
