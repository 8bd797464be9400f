"""The help of commands in the reader's language: English in the code, else of a catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from typer.core import TyperCommand, TyperGroup

from winback.cli.language import DEFAULT, language_of_reader

FRAME = (
    "ARGUMENTS_PANEL_TITLE",
    "OPTIONS_PANEL_TITLE",
    "COMMANDS_PANEL_TITLE",
    "DEFAULT_STRING",
    "REQUIRED_LONG_STRING",
)
_EXAMPLE = re.compile(r"(Example: )(.*)", re.DOTALL)


def paragraphs(text: str) -> list[str]:
    r"""Return a help text's paragraphs, each as the catalogue has it.

    Examples
    --------
    >>> paragraphs("Read the\ndata.\n\nExample: winback score shop.yaml")
    ['Read the data.', 'Example: winback score shop.yaml']
    """
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()]


def said(text: str, entries: dict[str, str]) -> str:
    """Return a help text in the words of a catalogue; what has none stays English."""

    def of(part: str) -> str:
        if example := _EXAMPLE.fullmatch(part):
            return entries.get("Example: ", "Example: ") + example[2]
        return entries.get(part, part)

    indented = re.compile(r"\s{4}")
    parts = (part for part in re.split(r"\n\s*\n", text) if part.strip())
    return "\n\n".join(
        ("    " if indented.match(part) else "") + of(" ".join(part.split())) for part in parts
    )


def texts_of(command: Any, context: Any = None) -> Iterator[tuple[Any, str, str]]:
    """Find the help of a command, of its options and of its own commands.

    Yields what holds the text, the attribute that does, and the text.
    """
    held = [command, *command.params, *getattr(command, "commands", {}).values()]
    if context is not None:
        held += [part for part in command.get_params(context) if part not in held]
    for part in held:
        for name in ("help", "show_default"):
            text = getattr(part, name, None)
            if isinstance(text, str) and text:
                yield part, name, text


@contextmanager
def _spoken(command: Any, context: Any) -> Iterator[None]:
    """Put what the help of a command shows into the language of the locale."""
    language = language_of_reader()
    if language == DEFAULT:
        yield
        return
    from typer import rich_utils

    from winback.messages.catalogue import texts

    entries = texts("help", language)
    for part, name, text in texts_of(command, context):
        setattr(part, name, said(text, entries))
    frame = {name: getattr(rich_utils, name) for name in FRAME}
    try:
        for name, text in frame.items():
            setattr(rich_utils, name, said(text, entries))
        yield
    finally:
        for name, text in frame.items():
            setattr(rich_utils, name, text)


class SpokenCommand(TyperCommand):
    """A command whose help speaks the reader's language."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Show the help."""
        with _spoken(self, ctx):
            super().format_help(ctx, formatter)


class SpokenGroup(TyperGroup):
    """A group of commands whose help speaks the reader's language."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Show the help."""
        with _spoken(self, ctx):
            super().format_help(ctx, formatter)
