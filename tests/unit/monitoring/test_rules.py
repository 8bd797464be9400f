"""Rules in YAML: what is refused, and where it stands; notes in CSV likewise."""

import pytest

from winback.errors import ConfigError
from winback.indicators.definition import read_catalogue
from winback.monitoring.alert_notes import read_notes
from winback.monitoring.rules import PRESETS, read_rules

OWN = """\
rules:
  - id: few
    indicator: orders
    when: {below: 50}
    for: 2
    severity: red
    owner: growth
    source: us
"""


def read(tmp_path, text, presets=()):
    path = tmp_path / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return read_rules(path, presets, indicators=list(read_catalogue()))


def test_every_preset_watches_an_indicator_and_names_its_source(tmp_path):
    names = [line.split(":")[1].strip() for line in PRESETS.read_text("utf-8").splitlines()
             if line.startswith("  - id:")]  # fmt: skip
    marks = "benchmarks:\n  - {indicator: activity_30d, value: 0.2, source: us, date: 2024-01-01}\n"
    rules = read(tmp_path, marks, names).rules
    assert [one.id for one in rules] == names
    assert all(one.source and one.owner for one in rules)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (OWN.replace("orders", "ordres"), "did you mean 'orders'?"),
        (OWN.replace("{below: 50}", "{below: 50, above: 60}"), "exactly one of"),
        (OWN.replace("red", "crimson"), "rules.yaml:6"),
        (OWN.replace("    source: us\n", ""), "'source' is missing"),
        (OWN + OWN.removeprefix("rules:\n"), "stands twice"),
        (OWN.replace("{below: 50}", "{falls_by: 0.1, against: benchmark}"), "needs a benchmark"),
        (OWN.replace("for: 2", "four: 2"), "unknown key 'four'"),
    ],
)
def test_a_mistake_is_refused_with_its_place(tmp_path, text, said):
    with pytest.raises(ConfigError) as error:
        read(tmp_path, text)
    assert said in str(error.value)


def test_an_unknown_preset_is_named_with_the_nearest(tmp_path):
    with pytest.raises(ConfigError, match="did you mean 'orders_band'"):
        read(tmp_path, OWN, ["order_band"])


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("few,pause,2024-01-01,ann,,\n", "notes.csv:2, action"),
        ("few,close,soon,ann,,\n", "notes.csv:2, on"),
        ("fwe,close,2024-01-01,ann,,\n", "did you mean 'few'?"),
        ("few,silence,2024-01-01,ann,,\n", "a silence has an end"),
    ],
)
def test_a_note_that_is_not_understood_stops_the_job(tmp_path, lines, said):
    path = tmp_path / "notes.csv"
    path.write_text("rule,action,on,by,segment,until\n" + lines, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        read_notes(path, ["few"])
    assert said in str(error.value)


def test_notes_are_read(tmp_path):
    path = tmp_path / "notes.csv"
    path.write_text("rule,action,on,by\nfew,acknowledge,2024-01-01,安娜\n", encoding="utf-8-sig")
    (note,) = read_notes(path, ["few"])
    assert (note.action, note.by, note.segment) == ("acknowledge", "安娜", None)
