# ruff: noqa: INP001 - a part of the site's build, no package
"""Equations in a small part of LaTeX become MathML, which browsers draw without any script."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

_WORDS = re.compile(r"\\(?:text|mathrm)\{([^{}]*)\}")
_TOKEN = re.compile(_WORDS.pattern.replace("([", "(?:[") + r"|\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\s+|.")
_GREEK = (
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "lambda",
    "mu",
    "nu",
    "pi",
    "rho",
    "sigma",
    "tau",
)
_NAMES = ("ln", "exp", "min", "max")
_SIGNS = {
    "cdot": "·", "times": "\u00d7", "sim": "\u223c", "mid": "\u2223", "le": "≤", "ge": "≥",
    "ne": "≠", "approx": "≈", "infty": "∞", "in": "∈", "to": "→", "quad": "\u2003", "dots": "…",
    "pm": "±", "sum": "∑", "prod": "∏", "int": "∫", "{": "{", "}": "}",
}  # fmt: skip
_SYMBOLS = {name: f"<mi>&{name};</mi>" for name in (*_GREEK, "Gamma", "Psi")}
_SYMBOLS |= {name: f"<mi>{name}</mi>" for name in _NAMES}
_SYMBOLS |= {name: f"<mo>{sign}</mo>" for name, sign in _SIGNS.items()}
_SYMBOLS |= {",": '<mspace width="0.17em"/>', ";": '<mspace width="0.28em"/>'}
_MINUS = "\u2212"
_ACCENTS = {"hat": "^", "bar": "¯"}


def mathml(latex: str, *, block: bool) -> str:
    r"""Return MathML of an equation, on one line.

    Knows letters, numbers and operators, `_`, `^`, `\frac`, `\sqrt`, `\text`, `\left`, `\right`,
    accents, Greek, large operators, and `\begin{aligned}` with `&` and `\\`.

    Raises
    ------
    ValueError
        The equation holds something else; or a brace is not closed.

    Examples
    --------
    >>> mathml("x^2", block=False)
    '<math><msup><mi>x</mi><mn>2</mn></msup></math>'
    """
    aligned = re.fullmatch(r"\s*\\begin\{aligned\}(.*)\\end\{aligned\}\s*", latex, re.DOTALL)
    kind = ' display="block"' if block else ""
    if aligned is None:
        return f"<math{kind}>{''.join(_Reader(latex).parts())}</math>"
    rows = "".join(
        "<mtr>"
        + "".join(f"<mtd>{''.join(_Reader(cell).parts())}</mtd>" for cell in cells)
        + "</mtr>"
        for line in aligned.group(1).split(r"\\")
        for cells in [line.split("&")]
    )
    return f'<math{kind}><mtable class="aligned">{rows}</mtable></math>'


class _Reader:
    def __init__(self, latex: str) -> None:
        self.latex = latex
        self.tokens = [token for token in _TOKEN.findall(latex) if not token.isspace()]

    def parts(self, end: str | None = None) -> Iterator[str]:
        """Yield the terms up to `end`, which is taken; without one, up to the end."""
        while self.tokens:
            if self.tokens[0] == end:
                self.tokens.pop(0)
                return
            yield self.term()
        if end is not None:
            raise ValueError(f"no {end} in: {self.latex}")

    def term(self) -> str:
        large = self.tokens[0].removeprefix("\\") in {"sum", "prod"}
        base, scripts = self.atom(), {}
        while self.tokens and self.tokens[0] in "_^":
            sign = self.tokens.pop(0)
            scripts[sign] = self.atom()
        both = "".join(scripts[sign] for sign in "_^" if sign in scripts)
        names = ("munder", "mover", "munderover") if large else ("msub", "msup", "msubsup")
        if not scripts:
            return base
        name = names[2] if len(scripts) == 2 else names["^" in scripts]
        return f"<{name}>{base}{both}</{name}>"

    def group(self) -> str:
        """Return what stands in the braces that begin here."""
        if not self.tokens or self.tokens.pop(0) != "{":
            raise ValueError(f"a brace is missing in: {self.latex}")
        inner = list(self.parts("}"))
        return inner[0] if len(inner) == 1 else f"<mrow>{''.join(inner)}</mrow>"

    def atom(self) -> str:
        first = self.tokens[0]
        if first == "{":
            return self.group()
        self.tokens.pop(0)
        if first.startswith("\\"):
            return self.command(first)
        if first[0].isdigit():
            return f"<mn>{first}</mn>"
        if first == "(" and self.closes():
            return f"<mrow><mo>(</mo>{''.join(self.parts(')'))}<mo>)</mo></mrow>"
        if first.isalpha():
            return f"<mi>{first}</mi>"
        return f"<mo>{_MINUS if first == '-' else html.escape(first)}</mo>"

    def closes(self) -> bool:
        """Tell whether the parenthesis that was just opened is closed: (0, 1] has none."""
        depth = 1
        for token in self.tokens:
            depth += {"(": 1, ")": -1}.get(token, 0)
            if depth == 0:
                return True
        return False

    def command(self, written: str) -> str:
        words, name = _WORDS.fullmatch(written), written[1:]
        if words is not None:
            return f"<mtext>{html.escape(words.group(1))}</mtext>"
        if name in _SYMBOLS:
            return _SYMBOLS[name]
        if name == "frac":
            return f"<mfrac>{self.group()}{self.group()}</mfrac>"
        if name == "sqrt":
            return f"<msqrt>{self.group()}</msqrt>"
        if name in _ACCENTS:
            return f"<mover>{self.group()}<mo>{_ACCENTS[name]}</mo></mover>"
        if name == "left":
            return self.fenced()
        raise ValueError(f"unknown: {written} in: {self.latex}")

    def fenced(self) -> str:
        opening = self.tokens.pop(0)
        inner = "".join(self.parts("\\right"))
        closing = self.tokens.pop(0)
        fences = [
            "" if sign == "." else f'<mo stretchy="true">{html.escape(sign.lstrip(chr(92)))}</mo>'
            for sign in (opening, closing)
        ]
        return f"<mrow>{fences[0]}{inner}{fences[1]}</mrow>"
