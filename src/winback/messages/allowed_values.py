"""What a checked value has to be, in our own words: pydantic tells a kind of complaint and facts.

Its own sentences are English only; here each kind has a `Sentence`, which the catalogues translate.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from winback.errors import Sentence

_WHOLE, _NUMBER, _TEXT = "a whole number", "a number", "text"
_DAY, _SWITCH, _LIST = "a day, YYYY-MM-DD", "true or false", "a list"
FORMS: Mapping[str, str] = {
    "greater_than": "greater than {gt}",
    "greater_than_equal": "greater than or equal to {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "less than or equal to {le}",
    "finite_number": "a finite number",
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), _WHOLE),
    **dict.fromkeys(("float_type", "float_parsing"), _NUMBER),
    **dict.fromkeys(("bool_type", "bool_parsing"), _SWITCH),
    **dict.fromkeys(("string_type", "string_unicode"), _TEXT),
    "string_too_short": "text of {min_length} {min_length:form.character/characters} or more",
    "string_pattern_mismatch": "text of the form {pattern}",
    **dict.fromkeys(
        (
            "date_type",
            "date_parsing",
            "date_from_datetime_parsing",
            "date_from_datetime_inexact",
        ),
        _DAY,
    ),
    **dict.fromkeys(("tuple_type", "list_type"), _LIST),
    "too_short": "{min_length} {min_length:form.entry/entries} or more, not {actual_length}",
    "too_long": "{max_length} {max_length:form.entry/entries} at most, not {actual_length}",
    **dict.fromkeys(
        ("dict_type", "mapping_type", "model_type", "model_attributes_type"), "a mapping"
    ),
    "union_tag_not_found": "a mapping that names its {discriminator}",
}


def allowed_of(problem: Mapping[str, Any]) -> str:
    """Return what would have been accepted instead of a value.

    Parameters
    ----------
    problem
        One of ``ValidationError.errors()``: its ``type``, ``ctx`` and ``msg``.

    Returns
    -------
    str
        A `Sentence`; the library's own English for a kind that has no words here.

    Examples
    --------
    >>> allowed_of({"type": "less_than_equal", "ctx": {"le": 6}, "msg": "Input should be ..."})
    'less than or equal to 6'
    >>> allowed_of({"type": "literal_error", "ctx": {"expected": "'day', 'week' or 'all'"}})
    "'day', 'week' or 'all'"
    """
    kind, facts = problem["type"], dict(problem.get("ctx", {}))
    if kind in ("literal_error", "union_tag_invalid"):
        listed = str(facts.get("expected", facts.get("expected_tags")))
        return one_of(re.findall(r"'[^']*'", listed) or [listed])
    if kind == "value_error" and facts["error"].args:  # raised by a check of our own
        said = facts["error"].args[0]
        return said if isinstance(said, Sentence) else Sentence(str(said))
    if kind in FORMS:
        named = re.findall(r"\{(\w+)\}", FORMS[kind])
        return Sentence(FORMS[kind], **{name: facts[name] for name in named})
    return str(problem["msg"]).removeprefix("Input should be ")


def one_of(forms: Sequence[str]) -> str:
    """Return alternatives as one text.

    Examples
    --------
    >>> one_of(["'en'", "'zh'"]), one_of(["a mapping"])
    ("'en' or 'zh'", 'a mapping')
    """
    if len(forms) < 2:
        return forms[0]
    return Sentence("{some} or {last}", some=list(forms[:-1]), last=forms[-1])
