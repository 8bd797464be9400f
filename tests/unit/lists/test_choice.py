import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from winback.lists.choice import assign


def one_by_one(able, treated, room):
    left, given_to = list(room), []
    for can, takes in zip(able, treated, strict=True):
        first = next((k for k in range(len(room)) if can[k] and left[k]), -1)
        given_to.append(first)
        if takes and first >= 0:
            left[first] -= 1
    return given_to


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 30), st.lists(st.integers(0, 8), min_size=1))
def test_channels_are_given_as_if_one_by_one(seed, n, room):
    rng = np.random.default_rng(seed)
    able = rng.random((n, len(room))) < rng.random()
    treated = rng.random(n) < 0.7
    assert assign(able, treated, room).tolist() == one_by_one(able, treated, room)
