"""What every chart is: what of a report it shows, what that says, and how it is drawn."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from winback.messages import Words

ENGLISH = Words()


@dataclass(frozen=True)
class Shown:
    """What one chart shows.

    Parameters
    ----------
    data
        Plain data, as the report holds them.
    n
        How many customers (or rows) stand behind it.
    as_of
        Up to which day the data were known, as ISO text.
    """

    data: Any
    n: int
    as_of: str


class Chart(ABC):
    """One chart. It computes nothing: it shows plain data, of a report or of a notebook.

    Attributes
    ----------
    name
        What the figure is called; its words are ``chart.NAME.title``, ``.alt`` and ``.reading``.
    place
        The part of the page that shows it, as ``SECTION.PART``.
    of_evaluation
        Whether the ``quality`` of a report is all it needs, so that a training can show it.
    """

    name: str
    place: str
    of_evaluation: bool = False

    @abstractmethod
    def of(self, report: Mapping[str, Any]) -> Shown | None:
        """Take from a report what is shown; None: there is nothing to draw."""

    @abstractmethod
    def read(self, data: Any, words: Words) -> str:
        """Say what the data show, in one sentence."""

    @abstractmethod
    def draw(self, data: Any, words: Words) -> go.Figure:
        """Draw the data, without a caption."""

    def title(self, data: Any, words: Words) -> tuple[str, dict[str, str]]:  # noqa: ARG002
        """Return under which name the title's words stand, and the facts they have room for."""
        return self.name, {}

    def figure(self, shown: Shown, words: Words = ENGLISH) -> go.Figure:
        """Draw with a caption: title, size, date, reading, and a text for who cannot see it.

        It travels in ``figure.layout.meta``, so that a page, a notebook or an experiment tracker
        can show the chart whole.
        """
        key, facts = self.title(shown.data, words)
        reading = self.read(shown.data, words)
        return captioned(
            self.draw(shown.data, words),
            words,
            title=words(f"chart.{key}.title", **facts),
            n=words.number(shown.n),
            as_of=words.day(shown.as_of),
            reading=reading,
            alt=words(f"chart.{key}.alt", reading=reading, **facts),
        )


def captioned(figure: go.Figure, words: Words, **caption: str) -> go.Figure:
    """Give a figure its caption: ``title, n, as_of, reading, alt``."""
    title = {
        "text": caption["title"],
        "subtitle": {"text": words("meta", n=caption["n"], as_of=caption["as_of"])},
        "x": 0,
        "xanchor": "left",
        "y": 1,
        "yanchor": "top",
        "yref": "container",
        "pad": {"t": 14, "l": 8},
    }
    return figure.update_layout(title=title, meta=caption)


def as_of(report: Mapping[str, Any]) -> str:
    """Return the day of a report, as ISO text."""
    return str(report["job"]["as_of"])[:10]


def tested(report: Mapping[str, Any], target: str) -> str:
    """Return the cut-off at which the models of a target were last tested."""
    return str(report["quality"]["targets"][target]["as_of"])[:10]


def scored(report: Mapping[str, Any]) -> int:
    """Return how many customers a report is about."""
    return int(report["population"]["summary"]["n"])


def off(predicted: float, actual: float, words: Words) -> str:
    """Return by how much a forecast missed, in words."""
    if not actual:
        return words("off.undefined")
    miss = predicted / actual - 1
    if abs(miss) < 0.01:
        return words("off.level")
    return words("off.high" if miss > 0 else "off.low", share=words.share(abs(miss)))
