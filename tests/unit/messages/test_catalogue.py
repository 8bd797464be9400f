import ast
import re
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
import yaml

import winback
from winback.messages import Words
from winback.messages.catalogue import catalogue, languages

SOURCE = Path(winback.__file__).parent
FILES = [*SOURCE.rglob("*.py"), *SOURCE.rglob("templates/*")]
# made from a name: words(f"chart.{name}.title"), words.label("model", name), words.count(n, "row")
DYNAMIC = re.compile(
    r"(error|sheet|book|page|models|purchase_day|channel|offer|step|left_out|choice|calibration"
    r"|coverage|excluded|stage|rejected|parameter|feature|change|since|metric|model|target|role"
    r"|severity|section|chart|group|reason|tier|effect|intake|done|decision|clause|warning|value"
    r"|lead|column|customer|day|night|be|was|have|row|churn_warning|inner_cutoff|tab|decide|money|file|indicator"
    r"|grain|alert|status|ledger|table|mending|problem|needed|line|job|init|field|arm|chosen_by"
    r"|stratum|uplift_source|listing|listed|time|family|owner|respond|board|steering|worth|id|person)\."
)


MADE_OF_DATA = {"value['$message']"}  # read back from a fitted model


TELLING = {"say", "warn", "step", "stage", "echo", "prompt"}  # of the reporter, of Typer


def texts_told():
    """Find each call that tells people something in words that stand in the code."""
    for file in [*(SOURCE / "workflows").rglob("*.py"), *(SOURCE / "cli").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            name = getattr(getattr(node, "func", None), "attr", None)
            if not isinstance(node, ast.Call) or name not in TELLING:
                continue
            for text in (part for argument in node.args for part in outside_of_messages(argument)):
                if re.search(r"[A-Za-z]", text.replace("winback", "")):
                    yield f"{file.name}:{node.lineno}: {text}"


def outside_of_messages(node):
    """Return the literal texts of an expression, but for codes, facts and keys."""
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
        if name in {"Message", "words", "dumps"} or getattr(node.func, "func", None):
            return
    if isinstance(node, ast.Subscript):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from outside_of_messages(child)


def test_nothing_is_told_in_words_that_stand_in_the_code():
    assert list(texts_told()) == []


def facts_of(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def messages_made():
    """Find each `Message(code, fact=...)` of the source: where, its code, its facts' names."""
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "Message":
                code = node.args[0]
                said = code.value if isinstance(code, ast.Constant) else ast.unparse(code)
                names = {keyword.arg for keyword in node.keywords}
                yield f"{file.name}:{node.lineno}", said, names


@cache
def made():
    return [made for made in messages_made() if made[1] not in MADE_OF_DATA]


def test_the_source_makes_many_messages():
    assert len({code for _, code, _ in made()}) > 200


@pytest.mark.parametrize("language", languages())
def test_every_message_has_words_with_room_for_its_facts_and_no_others(language):
    entries = catalogue(language)
    lost = {
        where: code for where, code, facts in made() if facts_of(entries.get(code, "")) != facts
    }
    lost |= {where: code for where, code, _ in made() if code not in entries}
    assert lost == {}


def example(way):
    """A fact that a placeholder of this way may be filled with, as rooms give it."""
    if way[-1:] in tuple("&|;"):
        return [example(way[:-1]), example(way[:-1])]
    if way in {"number", "metric", "money", "share", "points"} or way.startswith("count."):
        return 3
    return "one" if not way or way.isidentifier() else 3


@pytest.mark.parametrize("language", languages())
def test_every_placeholder_is_filled(language):
    words = Words(language)
    for code, text in catalogue(language).items():
        ways = {name: way for _, name, way, _ in Formatter().parse(text) if name}
        said = words(code, **{name: example(way) for name, way in ways.items()})
        assert not set("{}") & set(said), code
        assert words(code, **dict.fromkeys(ways)), code  # where facts are missing


@pytest.mark.parametrize("language", languages())
def test_every_text_is_used_and_every_language_has_the_same_codes(language):
    texts = catalogue(language)
    assert texts.keys() == catalogue("en").keys()
    source = "".join(file.read_text("utf-8") for file in FILES)
    used = {k for k in texts if f'"{k}"' in source or DYNAMIC.match(k)}
    unused = [k for k in texts if not {k, k.removesuffix(".revenue")} & used]
    assert unused == []
    asked = set(re.findall(r'\bwords\(\s*"([\w.]+)"[,)]', source))
    assert asked <= texts.keys()


@pytest.mark.parametrize("language", languages())
def test_a_translation_tells_the_same_facts(language):
    facts = {
        code: (facts_of(text), facts_of(catalogue("en")[code]))
        for code, text in catalogue(language).items()
        if facts_of(text) != facts_of(catalogue("en")[code])
    }
    assert facts == {}


def test_chinese_has_no_word_left_in_english():
    """Besides names: of models, and in backquotes of commands, settings and columns."""
    names = r"P\(alive\)|[A-Z][\w/-]*|winback|epsilon|alpha|beta|[a-z]|e?\d+"
    left = {}
    for code, text in catalogue("zh").items():
        if words := re.findall(
            r"[A-Za-z]+", re.sub(rf"{{[^}}]+}}|`[^`]+`|\b(?:{names})", "", text)
        ):
            left[code] = words
    assert left == {}


def test_no_code_stands_twice_in_a_catalogue():
    for language in ("en", "zh"):
        text = (SOURCE / "messages" / "catalogues" / f"{language}.po").read_text("utf-8")
        codes = re.findall(r'^msgid "(.+)"$', text, re.MULTILINE)
        assert len(codes) == len(set(codes)) > 100


@pytest.mark.parametrize("language", languages())
def test_whose_alerts_are_and_what_to_do_is_said_in_every_language(language):
    presets = yaml.safe_load((SOURCE / "monitoring" / "presets.yaml").read_text("utf-8"))
    texts = {f"owner.{rule['owner']}" for rule in presets["rules"] if "owner" in rule}
    texts |= {
        f"respond.{step['do']}" for rule in presets["rules"] for step in rule.get("respond", [])
    }
    assert len(texts) > 10
    assert texts - catalogue(language).keys() == set()
    assert Words(language).label("owner", "sales_team") == "sales_team", "one's own stays"
