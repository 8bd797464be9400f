import re
from pathlib import Path

import pytest

import winback.reports
from winback.reports.messages import CATALOGUES, Words

# made from a name: words(f"chart.{name}.title"), words.label("model", name), words.count(n, "row")
DYNAMIC = re.compile(
    r"(said|choice|verb|how|default|way|people|standard|days_of|calibration|gauge|coverage|excluded|stage|rejected|parameter|feature|change|since|metric|model|target|role|severity|section|chart|group|reason|tier|effect|intake|done|decision|clause|warning|value"
    r"|tile|lead|column|customer|day|row)\."
)


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_text_is_used_and_every_language_has_the_same_keys(language):
    room = Path(winback.reports.__file__).parent
    files = [*room.rglob("*.py"), *room.glob("templates/*")]
    source = "".join(file.read_text("utf-8") for file in files if not {*file.parts} & {*CATALOGUES})
    texts = CATALOGUES[language]
    assert texts.keys() == CATALOGUES["en"].keys()
    unused = [k for k in texts if f'"{k}"' not in source and not DYNAMIC.match(k)]
    assert unused == []
    asked = set(re.findall(r'words\(\s*"([\w.]+)"[,)]', source))
    assert asked <= texts.keys()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "\N{EN DASH}"),
        (0.0, "0%"),
        (0.0002, "<0.1%"),
        (0.0431, "4.3%"),
        (0.5, "50%"),
        (0.9979, "99.8%"),
        (0.99999, "99.9%"),
        (1.0, "100%"),
        (-0.023, "-2.3%"),
    ],
)
def test_shares(value, text):
    assert Words().share(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "EUR 0.50"),
        (1000, "EUR 1,000"),
        (2_650_000.0, "EUR 2.65 million"),
        (-3.5, "EUR -3.50"),
    ],
)
def test_money(value, text):
    assert Words(currency="EUR").money(value) == text


def test_unknown_names_read_as_words():
    assert Words().label("excluded", "opted_out") == "opted out"


def facts_of(text):
    return set(re.findall(r"{(\w+)}", text))


@pytest.mark.parametrize("language", CATALOGUES)
def test_a_translation_tells_the_same_facts(language):
    told = {
        key: (facts_of(text), facts_of(CATALOGUES["en"][key]))
        for key, text in CATALOGUES[language].items()
        if facts_of(text) != facts_of(CATALOGUES["en"][key])
    }
    assert told == {}


def test_chinese_has_no_word_left_in_english():
    names = r"P\(alive\)|[A-Z][\w/-]*|winback|epsilon|alpha|beta|[a-z]|e?\d+"
    left = {
        key: words
        for key, text in CATALOGUES["zh"].items()
        if (words := re.findall(r"[A-Za-z]+", re.sub(rf"{{\w+}}|\b(?:{names})", "", text)))
    }
    assert left == {}
