"""`winback.plot`: the report's figures from what an analyst has at hand, as Plotly figures.

Each function takes models, frames or arrays, computes what the report computes, and draws it with
the report's own chart. Title, number of customers, date and a one-line reading stand on it, and
in ``figure.layout.meta``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from winback.reports.gallery import plots

__all__ = sorted(plots())  # noqa: PLE0605  found, not listed


def __getattr__(name: str) -> Callable[..., Any]:
    """Return the function of a figure."""
    if name in plots():
        return plots()[name]
    raise AttributeError(f"winback.plot has no figure called {name!r}: there are {dir()}")


def __dir__() -> list[str]:
    """List the figures."""
    return __all__
