"""Data that the project does not ship."""

import os
from pathlib import Path

import pytest


@pytest.fixture
def online_retail():
    here = Path(__file__).resolve().parents[3]
    folder = Path(os.environ.get("WINBACK_TEST_DATA", here.parent / "shared" / "data"))
    path = folder / "online_retail.parquet"
    if not path.exists():
        pytest.skip(f"{path} is not there; set WINBACK_TEST_DATA")
    return path
