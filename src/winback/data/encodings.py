"""Which of the encodings of the time before UTF-8 some bytes are written in.

Every candidate decodes the bytes; the one that makes words of them is it. Where two make words,
and not the same ones, nothing is guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import Final

from winback.data.column_names import alike, plain
from winback.data.words import words_of

# of encodings that read some bytes alike, the most usual first
_LATIN: Final = ("cp1252", "cp1254", "cp1250")
_ALPHABETS: Final = {
    "cp1251": re.compile("[А-ЯЁ]?[а-яё]+|[А-ЯЁ]+"),  # noqa: RUF001
    # one letter of a Greek word bears a stress; \u03b0, where Russian has its a, is hardly ever one
    "cp1253": re.compile("[Α-Ω]?[α-ωϊϋ]*[ά-ίό-ώ]?[α-ωϊϋ]*|[ΆΈ-Ώ][α-ωϊϋ]*|[Α-ΩΪΫ]+"),  # noqa: RUF001
}
# the signs that are written most, by the first bytes of the standards' first levels
_COMMON: Final = {
    "gb18030": (0xB0, 0xD7),
    "big5": (0xA4, 0xC6),
    "cp949": (0xB0, 0xC8),
    "cp932": (0x88, 0x97),
}
_WORD: Final = re.compile(r"[^\W\d_]+")
_SIGN: Final = re.compile(r"([A-Za-z]?)([^\w\s\x00-\x7f]|[²³¹¼½¾])((?:[^\W\d_])?)")
_TURNED: Final = re.compile(r"[^\W\d_a-zA-Z][A-Z]|[a-z][A-Z]")
_MARKS: Final = "€£¥°ºª¿¡’‘“”„–—…«»·•№©®™\u00a0"  # noqa: RUF001
_WIDE: Final = re.compile("[\u2010-\u2026\u2212\u3000-\u3029\uff01-\uff5e\uffe0-\uffe6€¥£·₩]")
_KANA: Final = re.compile("[\u3041-\u30ff]")
_ENOUGH: Final = 0.6
_APART: Final = 0.1
_FIRST_LINES: Final = 20  # of names, and what stands above them
_OFTEN: Final = 0.6  # the share of the most usual letters, by which an alphabet is known


def encodings_of(lines: bytes) -> list[str]:
    """Return the encodings that make words of some lines, and each other ones, the best first.

    Examples
    --------
    >>> encodings_of("客户编号,金额".encode("gb18030"))
    ['gb18030']
    >>> encodings_of("Muñoz".encode("cp1252"))  # or Muńoz
    ['cp1252', 'cp1250']
    """
    readings = {name: _decoded(lines, name) for name in (*_LATIN, *_ALPHABETS, *_COMMON)}
    scores = {name: _score(text, name) for name, text in readings.items() if text is not None}
    best = max(scores.values(), default=0.0)
    likely: list[str] = []
    for name in sorted(scores, key=lambda name: -scores[name]):  # the first of equals
        new = all(readings[name] != readings[other] for other in likely)
        if scores[name] >= _ENOUGH and scores[name] > best - _APART and new:
            likely.append(name)
    return likely


def by_names(likely: list[str], start: bytes) -> list[str]:
    r"""Return the one of several encodings whose languages the names of columns are in, or all.

    Parameters
    ----------
    likely
        From `encodings_of`.
    start
        The beginning of a file.

    Examples
    --------
    >>> by_names(["cp1252", "cp1250"], "Kundnummer;Namn;Belopp\n1;Åsa;12,50\n".encode("cp1252"))
    ['cp1252']
    """
    told = Counter(
        encoding
        for encoding in likely
        for line in start.decode(encoding, "replace").splitlines()[:_FIRST_LINES]
        for cell in re.split(r"[;,|\t]", line)
        if plain(cell) in _names_in(encoding)
    )
    ranked = told.most_common(2)
    alone = len(ranked) == 1 or (len(ranked) == 2 and ranked[0][1] > ranked[1][1])
    return [ranked[0][0]] if alone else likely


@cache
def _names_in(encoding: str) -> frozenset[str]:
    """Return what columns are called in the languages of an encoding, and in no other's."""
    pages = words_of("cells")["code_pages"]
    own: set[str] = set()
    others: set[str] = set()
    for names in words_of("columns")["names"].values():
        for language, words in names.items():
            here = language in pages.get(encoding, [])
            (own if here else others).update(alike(words).split())
    return frozenset(own - others)


def _decoded(lines: bytes, encoding: str) -> str | None:
    try:
        return lines.decode(encoding)
    except UnicodeDecodeError:
        return None


def _score(text: str, encoding: str) -> float:
    """Return how much of what is not ASCII makes words, in [0, 1]."""
    if encoding in _COMMON:
        return _score_of_signs(text, encoding)
    good = every = 0.0
    odd: Counter[str] = Counter()
    for word in dict.fromkeys(
        _WORD.findall(text)
    ):  # each once: a currency on every line says no more
        letters = [letter for letter in word if not letter.isascii()]
        odd.update(map(_small, letters))
        every += len(letters)
        good += len(letters) * _is_word(word, len(letters), encoding)
    # signs that are no letters say little, unless they stand where a letter should
    for before, sign, after in dict.fromkeys(_SIGN.findall(text)):
        inside = bool(after) and (bool(before) or sign in "€£¥©®™")
        fits = sign in _MARKS and (sign in "’°ºª" or not inside)  # noqa: RUF001
        every += 0.5 if fits else 2.0
        good += 0.5 if fits else 0.0
    score = good / every if every else 0.0
    if not odd:
        return score
    if encoding in _ALPHABETS:
        usual = sum(n for letter, n in odd.items() if letter in _usual(encoding))
        return score * min(1.0, usual / (_OFTEN * odd.total()))
    # letters of one language, better than letters of several
    one = max(sum(odd[letter] for letter in alphabet) for alphabet in _alphabets(encoding))
    return score * (0.5 + 0.5 * one / odd.total())


def _is_word(word: str, odd: int, encoding: str) -> bool:
    if encoding in _ALPHABETS:
        # a word is of one alphabet
        return _ALPHABETS[encoding].fullmatch(word) is not None
    usual = _usual(encoding)
    if odd > max(1.0, 0.75 * len(word)) or (not word.isupper() and _TURNED.search(word)):
        return False
    return all(letter.isascii() or _small(letter) in usual for letter in word)


def _score_of_signs(text: str, encoding: str) -> float:
    usual, (low, high) = _usual(encoding), _COMMON[encoding]
    odd = [sign for sign in text if not sign.isascii()]
    if not odd:
        return 0.0
    good = 0.0
    for sign in odd:
        if sign in usual or _WIDE.match(sign) or (encoding == "cp932" and _KANA.match(sign)):
            good += 1.0
        else:
            pair = sign.encode(encoding)
            # trailing bytes outside of the plain square are of rarer signs
            square = len(pair) == 2 and (encoding in {"big5", "cp932"} or pair[1] >= 0xA1)
            good += 0.5 * (square and low <= pair[0] <= high)
    return good / len(odd)


def _small(letter: str) -> str:
    return letter.lower()[0]  # of the Turkish I with a dot the dot would come apart


@cache
def _usual(encoding: str) -> frozenset[str]:
    return frozenset(letter for part in _alphabets(encoding) for letter in part)


@cache
def _alphabets(encoding: str) -> list[frozenset[str]]:
    letters = words_of("cells")["letters"][encoding]
    parts = letters if isinstance(letters, list) else [letters]
    return [frozenset(letter for letter in part if not letter.isspace()) for part in parts]
