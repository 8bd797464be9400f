"""A known table in random layouts, forms and encodings: the same rows back, or a refusal by name.

`make fuzz` tries ten thousand; here a sample, other seeds each of them.
"""

import random
from collections import Counter

import fuzz
import pytest
from known_files import write
from known_table import drawn

from winback.data import file_sources, intake

SEEDS = range(20_000, 20_025)


def test_no_difference_is_silent():
    results = fuzz.outcomes(SEEDS)
    assert [str(outcome) for outcome in results if outcome.kind in fuzz.FAULTS] == []
    kinds = Counter(outcome.kind for outcome in results)
    assert kinds.total() == len(SEEDS)
    assert kinds["same"] >= 0.8 * len(SEEDS)  # to refuse everything would be no reading


def test_a_seed_makes_the_same_file_again(tmp_path):
    made = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        draw = random.Random(20_001)
        made.append(write(draw, drawn(draw), tmp_path / name).path.read_bytes())
    assert made[0] == made[1]


@pytest.mark.parametrize("kind", ["rows", "amounts"])
def test_a_reader_that_loses_or_turns_something_is_found_out(monkeypatch, kind):
    if kind == "rows":
        layout = file_sources.layout
        monkeypatch.setattr(file_sources, "layout", lambda *of: _without_names(layout(*of)))
    else:
        cells = intake._cells
        monkeypatch.setattr(
            intake, "_cells", lambda *a: (c := cells(*a)) | {"amount": f"100 * ({c['amount']})"}
        )
    results = fuzz.outcomes(range(20_001, 20_007))
    assert any(outcome.kind == "silent" for outcome in results)


def _without_names(layout):
    """Take a first row of values for names, and keep the numbers by which a job calls them."""
    return layout.__class__(**{**vars(layout), "header": True})
