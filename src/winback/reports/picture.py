"""A static picture beside an interactive figure, for where a notebook's scripts do not run.

A saved notebook is read on pages that run no scripts, in mails, in print. The picture is taken by a
Chromium or Chrome that is on the machine; nothing is downloaded. Where there is none, the figure's
title and reading stand in for it.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import plotly.graph_objects as go

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
WIDTH = 960  # pixels
SECONDS = 60
_SANDBOX = ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()


class Pictured(go.Figure):  # type: ignore[misc]  # plotly has no types
    """A figure that a notebook keeps with a static picture of itself.

    Examples
    --------
    >>> figure = Pictured(go.Figure(go.Bar(y=[1, 2])))
    >>> figure.update_layout(meta={"title": "Sales", "reading": "They rise."}).said
    'Sales: They rise.'
    """

    _ipython_display_ = None  # IPython asks for the bundle instead

    @property
    def said(self) -> str:
        """What the figure says, in words."""
        meta = self.layout.meta or {}
        return ": ".join(str(meta[name]) for name in ("title", "reading") if meta.get(name))

    def _repr_mimebundle_(self, *args: Any, **options: Any) -> dict[str, Any]:
        """Return the figure in the forms that the notebook knows, and as picture and text."""
        bundle: dict[str, Any] = super()._repr_mimebundle_(*args, **options)
        if not bundle:  # it was opened elsewhere
            return bundle
        taken = picture(self)
        still = {} if taken is None else {"image/png": base64.b64encode(taken).decode("ascii")}
        return {**bundle, **still, "text/plain": self.said}


@cache
def browser() -> str | None:
    """Return the first browser of the machine that can take a picture, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def picture(figure: go.Figure) -> bytes | None:
    """Take a picture of a figure, as a PNG; None where there is no browser that can."""
    program = browser()
    if program is None:
        return None
    height = int(figure.layout.height or 450)
    still = go.Figure(figure).update_layout(width=WIDTH, height=height)
    page = still.to_html(full_html=False, include_plotlyjs=True, config={"staticPlot": True})
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "figure.html").write_text(
            f'<meta charset="utf-8"><body style="margin:0">{page}', encoding="utf-8"
        )
        command = [
            program,
            "--headless",
            "--disable-gpu",
            "--hide-scrollbars",
            *_SANDBOX,
            f"--user-data-dir={folder / 'profile'}",
            f"--screenshot={folder / 'figure.png'}",
            f"--window-size={WIDTH},{height}",
            (folder / "figure.html").as_uri(),
        ]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)  # noqa: S603
            return (folder / "figure.png").read_bytes()
        except (OSError, subprocess.SubprocessError):
            return None
