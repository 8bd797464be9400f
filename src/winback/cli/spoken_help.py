"""Commands that speak the reader's language: English in the code, else of a catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from typer.core import TyperCommand, TyperGroup

from winback.cli.language import DEFAULT, language_of_reader
from winback.cli.usage import spoken_complaints

FRAME = (
    "ARGUMENTS_PANEL_TITLE",
    "OPTIONS_PANEL_TITLE",
    "COMMANDS_PANEL_TITLE",
    "DEFAULT_STRING",
    "REQUIRED_LONG_STRING",
    "ERRORS_PANEL_TITLE",
    "RICH_HELP",
)
USAGE, PIECES = "Usage:", ("[OPTIONS]", "COMMAND [ARGS]...")
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
def _spoken_frame() -> Iterator[None]:
    """Put what stands around help and complaints into the reader's language."""
    language = language_of_reader()
    if language == DEFAULT:
        yield
        return
    from typer import rich_utils

    from winback.messages.catalogue import texts

    entries = texts("help", language)
    frame = {name: getattr(rich_utils, name) for name in FRAME}
    try:
        for name, text in frame.items():
            setattr(rich_utils, name, said(text, entries))
        yield
    finally:
        for name, text in frame.items():
            setattr(rich_utils, name, text)


class _Spoken:
    """What a command and a group of them say: help, usage and complaints."""

    def format_help(self: Any, ctx: Any, formatter: Any) -> None:
        """Show the help."""
        language = language_of_reader()
        if language != DEFAULT:
            from winback.messages.catalogue import texts

            for part, name, text in texts_of(self, ctx):
                setattr(part, name, said(text, texts("help", language)))
        with _spoken_frame():
            super().format_help(ctx, formatter)  # type: ignore[misc]  # of Typer's own class

    def format_usage(self: Any, ctx: Any, formatter: Any) -> None:
        """Show how the command is written."""
        language, pieces, prefix = language_of_reader(), self.collect_usage_pieces(ctx), None
        if language != DEFAULT:
            from winback.messages.catalogue import texts

            entries = texts("help", language)
            pieces, prefix = [entries.get(piece, piece) for piece in pieces], entries[USAGE] + " "
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix)

    def make_context(self, *args: Any, **options: Any) -> Any:
        """Read a command line."""
        with spoken_complaints():
            return super().make_context(*args, **options)  # type: ignore[misc]

    def invoke(self, ctx: Any) -> Any:
        """Run what was read."""
        with spoken_complaints():
            return super().invoke(ctx)  # type: ignore[misc]

    def main(self, *args: Any, **options: Any) -> Any:
        """Read a command line, run it, and show what is wrong with it."""
        with _spoken_frame():
            return super().main(*args, **options)  # type: ignore[misc]


class SpokenCommand(_Spoken, TyperCommand):
    """A command that speaks the reader's language."""


class SpokenGroup(_Spoken, TyperGroup):
    """A group of commands that speaks the reader's language."""
