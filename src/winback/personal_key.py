"""Pseudonyms and tombstones of customers, by a key that is kept elsewhere.

The environment variable `WINBACK_PERSONAL_KEY_FILE` names a file that holds the key. A pseudonym
stands for a customer in everything that a job writes; a tombstone says that somebody was erased,
and not who. Both are HMAC-SHA256 (RFC 2104): without the key nobody can make them of an id, however
few ids there are to try, and the two cannot be matched with each other.
"""

from __future__ import annotations

import hmac
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from winback.errors import ConfigError, Sentence
from winback.signing import read_key

VARIABLE: Final = "WINBACK_PERSONAL_KEY_FILE"
DIGITS: Final = 24  # of 16 values each: among 10**9 customers, two are alike once in 10**11 shops
_BLOCK: Final = 64  # bytes: SHA-256's
_PSEUDONYM: Final = re.compile(rf"p[0-9a-f]{{{DIGITS}}}")
Use = Literal["pseudonym", "tombstone"]


@dataclass(frozen=True)
class PersonalKey:
    """The key by which customers are renamed, and the erased are known again.

    Examples
    --------
    >>> key = PersonalKey(b"not a key to keep secrets with")
    >>> key.pseudonym("C-17")
    'p9eccf8cbbb23cac413afa8bf'
    >>> key.pseudonym("C-17") in key.tombstone("C-17")
    False
    >>> key
    PersonalKey()
    """

    key: bytes = field(repr=False)

    def pseudonym(self, customer_id: str) -> str:
        """Return what a customer is called in results: ``p`` and 24 hexadecimal digits."""
        return "p" + self._digest("pseudonym", customer_id)[:DIGITS]

    def tombstone(self, customer_id: str) -> str:
        """Return by what an erased customer is known again: 64 hexadecimal digits."""
        return self._digest("tombstone", customer_id)

    @property
    def fingerprint(self) -> str:
        """By what the key is told from another one: 8 hexadecimal digits that give nothing away."""
        return self._digest("tombstone", "\x00the key itself")[:8]

    def pads(self, use: Use) -> tuple[str, str]:
        """Return the inner and the outer pad of HMAC for a use, as hexadecimal digits."""
        own = self._own(use).ljust(_BLOCK, b"\x00")
        return bytes(byte ^ 0x36 for byte in own).hex(), bytes(byte ^ 0x5C for byte in own).hex()

    def _own(self, use: Use) -> bytes:
        return hmac.digest(self.key, f"winback {use}".encode(), "sha256")

    def _digest(self, use: Use, text: str) -> str:
        return hmac.digest(self._own(use), text.encode(), "sha256").hex()


def is_pseudonym(text: str) -> bool:
    """Tell whether a text has the form of a pseudonym.

    Examples
    --------
    >>> is_pseudonym("p9eccf8cbbb23cac413afa8bf"), is_pseudonym("p17")
    (True, False)
    """
    return _PSEUDONYM.fullmatch(text) is not None


def key_file() -> Path | None:
    """Return where the key is said to lie; None where nothing is said."""
    name = os.environ.get(VARIABLE)
    return Path(name) if name else None


def personal_key() -> PersonalKey:
    """Return the key.

    Raises
    ------
    ConfigError
        None is named, it cannot be read, or it is shorter than 16 bytes.

    Examples
    --------
    >>> from unittest.mock import patch
    >>> with patch.dict("os.environ", {VARIABLE: ""}):
    ...     personal_key()
    Traceback (most recent call last):
    ...
    winback.errors.ConfigError: there is no key for pseudonyms and erasures (at \
WINBACK_PERSONAL_KEY_FILE). Next: make one with ...
    """
    key = read_key(VARIABLE)
    if key is None:
        raise ConfigError(
            "there is no key for pseudonyms and erasures",
            where=VARIABLE,
            hint=Sentence(
                "make one with `openssl rand -hex 32 > FILE`, outside of the job, the store and "
                "the results, keep a copy in a safe place, and set {variable}=FILE",
                variable=VARIABLE,
            ),
        )
    return PersonalKey(key)
