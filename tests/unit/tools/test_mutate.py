"""The mutants: where none is made, whose tests are run, and how it is told."""

import importlib.util
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def mutate():
    spec = importlib.util.spec_from_file_location("mutate", ROOT / "tools/mutate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_annotations_are_found_where_they_stand(mutate):
    source = "def f(a: int | None = 1 | 2) -> int | str:\n    b: list[int] = a\n    return b\n"
    lines = source.splitlines()
    spans = mutate.annotations(source)
    annotations = {lines[row - 1][start:end] for (row, start), (_, end) in spans}
    assert annotations == {"int | None", "int | str", "list[int]"}


def test_the_tests_of_the_file_come_before_those_of_its_room(mutate):
    own = ROOT / "tests/unit/data/test_intake.py"
    assert mutate.tests_of("data", "intake.py", ROOT) == [own, ROOT / "tests/unit/data"]
    assert mutate.tests_of("data", "no_such_file.py", ROOT) == [ROOT / "tests/unit/data"]


def test_what_survived_is_told_by_room_and_by_line(mutate):
    assert mutate.changed("a\nb > 1\nc", "a\nb >= 1\nc") == ["-b > 1", "+b >= 1"]
    outcomes = Counter({("lists", True): 12, ("lists", False): 3, ("data", True): 1})
    assert [line.split() for line in mutate.table(outcomes).splitlines()] == [
        ["room", "killed", "survived"],
        ["data", "1", "0"],
        ["lists", "12", "3"],
    ]
