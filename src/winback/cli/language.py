"""Which language the command line speaks: the job's or, where there is no job yet, the reader's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from winback.config import Job
    from winback.messages import Words

_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")  # in the order of POSIX: the first that is set counts
DEFAULT = "en"


def language_of_reader() -> str:
    """Return the language that the environment asks for, if winback speaks it; else English.

    Examples
    --------
    >>> from unittest.mock import patch
    >>> with patch.dict("os.environ", {"LC_ALL": "", "LC_MESSAGES": "zh_CN.UTF-8", "LANG": "de"}):
    ...     language_of_reader()
    'zh'
    >>> with patch.dict("os.environ", {"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"}):
    ...     language_of_reader()
    'en'
    """
    from winback.messages.catalogue import languages

    locale = next((os.environ[name] for name in _LOCALE if os.environ.get(name)), "")
    language = locale.partition(".")[0].partition("_")[0].lower()
    return language if language in languages() else DEFAULT


def words_of(job: Job | None) -> Words:
    """Return the words of a job or, without one, those of the reader."""
    from winback.messages import Words

    if job is None:
        return Words(language_of_reader())
    return Words(job.language, job.currency, job.amounts)
