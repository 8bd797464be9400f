"""The words of one language for codes and facts, and numbers as people write them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from string import Formatter
from typing import Any

from winback.errors import form
from winback.messages.catalogue import catalogue, texts

# Chinese is set apart from figures and Latin letters by a space, but not from itself or its marks.
_HAN, _MARK, _LATIN = "\u4e00-\u9fff", "\u3001-\u303f\uff00-\uffef\u201c\u201d", "A-Za-z0-9%"
_GAP = re.compile(rf"(?<=[{_HAN}]) (?=[{_HAN}{_MARK}])|(?<=[{_MARK}]) | (?=[{_MARK}])")
_KEPT = "\ue000"  # a private character, between any two that are a fact's own
_CLOSE = re.compile(rf"(?<=[{_HAN}])(?=[{_LATIN}])|(?<=[{_LATIN}])(?=[{_HAN}])")


def capital(text: str) -> str:
    """Begin a sentence with a capital letter.

    Examples
    --------
    >>> capital("own rate so far")
    'Own rate so far'
    """
    return text[:1].upper() + text[1:]


@dataclass(frozen=True)
class Words:
    """The words of one language; call it with a key and the facts to fill in.

    Parameters
    ----------
    language
        Of the catalogues: ``en``, ``zh``.
    currency
        Written before amounts of money; ``None``: amounts stand alone.
    amounts
        What amounts to come are of: ``margin`` or, where no margin is given, ``revenue``. A code
        that speaks of margin has a second entry, ``CODE.revenue``.

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
    amounts: str = "margin"

    def __post_init__(self) -> None:
        """Refuse a language without a catalogue."""
        catalogue(self.language)

    def __call__(self, key: str, /, **facts: Any) -> str:
        """Return the text of a code; an unknown one is a programming error and raises."""
        return self.say(key, facts)

    def say(self, code: str, facts: Mapping[str, Any]) -> str:
        """Return the text of a code with its facts filled in.

        A placeholder may tell how its fact is written: ``{share:share}``, ``{cost:money}``,
        ``{n:count.customer}`` (the number with its noun), ``{n:agree.be}`` (the verb's form for
        that number), ``{n:form.row/rows}`` (the word for one, or that for any other number; of a
        text that begins with a number, too), ``{model:model}`` (the reader's name of a kind of
        thing), or by a format of Python's such as ``{gain:.1f}``. Lists are written with commas;
        ``{tiers:tier&}`` has an "and" before the last, ``{ways:|}`` an "or", and clauses are parted
        as in ``{clauses:;}``. A fact that is a message of its own is said in the same language, an
        English text with words of its own (``{text:text}``) as well, and a missing one is a dash.
        """
        entries = catalogue(self.language)
        own = f"{code}.{self.amounts}"
        if " " in code or "{" in code:  # an English sentence is its own code
            said = self.text(code)
            return self._set(_Filled(self).vformat(said, (), facts)) if facts else said
        return self._set(_Filled(self).vformat(entries[own if own in entries else code], (), facts))

    def text(self, english: str) -> str:
        """Return an error's English text in this language; one without words as it stands.

        Examples
        --------
        >>> Words("zh").text("not a date")
        '不是日期'
        """
        return texts("errors", self.language).get(english, english)

    def _set(self, text: str) -> str:
        """Set words and facts apart; what a fact holds inside stays as it is."""
        text = _CLOSE.sub(" ", _GAP.sub("", text)) if self.language == "zh" else text
        return text.replace(_KEPT, "")

    def written(self, value: Any, way: str = "") -> str:
        """Return a fact as text, in the way that a placeholder asks for; see `say`."""
        if isinstance(value, list | tuple):
            return self._listed([self.written(item, way.rstrip("&|;")) for item in value], way[-1:])
        if value is None:
            return self("missing")
        if way == "text" or hasattr(value, "say"):
            return value.say(self) if hasattr(value, "say") else self.text(str(value))
        kind, _, noun = way.partition(".")
        if kind in ("count", "agree", "form") and noun:
            return form(value, noun) if kind == "form" else self._form(value, noun)
        named = isinstance(value, str) and way.isidentifier() and way != "day"
        if way in _WAYS and not named:
            return str(getattr(self, way)(value))
        return self.label(way, value) if named else format(value, way)

    def _listed(self, parts: Sequence[str], sign: str) -> str:
        if sign == ";":
            return self("clause.next").join(parts)
        if sign not in ("&", "|") or len(parts) < 2:
            return self("comma").join(parts)
        link = self("list.and" if sign == "&" else "list.or")
        first, last = self("comma").join(parts[:-1]), parts[-1]
        return self._set(f"{_kept(first)}{link}{_kept(last)}")

    def label(self, kind: str, name: str) -> str:
        """Return the reader's name of a model, metric, reason, …; unknown names read as words.

        Owners and steps of people's own stay as they are written.
        """
        text, entries = str(name), catalogue(self.language)
        if f"{kind}.{text}" not in entries and kind == "model" and "+" in text:
            return self("with").join(self.label(kind, part) for part in text.split("+"))
        read = text if kind in _FREE else text.replace("_", " ")
        return entries.get(f"{kind}.{text}", read)

    def reason(self, code: str) -> str:
        """Return the reader's name of a family of reasons; ``event:visit`` names its event."""
        kind, _, event = code.partition(":")
        return self("reason.event", event=event) if event else self.label("reason", kind)

    def count(self, n: int, noun: str) -> str:
        """Return a number with its noun in the right form."""
        return self._form(n, noun)

    def _form(self, n: int, noun: str) -> str:
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

    def parameter(self, name: str, value: Any) -> str:
        """Return a parameter of a model: numbers to four digits, as papers print them."""
        if value is None:
            return self("missing")
        if name == "tiers":
            return self("comma").join(self.label("tier", tier) for tier in str(value).split(", "))
        if isinstance(value, bool) or not isinstance(value, int | float):
            return self.label(name, str(value))
        return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"

    def money(self, value: float | None) -> str:
        """Return an amount; a large one in the units that the language counts in."""
        if value is None:
            return self("missing")
        size = abs(value)
        scales = self("money.scales").split()  # an exponent of ten, a unit, the next ones
        for exponent, unit in reversed(list(zip(scales[::2], scales[1::2], strict=True))):
            if size >= 10 ** int(exponent):
                large = value / 10 ** int(exponent)
                places = next((n for n, least in enumerate((100, 10)) if abs(large) >= least), 2)
                text = f"{large:,.{places}f} {unit}"
                break
        else:
            whole = size >= 1000 or value == int(value)
            text = f"{value:,.0f}" if whole else f"{value:,.2f}"
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


_FREE = ("owner", "respond")
_WAYS = ("money", "share", "points", "number", "metric", "day")


class _Filled(Formatter):
    """Fills placeholders as `Words.written` writes facts."""

    def __init__(self, words: Words) -> None:
        self.words = words

    def format_field(self, value: Any, format_spec: str) -> str:
        """Return one fact as text."""
        return _kept(self.words.written(value, format_spec))


def _kept(text: str) -> str:
    """Return a fact's text that `Words._set` sets apart at its ends only: a path stays a path."""
    return _KEPT.join(text)
