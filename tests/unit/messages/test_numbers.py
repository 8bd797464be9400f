"""A number of one has the words that go with one, in whatever is said."""

import re
from string import Formatter

from winback.errors import Sentence
from winback.messages import Words
from winback.messages.catalogue import catalogue, texts

ENGLISH = Words("en", currency="USD")
ENTRIES = {
    code: text for code, text in catalogue("en").items() if not code.endswith((".one", ".other"))
}
FORM = re.compile(r":form\.(\w+)/(\w+)\}")
OF_TEXT = {  # what stands before the word is a name or a day, never a number
    "chart.drift.reading.moving",
    "chart.drift.reading.moved",
    "note.currencies",
    "{table} have no such column",
}
WAYS = {"count", "agree", "form", "money", "share", "day"}
NUMBERS = r"number|metric|points|[,+]?(\.\d+)?[dfge%]?"


def every_one(text):
    """Return facts of which every number is 1; a name of a kind of thing is a name everywhere."""
    facts = {}
    for _, name, spec, _ in Formatter().parse(text):
        way = spec or ""
        if name and facts.get(name) in (None, 1):
            number = way.partition(".")[0] in WAYS or re.fullmatch(NUMBERS, way)
            facts[name] = ["x"] if way[-1:] in {"&", "|", ";"} else 1 if number else "x"
    return facts


def words_of_many():
    """Return the words that go with several: of every noun and verb that the catalogues inflect."""
    forms = {
        many
        for text in [*ENTRIES.values(), *texts("errors", "zh")]
        for _, many in FORM.findall(text)
    }
    nouns = {
        text.removeprefix("{n}").strip()
        for code, text in catalogue("en").items()
        if code.endswith(".other")
    }
    return {word for word in forms | nouns if word}


MANY = words_of_many()
KINDS = "active|dormant|more|past|percentage|purchase|repeat|retained|rising|such|typical|unseen"
ENDS = "|".join(sorted(MANY, key=len, reverse=True))
WRONG = re.compile(
    rf"(?<![\w.,/])1 (?:(?:{KINDS}) )*(?:{ENDS})\b(?! (?:as many|that of|is the most))"
)


def wrong(said):
    return [found[0] for found in WRONG.finditer(said)]


def test_the_words_of_many_are_known():
    assert {"customers", "days", "rows", "are", "were", "have"} <= MANY
    assert wrong("1 customers are left, 1 past windows, 1 have") == [
        "1 customers",
        "1 past windows",
        "1 have",
    ]
    assert wrong("11 customers, 1 customer is, 1 of 4 customers, 0.1 days") == []


def test_one_has_the_words_of_one():
    said = {code: ENGLISH.say(code, every_one(entry)) for code, entry in ENTRIES.items()}
    assert {code: one for code, one in said.items() if code not in OF_TEXT and wrong(one)} == {}


def test_one_has_the_words_of_one_in_errors():
    found = {}
    for text in texts("errors", "zh").keys() - OF_TEXT:
        if re.search(r"\{\w+[^}]*\}", text) and not re.search(
            r"`[^`]*\{[^`]*`|\{\{|: \[|\{\w+: ", text
        ):
            said = Sentence(text, **every_one(text))
            if wrong(said):
                found[text] = said
    assert found == {}
