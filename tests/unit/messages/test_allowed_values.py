"""Whatever is wrong in a file of YAML, what is allowed instead has words in every language."""

import ast
import inspect
import math
import re
from importlib import import_module
from types import UnionType
from typing import Annotated, Union, get_args, get_origin

import pytest
from pydantic import BaseModel, ValidationError

from winback.config.job import Job
from winback.indicators import definition
from winback.lists.playbook.schema import PlaybookText
from winback.messages import Message, Words
from winback.messages.allowed_values import FORMS, allowed_of
from winback.messages.catalogue import texts
from winback.monitoring.rules import RulesFile
from winback.yaml_file import YamlFile, explain

ROOTS = (Job, RulesFile, definition._Catalogue, PlaybookText)
WRONG = (None, "", "?", "x" * 70, "12:60", -1, -0.5, 0, 1.5, 7, 10**9, math.inf, True, [], ["?"])
WRONG += ([1], [0.1] * 9, {}, {"?": 1}, {"a": "?"}, [["?"]], [{}], "2011-13-01", {"kind": "?"})
SEPARATE = {"extra_forbidden", "missing"}  # said with the keys beside, not by what is allowed
BY_FACTS = {"literal_error", "union_tag_invalid", "value_error"}


def models(annotation):
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models(field.annotation)
    elif get_origin(annotation) in (Annotated, Union, UnionType, tuple, list, dict):
        for part in get_args(annotation):
            yield from models(part)


MODELS = {model for root in ROOTS for model in models(root)}


def problems():
    """Give every setting of every file every wrong value."""
    for model in sorted(MODELS, key=lambda model: model.__name__):
        for name in model.model_fields:
            for value in WRONG:
                try:
                    model.model_validate({name: value})
                except ValidationError as error:
                    for problem in error.errors():
                        if problem["loc"][:1] == (name,):
                            yield model, name, value, problem


def test_every_kind_of_complaint_that_wrong_values_bring_has_words():
    kinds, english = set(), {}
    for model, name, value, problem in problems():
        if (kind := problem["type"]) not in SEPARATE:
            kinds.add(kind)
            said = Message.of(allowed_of(problem)).say(Words("zh"))
            bare = re.sub(r"'[^']*'|`[^`]*`|[A-Za-z_]+\.\w+\S*|UTC|Asia/Shanghai|\^\S+", "", said)
            bare = re.sub(r"YYYY-MM-DD|true|false|until|as_of|table|query|language|kind", "", bare)
            if re.search(r"[a-z]{3}", bare):
                english[f"{model.__name__}.{name} {value!r}"] = said
    assert english == {}
    assert len(MODELS) > 30
    assert len(kinds) > 15
    assert kinds <= FORMS.keys() | BY_FACTS


@pytest.mark.parametrize("template", sorted(set(FORMS.values())))
def test_every_form_is_in_the_catalogue(template):
    assert template in texts("errors", "zh")


def test_every_check_of_our_own_raises_a_sentence():
    """A text put together by an f-string has lost its facts, and cannot be translated."""
    raised = [
        ast.unparse(node.args[0])
        for module in {model.__module__ for model in MODELS}
        for node in ast.walk(ast.parse(inspect.getsource(import_module(module))))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "ValueError"
    ]
    assert len(raised) > 8
    assert [text for text in raised if not text.startswith(("Sentence(", "one_of("))] == []


def test_a_mistake_in_a_job_is_said_whole_in_chinese():
    job = {"name": "shop", "as_of": "2011-12-09", "data": {"transactions": {"source": "a.csv"}}}
    with pytest.raises(ValidationError) as caught:
        Job.model_validate({**job, "tiers": {"n_tiers": 9}})
    error = explain(caught.value, YamlFile("shop.yaml", job, {}), Job)
    assert Message.of_error(error).say(Words("zh")) == (
        "设置值不符合要求（位于 shop.yaml, tiers.n_tiers）；实际：9；要求：不大于 6 或 'auto'"  # noqa: RUF001
    )
    assert str(error).endswith("got 9; allowed: less than or equal to 6 or 'auto'")
