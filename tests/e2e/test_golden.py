"""Models that a released version wrote still load, and score as they did."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from winback.estimators.base.artifact import from_files

GOLDEN = Path(__file__).parents[2] / "models" / "golden"
FOLDERS = sorted(path for path in GOLDEN.glob("*/*") if (path / "model.json").exists())
MOST_BYTES = 300_000
INTERVAL = ["clv_low", "clv_high"]  # simulated: an end is a quantile of `n_draws` futures


def read(path):
    return pd.read_csv(path, dtype={"customer_id": str})


def scores(model, inputs):
    everything = model.predict_frame(inputs)
    if hasattr(model, "candidate_probabilities"):  # the losers are kept too, to be shown
        everything = everything.join(model.candidate_probabilities(inputs))
    return everything


def test_every_version_has_one_model_of_each_kind():
    versions = {path.parent.name for path in FOLDERS}
    assert versions
    assert {(path.parent.name, path.name) for path in FOLDERS} == {
        (version, kind) for version in versions for kind in ("value", "churn", "tiers")
    }


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_golden_model_scores_as_it_did(folder):
    own = [path for path in folder.iterdir() if path.suffix in {".json", ".txt"}]
    model = from_files({path.name: path.read_text(encoding="utf-8") for path in own})
    expected = read(folder / "expected.csv")
    got = scores(model, read(folder / "inputs.csv"))
    assert len(expected) >= 40
    numbers = expected.select_dtypes("number").columns.difference(INTERVAL, sort=False)
    pd.testing.assert_frame_equal(
        got[numbers], expected[numbers], check_exact=False, rtol=1e-9, atol=1e-9
    )
    names = expected.select_dtypes(exclude="number").columns
    assert got[names].to_dict() == expected[names].to_dict()
    assert got.columns.tolist() == expected.columns.tolist()


@pytest.mark.parametrize("folder", [path for path in FOLDERS if path.name == "value"])
def test_a_golden_interval_is_as_it_was_within_its_monte_carlo_error(folder):
    """Each end lies between the quantiles four standard errors to either side of its own."""
    model = from_files({"model.json": (folder / "model.json").read_text(encoding="utf-8")})
    inputs, expected = read(folder / "inputs.csv"), read(folder / "expected.csv")
    off = 4 * np.sqrt(0.1 * 0.9 / model.n_draws)
    narrow, wide = 0.8 - 2 * off, 0.8 + 2 * off
    exact = model.set_params(n_draws=20_000)
    worth = expected["clv"] / expected["revenue"]
    bounds = exact.intervals(inputs, levels=(narrow, wide)).mul(worth, axis=0)
    low, high = (
        bounds[[name for name in bounds if f"revenue_{side}" in name]] for side in ("low", "high")
    )
    assert (expected["clv_high"] >= high.iloc[:, 0] * (1 - 1e-6)).all()
    assert (expected["clv_high"] <= high.iloc[:, 1] * (1 + 1e-6)).all()
    assert (expected["clv_low"] <= low.iloc[:, 0] * (1 + 1e-6)).all()
    assert (expected["clv_low"] >= low.iloc[:, 1] * (1 - 1e-6)).all()
    assert (expected["clv_high"] > expected["clv"]).sum() > 10


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_golden_model_is_small_and_knows_no_customer(folder):
    assert sum(path.stat().st_size for path in folder.iterdir()) < MOST_BYTES
    assert {path.suffix for path in folder.iterdir()} <= {".json", ".txt", ".csv"}
    assert "invented-" not in (folder / "model.json").read_text(encoding="utf-8")
