"""Every error can be said in Chinese, as it stands in the code in English."""

# ruff: noqa: RUF001 - Chinese is written with fullwidth marks

import ast
import builtins
import errno
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import winback
from winback.errors import ConfigError, DataError, Sentence
from winback.messages import Message, Words
from winback.messages.catalogue import texts

SOURCE = Path(winback.__file__).parent
SENTENCES = {"what", "hint"}  # always words; the others may be names, numbers, signs
PARTS = SENTENCES | {"where", "got", "allowed"}
WORDS = {True: r"[A-Za-z]{2}", False: r"[A-Za-z0-9] [A-Za-z]|[A-Za-z] [A-Za-z0-9]"}
CHINESE = Words("zh")


@cache
def trees() -> dict[str, ast.Module]:
    """Parse the source, in the one process that runs these tests."""
    return {
        str(file.relative_to(SOURCE)): ast.parse(file.read_text("utf-8"))
        for file in SOURCE.rglob("*.py")
    }


def named(node: ast.AST) -> str:
    return getattr(node, "id", None) or getattr(node, "attr", "")


def literals(node: ast.AST) -> Iterator[ast.expr]:
    """Find the texts that an expression may stand for, f-strings included."""
    if isinstance(node, ast.IfExp):
        yield from (*literals(node.body), *literals(node.orelse))
    elif isinstance(node, ast.BoolOp):
        yield from (text for value in node.values for text in literals(value))
    elif isinstance(node, ast.BinOp):  # put together of parts that nobody can translate
        yield from (*literals(node.left), *literals(node.right))
    elif isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    ):
        yield node


def parts(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Find what errors are made of: at a raise, on the way to one, and as a sentence."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = named(node.func)
            error = name.endswith("Error") and not hasattr(builtins, name)
            if node.args and (error or name == "Sentence"):
                yield from (("what", text) for text in literals(node.args[0]))
            for word in node.keywords:
                if word.arg in (PARTS if error else SENTENCES | {"allowed"}):
                    yield from ((word.arg, text) for text in literals(word.value))
        elif isinstance(node, ast.Assign) and named(node.targets[0]) in SENTENCES | {"allowed"}:
            yield from ((named(node.targets[0]), text) for text in literals(node.value))


@cache
def pieces() -> list[tuple[str, str, ast.expr]]:
    return [(file, part, node) for file, tree in trees().items() for part, node in parts(tree)]


def fields(text: str) -> set[str]:
    """Return the facts that a sentence has room for; braces of a literal of YAML are its own."""
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name}
    except ValueError:
        return set()


def said() -> dict[str, str]:
    """Return the English texts that need words, and where each stands."""
    found = {}
    for file, part, node in pieces():
        text = node.value if isinstance(node, ast.Constant) else ""
        bare = re.sub(r"\{\w+[^}]*\}", "", text)
        if re.search(WORDS[part in SENTENCES], bare) and not text.startswith("winback "):
            found[text] = f"{file}:{node.lineno}"
    return found


def test_every_error_has_its_chinese():
    needed = said()
    assert len(needed) > 500
    assert {
        text: where for text, where in needed.items() if text not in texts("errors", "zh")
    } == {}


def test_no_chinese_is_of_an_error_that_nobody_raises():
    standing = {
        node.value
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    of_the_system = {os.strerror(number) for number in errno.errorcode}
    assert texts("errors", "zh").keys() - standing - of_the_system == set()


def test_no_error_is_worded_by_an_f_string():
    """Its facts would be lost to whoever says it in another language: it is a `Sentence`."""
    worded = [
        f"{file}:{node.lineno} {ast.unparse(node)}"
        for file, part, node in pieces()
        if isinstance(node, ast.JoinedStr)
        for bare in ["".join(v.value if isinstance(v, ast.Constant) else "\0" for v in node.values)]
        if re.search(r"[A-Za-z]{2}" if part in SENTENCES else r"(^|[ \0])[a-z]+ ", bare)
    ]
    assert worded == []


def test_the_chinese_of_an_error_has_its_facts():
    for english, chinese in texts("errors", "zh").items():
        assert fields(chinese) == fields(english), english
        assert re.search(r"[\u4e00-\u9fff]", re.sub(r"\{\w+[^}]*\}", "", chinese)) or (
            re.fullmatch(r"[\d d至、或,.]+", chinese)
        ), english


def test_the_chinese_of_an_error_has_no_english_words_left():
    """Besides what is written so: in backquotes, in quotation marks, names of columns and files."""
    name = r"`[^`]+`|'[^']*'|\{[^}]*\}|\S*[_./@<>=:(]\S*|[A-Z]\S*|winback|lifetimes|recency|pandas"
    left = {}
    for english, chinese in texts("errors", "zh").items():
        if words := re.findall(r"[a-z]{4,}", re.sub(name, "", chinese)):
            left[english] = words
    assert left == {}


def test_an_error_is_said_whole_in_chinese():
    refused = DataError(
        Sentence("the {kind} is too large", kind=Sentence("playbook")),
        where=Sentence("{label}, line {line} of data", label="a.csv", line=3),
        got=Sentence(
            "{seen}", seen=[Sentence("{code} in {n:,} {n:form.row/rows}", code="EUR", n=1200)]
        ),
        allowed="a whole number of 1 or more",
        hint=Sentence("did you mean {near!r}?", near="b"),
    )
    assert Message.of_error(refused, hint=True).say(CHINESE) == (
        "行动手册太大（位于 a.csv，数据第 3 行）；实际：EUR 有 1,200 行；要求：1 以上的整数"
        "。下一步：是不是 'b'？"
    )
    assert str(refused) == (
        "the playbook is too large (at a.csv, line 3 of data): got EUR in 1,200 rows; allowed: a"
        " whole number of 1 or more. Next: did you mean 'b'?"
    )
    kept = Message.of_error(refused).as_record()
    assert Message.of(kept).say(CHINESE) == Message.of_error(refused).say(CHINESE)


def test_what_nobody_has_translated_is_said_as_it_stands():
    error = ConfigError("some {library's} own words", got="{x}")
    assert Message.of_error(error).say(CHINESE) == "some {library's} own words；实际：{x}"
