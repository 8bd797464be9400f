# ruff: noqa: INP001 - a script beside what it writes, no package
"""Write the examples of `docs/what_we_read.md`: `python docs/make_exports.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

PAGE = Path(__file__).with_name("what_we_read.md")
EXPORTS = Path(__file__).parents[1] / "tests" / "unit" / "data" / "exports.yaml"
BEGIN, END = "<!-- exports -->\n", "<!-- end -->\n"
LANGUAGES = {
    "en": "English",
    "zh": "Chinese",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "pt": "Portuguese",
    "it": "Italian",
    "nl": "Dutch",
    "pl": "Polish",
    "ja": "Japanese",
    "ko": "Korean",
    "id": "Indonesian",
    "tr": "Turkish",
    "ru": "Russian",
    "da": "Danish",
    "sv": "Swedish",
    "no": "Norwegian",
    "fi": "Finnish",
    "cs": "Czech",
    "sk": "Slovak",
    "hu": "Hungarian",
    "ro": "Romanian",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "th": "Thai",
    "ar": "Arabic",
}
HEAD = "| export | language | file | customer | time | amount | order | what is said |\n"


def page() -> str:
    """Return the page as it stands, with the examples as the exports are now."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    exports = yaml.safe_load(EXPORTS.read_text(encoding="utf-8"))
    rows = "".join(map(_row, exports))
    return f"{before}{BEGIN}{HEAD}{'|---' * 8}|\n{rows}{END}{after}"


def _row(export: dict[str, Any]) -> str:
    """Return the line of one export."""
    columns = export.get("columns", {})
    taken = [_code(columns.get(name)) for name in ("customer", "time", "amount", "order")]
    said = f"refused: {export['refused']}" if "refused" in export else export["read"]
    if "told" in export:
        said += f"; told: {export['told']}"
    file = f"{_code(export['file'])} {export.get('encoding', 'utf-8').upper()}"
    cells = [export["layout"], LANGUAGES[export["language"]], file, *taken, said]
    return f"| {' | '.join(cells)} |\n"


def _code(text: str | None) -> str:
    return f"`{text}`" if text else ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
