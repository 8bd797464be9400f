"""Which of the encodings of the time before UTF-8 some bytes are written in."""

from __future__ import annotations

import re
from typing import Final

from winback.data.words import words_of

# bytes of letters of their own stand alone between plain ones
_LATIN: Final = ("cp1252", "cp1254", "cp1250")
_RUNS: Final = re.compile(r"[^\x00-\x7f]+")
_CYRILLIC: Final = re.compile("[А-ЯЁ]?[а-яё]+|[А-ЯЁ]+|[№«»—–]+")  # noqa: RUF001
# the signs that are written most, by the first bytes of the standards' first levels
_COMMON: Final = {"gb18030": (0xA1, 0xD7), "big5": (0xA1, 0xC6), "cp949": (0xA1, 0xC8)}
_KANA: Final = "[\u3041-\u30ff]"
_JAPANESE: Final = "[\u3000-\u3020\u3041-\u30ff\u4e00-\u9fff]"
_SOME: Final = 0.2
_ENOUGH: Final = 0.9


def encoding_of(lines: bytes) -> str | None:
    """Return the encoding that makes words of some lines; ``None`` where none does.

    Examples
    --------
    >>> encoding_of("Müller;Köln".encode("cp1252"))
    'cp1252'
    >>> encoding_of("客户编号,金额".encode("gb18030"))
    'gb18030'
    >>> encoding_of("Покупатель".encode("cp1251"))
    'cp1251'
    """
    japanese = _decoded(lines, "cp932")
    if japanese is not None and _share(japanese, _KANA, _JAPANESE) > _SOME:
        return "cp932"
    bare = lines.decode("latin-1")
    runs = _RUNS.findall(bare)
    if sum(len(run) <= 1 for run in runs) > len(runs) / 2:
        scores = {encoding: _known(lines, encoding) for encoding in _LATIN}
        best = max(scores, key=lambda encoding: scores[encoding])  # the first of equals
        return best if scores[best] >= _ENOUGH else None
    russian = _decoded(lines, "cp1251")
    words = _RUNS.findall(russian or "")
    if words and sum(bool(_CYRILLIC.fullmatch(word)) for word in words) >= _ENOUGH * len(words):
        return "cp1251"
    scores = {encoding: _common(lines, encoding) for encoding in ("cp949", "gb18030", "big5")}
    likely = max(
        scores, key=lambda name: (scores[name] >= _ENOUGH, _known(lines, name), scores[name])
    )
    if scores[likely] >= _ENOUGH:
        return likely
    return next((name for name in _LATIN if _known(lines, name) >= _ENOUGH), None)


def _decoded(lines: bytes, encoding: str) -> str | None:
    try:
        return lines.decode(encoding)
    except UnicodeDecodeError:
        return None


def _known(lines: bytes, encoding: str) -> float:
    """Return the share of the letters that are usual in the encoding's languages."""
    others = "".join(_RUNS.findall(_decoded(lines, encoding) or ""))
    usual = words_of("cells")["letters"].get(encoding, "")
    return sum(letter in usual for letter in others) / len(others) if others else 0.0


def _share(text: str, some: str, every: str) -> float:
    """Return the share of some letters among the letters that are not ASCII, if those are all."""
    others = "".join(_RUNS.findall(text))
    if not others or len(re.findall(every, others)) < _ENOUGH * len(others):
        return 0.0
    return len(re.findall(some, others)) / len(others)


def _common(lines: bytes, encoding: str) -> float:
    """Return the share of the signs that are those which are written most."""
    text = _decoded(lines, encoding)
    others = "".join(_RUNS.findall(text or ""))
    if not others:
        return 0.0
    low, high = _COMMON[encoding]
    first = [letter.encode(encoding) for letter in others]
    # the four-byte forms of GB18030, and trailing bytes outside of the plain square, are rare
    square = 0x40 if encoding == "big5" else 0xA1
    return sum(len(b) == 2 and low <= b[0] <= high and b[1] >= square for b in first) / len(first)
