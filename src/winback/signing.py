"""Sign what is kept, with a key that is kept elsewhere: who can write here cannot sign.

The environment variable `WINBACK_SIGNING_KEY_FILE` names a file that holds the key. Where it is
set, manifests and model versions are signed (HMAC-SHA256, RFC 2104), and what bears no signature of
this key is refused when it is read; where it is not, nothing is signed and nothing asked.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from winback.errors import ConfigError, Sentence, WinbackError

VARIABLE: Final = "WINBACK_SIGNING_KEY_FILE"
SIGNATURE: Final = "signature"
_SHORTEST: Final = 16  # bytes: shorter keys can be guessed


def read_key(variable: str) -> bytes | None:
    """Return the key in the file that an environment variable names; None where it names none.

    Raises
    ------
    ConfigError
        The key cannot be read, or is shorter than 16 bytes.

    Examples
    --------
    >>> read_key("NO_SUCH_VARIABLE") is None
    True
    """
    if not (name := os.environ.get(variable)):
        return None
    try:
        key = Path(name).read_bytes().strip()
    except OSError as error:
        raise ConfigError("the key cannot be read", where=variable, got=error.strerror) from error
    if len(key) < _SHORTEST:
        raise ConfigError(
            "the key is too short",
            where=variable,
            got=Sentence("{n} {n:form.byte/bytes}", n=len(key)),
            allowed=Sentence("{n} {n:form.byte/bytes} or more", n=_SHORTEST),
            hint=Sentence("make one with `openssl rand -hex 32 > {name}`", name=name),
        )
    return key


def sign(text: str) -> str | None:
    """Return the signature of a text, as hexadecimal digits; None where there is no key.

    Raises
    ------
    ConfigError
        The key cannot be read, or is shorter than 16 bytes.

    Examples
    --------
    >>> from unittest.mock import patch
    >>> with patch.dict("os.environ", {VARIABLE: ""}):
    ...     sign("text") is None
    True
    """
    key = read_key(VARIABLE)
    return None if key is None else hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def is_signed(text: str, signature: object) -> bool:
    """Whether a text bears the signature of the key; always so where there is no key.

    Examples
    --------
    >>> from unittest.mock import patch
    >>> with patch.dict("os.environ", {VARIABLE: ""}):
    ...     is_signed("text", None)
    True
    """
    own = sign(text)
    return own is None or (isinstance(signature, str) and hmac.compare_digest(own, signature))


def with_signature(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record with its signature as its last field; as it is where there is no key."""
    plain = {name: value for name, value in record.items() if name != SIGNATURE}
    own = sign(_canonical(plain))
    return plain if own is None else {**plain, SIGNATURE: own}


def demand_signature(record: Mapping[str, Any], where: str) -> None:
    """Refuse a record that bears no signature of the key, where there is one.

    Raises
    ------
    WinbackError
        It was altered, was written without the key, or was signed with another one.
    """
    plain = {name: value for name, value in record.items() if name != SIGNATURE}
    if not is_signed(_canonical(plain), record.get(SIGNATURE)):
        raise WinbackError(
            "the manifest is not signed with the key",
            where=where,
            got=Sentence("another signature" if SIGNATURE in record else "no signature"),
            hint=Sentence(
                "make it anew with the key in {variable}; if it was signed, somebody altered it",
                variable=VARIABLE,
            ),
        )


def _canonical(record: Mapping[str, Any]) -> str:
    return json.dumps(record, sort_keys=True, ensure_ascii=True, default=str)
