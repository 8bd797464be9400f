"""What must not be shown: logins in addresses, passwords and keys in options, filled variables.

Hiding too much of a message is a nuisance; hiding too little is a leak. Where it cannot be told
where a secret ends, everything up to the end of the line is hidden.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from winback.plain import each_leaf

HIDDEN: Final = "***"
_TELLING: Final = 6  # characters: a shorter part of a secret tells nobody much, and may be a word
_NAME: Final = re.compile(
    r"(?i).*(?:password|passwd|token|secret|apikey)"
    r"|(?:.*[\W_])?(?:pass|passphrase|pwd|key|sig|signature|credentials?)"
)
# user:password@ of an address: the password may hold anything but the beginning of another address;
# a port and what follows it is none, unless an @ comes before the next blank
_LOGIN: Final = re.compile(
    r"(?<=://)(?:"
    r"[^\s/@:]*:(?!\d{1,5}(?:[/?#,;\s]|$))(?:(?!://)[^\n])*@"
    r"|[^\s/@:]*:\S*@"
    r"|[^\s/@]*@"
    r")"
)
_OPTION: Final = re.compile(r"(?<![\w.\-])([\w.\-]+)\s*=\s*")
_VALUE: Final = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|[^&;\n]*?(?=\s+[\w.\-]+\s*=|[&;\n'\")\]}]|$)")


def is_secret(name: str) -> bool:
    """Tell whether an option of this name holds what must not be shown.

    Examples
    --------
    >>> [is_secret(name) for name in ("sslpassword", "X-Amz-Signature", "API_KEY", "monkey")]
    [True, True, True, False]
    """
    return _NAME.fullmatch(name) is not None


def mask(text: str) -> str:
    """Return `text` without the login of any address, and the value of any secret option, in it.

    Examples
    --------
    >>> mask("no answer from https://ann:s3cret@models.example.org:5000/api")
    'no answer from https://***@models.example.org:5000/api'
    >>> mask("postgresql://db/shop?user=ann&passwd=s3 cret&sslmode=require")
    'postgresql://db/shop?user=ann&passwd=***&sslmode=require'
    """
    text = _LOGIN.sub(f"{HIDDEN}@", text)
    parts, done = [], 0
    # option by option: what follows one that is no secret may hold one, `source = db?token=abc`
    while option := _OPTION.search(text, done):
        end = option.end()
        parts.append(text[done:end])
        done = end
        if is_secret(option[1]) and (value := _VALUE.match(text, end)) and value[0]:
            parts.append(HIDDEN)
            done = value.end()
    return "".join([*parts, text[done:]])


def mask_all(value: Any) -> Any:
    """Mask every text in a nesting of mappings and sequences.

    Examples
    --------
    >>> mask_all({"source": "duckdb://x?token=abc", "tables": ["a"], "n": 3})
    {'source': 'duckdb://x?token=***', 'tables': ['a'], 'n': 3}
    """
    return each_leaf(value, lambda leaf: mask(leaf) if isinstance(leaf, str) else leaf)


def _parts(value: str) -> list[str]:
    """Return what is left of a secret where an address is cut at the marks that it holds."""
    login = re.search(r"://(.*)@", value)  # of a whole address, its host may be shown
    cut = login[1] if login else "" if "://" in value else value
    return [part for part in re.split(r"[/?#@:]", cut) if len(part) >= _TELLING]


def mask_values(text: str, values: Mapping[str, str], *, shortest: int = 1) -> str:
    """Return `text` with every secret, as it is and as an address writes it, replaced by its name.

    Parameters
    ----------
    text
        Any text.
    values
        What `${NAME}` stands for, by name.
    shortest
        Shorter values are let be: a text is unreadable without its every "a".

    Examples
    --------
    >>> mask_values("refused: bot:s3c%2Fret@db, s3c/ret", {"SHOP_PASSWORD": "s3c/ret"})
    'refused: bot:${SHOP_PASSWORD}@db, ${SHOP_PASSWORD}'
    """
    forms = {
        form: name
        for name, value in values.items()
        if len(value) >= shortest
        for form in (value, quote(value), quote(value, safe=""), *_parts(value))
    }
    # the longest first: a secret may hold another
    for form in sorted(filter(None, forms), key=len, reverse=True):
        text = text.replace(form, f"${{{forms[form]}}}")
    return text
