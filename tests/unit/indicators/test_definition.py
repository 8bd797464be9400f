"""Definitions in YAML: what is refused, and where it stands."""

import pytest

from winback.errors import ConfigError
from winback.indicators.definition import read_catalogue
from winback.messages.catalogue import catalogue, languages

OWN = """\
indicators:
  - {id: shares, kind: simple, unit: count, sum: {measure: "event:share", of: customers}}
  - {id: shares_per_buyer, kind: derived, unit: ratio, formula: shares / buyers}
"""


@pytest.fixture
def own(tmp_path):
    def _written(text):
        path = tmp_path / "own.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return _written


def test_a_file_of_ones_own_adds_to_the_shipped_and_replaces_by_id(own):
    text = OWN + "  - {id: active_7d, version: 2, kind: cumulative, unit: count, days: 8}\n"
    read = read_catalogue(own(text))
    assert read["shares"].event_names == ("share",)
    assert read["shares_per_buyer"].names == {"shares", "buyers"}
    assert (read["active_7d"].version, read["active_7d"].days) == (2, 8)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (OWN.replace("event:share", "shares"), "own.yaml:2"),
        (OWN.replace("shares / buyers", "shares / buyer"), "did you mean 'buyers'?"),
        (OWN.replace("shares / buyers", "__import__('os')"), "own.yaml:3"),
        (OWN.replace("formula: shares / buyers", "formula: dau_mau"), "counted from the data"),
        (OWN.replace("shares_per_buyer", "shares"), "stands twice"),
        (OWN.replace("of: customers", "ov: customers"), "unknown key 'ov'"),
        (OWN.replace("{measure", "{measur"), "own.yaml:2"),
        ("indicators: []\nindicator: []\n", "unknown key 'indicator'"),
    ],
)
def test_a_mistake_is_refused_with_its_place(own, text, said):
    with pytest.raises(ConfigError) as error:
        read_catalogue(own(text))
    assert said in str(error.value)


@pytest.mark.parametrize("language", languages())
def test_every_shipped_indicator_has_a_name_in_every_language(language):
    known = catalogue(language)
    assert [name for name in read_catalogue() if f"indicator.{name}" not in known] == []
