import ast
import re
from pathlib import Path
from string import Formatter

import pytest

import winback
from winback.messages.catalogue import catalogue, languages

SOURCE = Path(winback.__file__).parent
FILES = [*SOURCE.rglob("*.py"), *SOURCE.rglob("templates/*")]
# made from a name: words(f"chart.{name}.title"), words.label("model", name), words.count(n, "row")
DYNAMIC = re.compile(
    r"(error|left_out|said|choice|verb|how|default|way|people|standard|days_of|calibration|gauge|coverage|excluded|stage|rejected|parameter|feature|change|since|metric|model|target|role|severity|section|chart|group|reason|tier|effect|intake|done|decision|clause|warning|value"
    r"|tile|lead|column|customer|day|row|churn_warning)\."
)


def facts_of(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def messages_made():
    """Find each `Message("code", fact=...)` of the source, with the names of its facts."""
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            called = isinstance(node, ast.Call) and getattr(node.func, "id", None) == "Message"
            if called and node.args and isinstance(node.args[0], ast.Constant):
                names = {keyword.arg for keyword in node.keywords}
                yield f"{file.name}:{node.lineno}", node.args[0].value, names


def test_every_message_has_words_with_room_for_its_facts_and_no_others():
    known = catalogue("en")
    lost = {
        where: code
        for where, code, facts in messages_made()
        if code not in known or (None not in facts and facts_of(known[code]) != facts)
    }
    assert lost == {}


@pytest.mark.parametrize("language", languages())
def test_every_text_is_used_and_every_language_has_the_same_codes(language):
    texts = catalogue(language)
    assert texts.keys() == catalogue("en").keys()
    source = "".join(file.read_text("utf-8") for file in FILES)
    unused = [k for k in texts if f'"{k}"' not in source and not DYNAMIC.match(k)]
    assert unused == []
    asked = set(re.findall(r'words\(\s*"([\w.]+)"[,)]', source))
    assert asked <= texts.keys()


@pytest.mark.parametrize("language", languages())
def test_a_translation_tells_the_same_facts(language):
    told = {
        code: (facts_of(text), facts_of(catalogue("en")[code]))
        for code, text in catalogue(language).items()
        if facts_of(text) != facts_of(catalogue("en")[code])
    }
    assert told == {}


def test_chinese_has_no_word_left_in_english():
    names = r"P\(alive\)|[A-Z][\w/-]*|winback|epsilon|alpha|beta|[a-z]|e?\d+"
    left = {
        code: words
        for code, text in catalogue("zh").items()
        if (words := re.findall(r"[A-Za-z]+", re.sub(rf"{{[^}}]+}}|\b(?:{names})", "", text)))
    }
    assert left == {}


def test_no_code_stands_twice_in_a_catalogue():
    for language in ("en", "zh"):
        text = (SOURCE / "messages" / "catalogues" / f"{language}.po").read_text("utf-8")
        codes = re.findall(r'^msgid "(.+)"$', text, re.MULTILINE)
        assert len(codes) == len(set(codes)) > 100
