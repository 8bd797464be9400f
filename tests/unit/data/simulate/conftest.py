"""One small shop for all tests that only look."""

import pytest

from winback.data.simulate import read_truth, simulate


@pytest.fixture(scope="session")
def shop(tmp_path_factory):
    return simulate(tmp_path_factory.mktemp("shop"), customers=6000, seed=3)


@pytest.fixture(scope="session")
def truth(shop):
    return read_truth(shop.paths["simulation"].parent)
