"""Database URLs, and how to show them without their secrets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote

from winback.errors import ConfigError
from winback.masking import is_secret

_BEFORE, _AFTER = (
    r"([A-Za-z0-9+]+)://(?:([^:@/?#]*)(?::(",
    # what stands for a port and is none may be a password before a forgotten @
    r"))?@)?((?:\[[^\]]*\]|[^:@/?#\[\]]*)(?::\d+)?)(/[^?#]*)?(\?[^#]*)?",
)
_URL = re.compile(_BEFORE + "[^@/?#]*" + _AFTER)
# nobody encodes what comes from an environment variable: then the password ends at the last @
_LENIENT_URL = re.compile(_BEFORE + ".*" + _AFTER, re.DOTALL)


@dataclass(frozen=True)
class Address:
    """A database URL, taken apart.

    Attributes
    ----------
    shown
        The URL as a message may show it: no password, no options.
    secrets
        What must not be shown, as written and as meant.
    url
        The URL with its password encoded, whatever characters it holds.
    """

    shown: str
    secrets: tuple[str, ...]
    url: str

    @property
    def scheme(self) -> str:
        """Before ``://``, in lower case."""
        return self.url.partition("://")[0].lower()

    def clean(self, message: str) -> str:
        """Return a message without the secrets."""
        for secret in self.secrets:
            message = message.replace(secret, "***")
        return message


def address(url: str) -> Address:
    """Take a database URL apart.

    Examples
    --------
    >>> address("postgresql://eva:s%21cret@db:5432/shop").shown
    'postgresql://eva:***@db:5432/shop'
    >>> address("postgresql://eva:p@ss#1@db/shop").url
    'postgresql://eva:p%40ss%231@db/shop'
    >>> address("postgresql://db/shop?user=eva&password=abc").secrets
    ('abc',)
    """
    match = _URL.fullmatch(url) or _LENIENT_URL.fullmatch(url)
    if match is None:
        raise ConfigError(
            "the database URL cannot be read",
            where="source",
            got=url.partition("://")[0] + "://***",
            allowed="scheme://user:password@host:port/database",
        )
    scheme, user, password, place, path, options = match.groups(default="")
    secrets = [password]
    secrets += [value for key, value in parse_qsl(options[1:]) if is_secret(key)]
    every = {form for secret in secrets for form in (secret, unquote(secret), quote(secret))}
    login = quoted = user
    if password:
        login, quoted = f"{user}:***", f"{user}:{quote(unquote(password), safe='')}"
    separator = "@" if login else ""
    return Address(
        shown=f"{scheme}://{login}{separator}{place}{path}",
        secrets=tuple(sorted(filter(None, every), key=len, reverse=True)),
        url=f"{scheme}://{quoted}{separator}{place}{path}{options}",
    )
