"""Every word of the report, from one catalogue per language, and numbers as people write them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from winback.errors import UsageError
from winback.reports.messages import en, zh

CATALOGUES: dict[str, dict[str, str]] = {"en": en.TEXT, "zh": zh.TEXT}


@dataclass(frozen=True)
class Words:
    """The words of one language; call it with a key and the facts to fill in.

    Parameters
    ----------
    language
        A key of ``CATALOGUES``.
    currency
        Written before amounts of money; ``None``: amounts stand alone.

    Examples
    --------
    >>> words = Words(currency="USD")
    >>> words.count(1, "customer"), words.count(23570, "customer")
    ('1 customer', '23,570 customers')
    >>> words.money(1234567), words.share(0.0431), words.label("model", "beta_geo")
    ('USD 1.23 million', '4.3%', 'BG/NBD')
    """

    language: str = "en"
    currency: str | None = None

    def __post_init__(self) -> None:
        """Refuse a language without a catalogue."""
        if self.language not in CATALOGUES:
            raise UsageError(
                "unknown report language",
                where="report.language",
                got=self.language,
                allowed=", ".join(sorted(CATALOGUES)),
            )

    def __call__(self, key: str, **facts: Any) -> str:
        """Return the text of a key; an unknown key is a programming error and raises."""
        return CATALOGUES[self.language][key].format(**facts)

    def label(self, kind: str, name: str) -> str:
        """Return the reader's name of a model, metric, reason, …; unknown names read as words."""
        text, known = str(name), CATALOGUES[self.language]
        if f"{kind}.{text}" not in known and kind == "model" and "+" in text:
            return self("with").join(self.label(kind, part) for part in text.split("+"))
        return known.get(f"{kind}.{text}", text.replace("_", " "))

    def reason(self, code: str) -> str:
        """Return the reader's name of a family of reasons; ``event:visit`` names its event."""
        kind, _, event = code.partition(":")
        return self("reason.event", event=event) if event else self.label("reason", kind)

    def count(self, n: int, noun: str) -> str:
        """Return a number with its noun in the right form."""
        return self(f"{noun}.{'one' if n == 1 else 'other'}", n=self.number(n))

    def number(self, value: float | None) -> str:
        """Return a number with as many decimals as it deserves; a dash where it is missing."""
        if value is None:
            return self("missing")
        size = abs(value)
        if size and size < 5e-4:
            return f"{value:.1g}"
        if isinstance(value, int) or value == int(value) or size >= 1000:
            return f"{value:,.0f}"
        return f"{value:,.1f}" if size >= 100 else f"{value:,.2f}" if size >= 1 else f"{value:.3g}"

    def metric(self, value: float | None) -> str:
        """Return a metric with the decimals that tell models apart."""
        if value is None:
            return self("missing")
        decimals = next((n for n, least in enumerate((1000, 100, 10)) if abs(value) >= least), 3)
        return f"{value + 0.0 if abs(value) >= 0.5 * 10**-decimals else 0.0:,.{decimals}f}"

    def parameter(self, value: Any) -> str:
        """Return a parameter of a model: numbers to four digits, as papers print them."""
        if value is None:
            return self("missing")
        if isinstance(value, bool) or not isinstance(value, int | float):
            return str(value)
        return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"

    def money(self, value: float | None) -> str:
        """Return an amount, in millions from a million on."""
        if value is None:
            return self("missing")
        size = abs(value)
        text = (
            self("millions", n=f"{value / 1e6:,.2f}")
            if size >= 1e6
            else f"{value:,.0f}"
            if size >= 1000 or value == int(value)
            else f"{value:,.2f}"
        )
        return self("money", currency=self.currency, amount=text) if self.currency else text

    def share(self, value: float | None) -> str:
        """Return a fraction in percent: one decimal near nothing and near everything."""
        if value is None:
            return self("missing")
        percent = 100 * value
        if 0 < abs(percent) < 0.05:
            return "<0.1%"
        if 99 < percent < 100:  # nearly all is not all
            return f"{min(percent, 99.9):.1f}%"
        return f"{percent:.1f}%" if 0 < abs(percent) < 9.95 else f"{percent:.0f}%"

    def points(self, value: float) -> str:
        """Return a difference of two fractions in percentage points."""
        return f"{100 * value:.1f}"

    def day(self, value: str | date | None) -> str:
        """Return a date as ISO text."""
        return self("missing") if value is None else str(value)[:10]
