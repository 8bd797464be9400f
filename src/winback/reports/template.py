"""The templates of pages: what is filled in is escaped, and a name that is missing is a mistake."""

from __future__ import annotations

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from winback.messages import capital


@cache
def environment() -> Environment:
    """Return where templates are found."""
    made = Environment(
        loader=PackageLoader("winback.reports"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.filters["dated"] = _dated
    made.filters["capitalised"] = capital
    return made


def _dated(text: str) -> Markup:
    """Mark dates up, so that no line breaks inside one, and what is to be typed as it stands."""
    said = re.sub(r"\d{4}-\d\d-\d\d", r"<time>\g<0></time>", str(escape(text)))
    return Markup(re.sub("`([^`]+)`", r'<code translate="no">\1</code>', said))  # noqa: S704
