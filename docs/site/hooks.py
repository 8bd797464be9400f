# ruff: noqa: INP001 - called by mkdocs, no package
"""What the site's build does besides: pages that live elsewhere, equations, no network.

A page is written so that it reads well where it stands, too: links are relative to the file in the
repository, equations are what GitHub draws. Here they become what the site needs.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

import winback

sys.path.insert(0, str(Path(__file__).parent))
from mathml import mathml

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
# pages of the repository that the site has, too, and where
ELSEWHERE = {
    "models/README.md": "models/index.md",
    "models/value/card.md": "models/value/card.md",
    "models/churn/card.md": "models/churn/card.md",
    "models/tiers/card.md": "models/tiers/card.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
}
_NAMES = "<!-- every public name -->"
_FENCED = re.compile(r"^```math\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"\$`([^`]+)`\$")
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s#:]+)(#[^)\s]*)?\)")


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages that live elsewhere."""
    for source, place in ELSEWHERE.items():
        files.append(File.generated(config, place, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, *, page: Page, files: Files, **_: object) -> str:
    """Turn equations into MathML, and links within the repository into links within the site."""
    place = page.file.src_uri
    source = next((name for name, there in ELSEWHERE.items() if there == place), f"docs/{place}")
    try:
        markdown = _FENCED.sub(
            lambda found: f'<div class="equation">{mathml(found.group(1), block=True)}</div>',
            markdown,
        )
        markdown = _INLINE.sub(lambda found: mathml(found.group(1), block=False), markdown)
    except ValueError as error:
        raise PluginError(f"{source}: {error}") from error
    if _NAMES in markdown:
        markdown = markdown.replace(_NAMES, "\n\n".join(map(_described, winback.__all__)))
    known = {f"docs/{file.src_uri}": file.src_uri for file in files} | ELSEWHERE
    return _LINK.sub(lambda found: _link(found, source, place, known), markdown)


def _described(name: str) -> str:
    """Return what has a public name described from its docstring."""
    home, module = winback._HOME.get(name), winback._MODULES.get(name)  # noqa: SLF001 - where it lives
    return f"::: {home}.{name}" if home else f"::: {module}"


def _link(found: re.Match[str], source: str, place: str, known: dict[str, str]) -> str:
    """Lead from one page of the site to another; what the site has not is left as its name."""
    text, target, anchor = found.groups()
    file = (ROOT / source).parent.joinpath(target).resolve()
    if not file.exists():
        return found.group()  # the build says so
    wanted = file.relative_to(ROOT).as_posix()
    there = known.get("docs/index.md" if wanted == "README.md" else wanted)
    return f"[{text}]({'../' * place.count('/')}{there}{anchor or ''})" if there else text
