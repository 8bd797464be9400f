"""What holds for value tiers whatever the customers."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from winback.estimators.tiers import ValueTiers

age = st.integers(0, 3000)
customer = st.tuples(st.integers(0, 500), age, age, st.floats(0, 1e6), st.floats(0, 1e7))


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(customer, min_size=1, max_size=40), n_tiers=st.integers(2, 6))
def test_every_customer_has_a_tier_and_value_falls_with_it(rows, n_tiers):
    frame = pd.DataFrame(
        [(x, min(a, b) * (x > 0), max(a, b), m, v) for x, a, b, m, v in rows],
        columns=["frequency", "recency", "T", "monetary_value", "clv"],
        dtype=float,
    )
    tiers = ValueTiers(n_tiers).fit(frame)
    names = tiers.predict(frame)
    assert set(names) <= set(tiers.names_)
    mean = frame["clv"].groupby(names).mean().reindex(tiers.names_).dropna().to_numpy()
    assert (np.diff(mean) <= 1e-9 * np.abs(mean).max()).all()
    assert (tiers.predict(frame.iloc[::-1]).iloc[::-1] == names).all()
