"""The catalogues: one gettext file per language, from the code of a message to its words."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from winback.errors import UsageError

FOLDER = Path(__file__).parent / "catalogues"


@cache
def languages() -> tuple[str, ...]:
    """Return the languages that there is a catalogue of.

    Examples
    --------
    >>> languages()
    ('en', 'zh')
    """
    return tuple(sorted(path.stem for path in FOLDER.glob("*.po")))


@cache
def catalogue(language: str) -> dict[str, str]:
    """Return the words of a language by code.

    Raises
    ------
    UsageError
        If there is no such catalogue.
    """
    from babel.messages.pofile import read_po  # noqa: PLC0415 - only who speaks needs it

    if language not in languages():
        raise UsageError(
            "unknown language", where="language", got=language, allowed=", ".join(languages())
        )
    with (FOLDER / f"{language}.po").open("rb") as file:
        entries = read_po(file, locale=language)
    return {str(entry.id): str(entry.string) for entry in entries if entry.id}
