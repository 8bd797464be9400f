"""Models that a released version wrote still load, and score as they did."""

from pathlib import Path

import pandas as pd
import pytest

from winback.estimators.base.artifact import from_files

GOLDEN = Path(__file__).parents[2] / "models" / "golden"
FOLDERS = sorted(path for path in GOLDEN.glob("*/*") if (path / "model.json").exists())
MOST_BYTES = 300_000


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
    numbers = expected.select_dtypes("number").columns
    pd.testing.assert_frame_equal(
        got[numbers], expected[numbers], check_exact=False, rtol=1e-9, atol=1e-9
    )
    names = expected.columns.difference(numbers)
    assert got[names].to_dict() == expected[names].to_dict()
    assert got.columns.tolist() == expected.columns.tolist()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_golden_model_is_small_and_knows_no_customer(folder):
    assert sum(path.stat().st_size for path in folder.iterdir()) < MOST_BYTES
    assert {path.suffix for path in folder.iterdir()} <= {".json", ".txt", ".csv"}
    assert "invented-" not in (folder / "model.json").read_text(encoding="utf-8")
