"""What the parser of the command line complains about, in the reader's language.

Typer words its complaints in English only. They are known here by their templates; one that is not
known stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer

from winback.cli.language import DEFAULT, language_of_reader

Complaint: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "UsageError")
"""What Typer raises where a command line is none."""
COMPLAINTS = (
    "No such option: {name} (Possible options: {options})",
    "No such option: {name}",
    "No such command {name}. Did you mean {near}?",
    "No such command {name}.",
    "Missing command.",
    "Missing argument {name}.",
    "Missing option {name}.",
    "Option {name} requires an argument.",
    "Option {name} does not take a value.",
    "Got unexpected extra argument(s) ({words})",
    "Invalid value for {name}: {said}",
    "Input should be a valid integer, unable to parse string as an integer",
    "Input should be a valid number, unable to parse string as a number",
    "Input should be greater than or equal to {least}",
    "Input should be less than or equal to {most}",
    "{word} is none of {words}",
    "{word} is not one of {words}.",
    "give one job, or `test` and one job",
)


def in_language(said: str, language: str) -> str:
    """Return a complaint in a language.

    Examples
    --------
    >>> in_language("No such option: --asof", "zh")
    '没有选项 --asof'
    """
    from winback.messages import Words

    words = Words(language)
    for template in COMPLAINTS:
        parts = re.split(r"\{(\w+)\}", template)
        pattern = "".join(
            f"(?P<{part}>.+)" if place % 2 else re.escape(part) for place, part in enumerate(parts)
        )
        if found := re.fullmatch(pattern, said, re.DOTALL):
            facts = found.groupdict()
            if "said" in facts:
                facts["said"] = in_language(facts["said"], language)
            return words.say(template, facts) if facts else words.text(template)
    return said


@contextmanager
def spoken_complaints() -> Iterator[None]:
    """Say in the reader's language what is wrong with a command line."""
    language = language_of_reader()
    try:
        yield
    except Complaint as complaint:
        if language == DEFAULT or type(complaint).__name__ == "NoArgsIsHelpError":
            raise
        said = in_language(complaint.format_message(), language)
        raise Complaint(said, complaint.ctx) from None
