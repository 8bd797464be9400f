"""Words that files are written in, many languages beside each other: data, not code.

``cells.yaml`` holds what stands in cells (guests, arms, months); ``columns.yaml`` what stands in
first rows. Beside a group of words stand the platforms whose exports call things so.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def words_of(name: str) -> dict[str, Any]:
    """Return one file of words.

    Examples
    --------
    >>> "游客" in words_of("cells")["guests"]["words"]
    True
    """
    text = (files(__name__) / f"{name}.yaml").read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.safe_load(text)
    return content
