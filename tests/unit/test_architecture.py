"""The page about the house shows the house that the import contracts hold."""

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/explanation/architecture.md").read_text(encoding="utf-8")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = CONTRACTS["tool"]["importlinter"]["contracts"]


def floors(picture):
    """Return the rooms of each floor of a drawing, the topmost first, and their numbers."""
    rows = re.findall(r"^(\d+) +([a-z_]+(?: \| [a-z_]+)*)  ", picture, re.MULTILINE)
    return [set(rooms.split(" | ")) for _, rooms in rows], [int(number) for number, _ in rows]


def test_the_pictures_are_the_layers_that_are_held():
    pictures = [floors(text) for text in re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)]
    layers = [
        [set(re.findall(r"\w+", layer)) for layer in contract["layers"]]
        for contract in CONTRACTS
        if contract["type"] == "layers"
    ]
    assert [rooms for rooms, _ in pictures] == layers
    for _, numbers in pictures:
        assert numbers == list(reversed(range(len(numbers))))


def test_every_contract_is_told():
    words = " ".join(PAGE.split())
    assert [c["name"] for c in CONTRACTS if f"* {c['name']}" not in words] == []


def test_every_place_that_is_named_is_there():
    places = re.findall(r"`([\w/.]+(?:/|\.(?:py|po|md|yaml|toml)))`", PAGE)
    assert len(places) > 20
    homes = (ROOT, ROOT / "src/winback")
    assert [place for place in places if not any((home / place).exists() for home in homes)] == []


def test_a_reader_learns_where_new_things_go():
    for thing in ("metric", "model", "list", "source", "language", "chart"):
        assert f"## Where do I add a {thing}?" in PAGE


def test_no_file_is_longer_than_a_reader_holds():
    lengths = {
        str(file.relative_to(ROOT)): len(file.read_text("utf-8").splitlines())
        for file in (ROOT / "src").rglob("*.py")
    }
    assert len(lengths) > 200
    assert {file: n for file, n in lengths.items() if n > 400} == {}


SAME_THING = {
    # the command, or the part of one, that makes what the room's module is
    "alerts": "workflows",
    "backtest": "workflows",
    "churn_warning": "workflows",
    "customer_page": "workflows",
    "fitness": "workflows",
    "score": "workflows",
    "verify": "workflows",
    "win_back": "workflows",
    # the chart of what is measured
    "churn_groups": "charts",
    "churn_level": "charts",
}
"""Names that two files bear, and the room of the second, which does the same thing in its way."""


def test_no_two_files_of_one_name_do_different_things():
    rooms = {}
    for file in (ROOT / "src/winback").rglob("*.py"):
        if not file.stem.startswith("__"):
            rooms.setdefault(file.stem, []).append(file.parent.name)
    shared = {name: homes for name, homes in rooms.items() if len(homes) > 1}
    assert shared.keys() == SAME_THING.keys()
    assert {name: homes for name, homes in shared.items() if len(homes) > 2} == {}
    assert [name for name, second in SAME_THING.items() if second not in shared[name]] == []


SAME_CLASS = {
    # what people write in YAML, checked, and the arguments that a room takes
    "BacktestSettings": {"config/job.py", "evaluation/backtest.py"},
    "ChurnSettings": {"config/model_settings.py", "evaluation/churn_forward.py"},
    "SnapshotSettings": {"config/model_settings.py", "evaluation/churn_forward.py"},
}
"""Names that two classes bear, and where: they hold the same thing."""


def test_no_two_classes_of_one_name_are_different_things():
    homes = {}
    source = ROOT / "src/winback"
    for file in source.rglob("*.py"):
        if file.parent.name == "charts":  # a chart is called what it shows
            continue
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, set()).add(str(file.relative_to(source)))
    assert len(homes) > 200
    assert {name: where for name, where in homes.items() if len(where) > 1} == SAME_CLASS
