"""The catalogues, gettext files: words by the code of a message, and by an English text.

What rooms tell has a code, and words in every language, English too. What stands in the code in
English (errors, the help of the command line) has one catalogue for each other language.
"""

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
    if language not in languages():
        raise UsageError(
            "unknown language", where="language", got=language, allowed=", ".join(languages())
        )
    return _read(FOLDER / f"{language}.po", language)


@cache
def texts(kind: str, language: str) -> dict[str, str]:
    """Return the words of a language for texts that stand in the code in English.

    Parameters
    ----------
    kind
        ``errors``, or ``help``: of the command line.
    language
        Of `languages`; English has no such catalogue, and no entries.

    Examples
    --------
    >>> texts("errors", "en")
    {}
    """
    file = FOLDER / kind / f"{language}.po"
    return _read(file, language) if file.exists() else {}


def _read(path: Path, language: str) -> dict[str, str]:
    from babel.messages.pofile import read_po  # noqa: PLC0415 - only who speaks needs it

    with path.open("rb") as file:
        entries = read_po(file, locale=language)
    return {str(entry.id): str(entry.string) for entry in entries if entry.id}
