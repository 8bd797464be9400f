# ruff: noqa: INP001 - a script beside what it writes, no package
"""Write the excerpts of the README from a run.

winback run pipelines/cdnow.yaml
python docs/make_excerpts.py outputs/cdnow
"""

from __future__ import annotations

import html
import json
import re
import sys
from pathlib import Path

import pandas as pd

from winback.lists.for_people import FOR_PEOPLE, headings
from winback.messages import Words

PAGE = Path(__file__).parents[1] / "README.md"
WARNING = ["customer_id", "why", "what", "through", "expected_gain", "colour"]
CALL = ["rank", "customer_id", "why", "what", "through", "expected_gain", "value"]
ROWS = {"churn_warning": 5, "win_back": 3}
MEASURE = ("The uplift of", "With ")


def read(path: Path) -> pd.DataFrame:
    """Read a list as it stands: text."""
    return pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig")


def table(frame: pd.DataFrame) -> str:
    """Write a frame as Markdown."""
    rows = [frame.columns, ["---"] * frame.shape[1], *frame.to_numpy()]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)


def excerpt(folder: Path, name: str, columns: list[str]) -> str:
    """Show the first rows of a list as people read it."""
    frame = read(folder / f"{name}.csv")
    named = headings(FOR_PEOPLE["win_back" if name == "win_back" else "churn_warning"], Words("en"))
    head = f"`{name}.csv` ({len(columns)} of its {frame.shape[1]} columns):"
    return f"{head}\n\n{table(frame.head(ROWS[name])[[named[column] for column in columns]])}"


def calls(folder: Path, facts: dict[str, list[dict[str, str]]]) -> str:
    """Show whom to call back, and what can be learned from them."""
    texts = [message["text"] for message in facts["messages"]]
    told = " ".join(text for text in texts if text.startswith(MEASURE))
    return f"{excerpt(folder, 'win_back', CALL)}\n\n> {told}"


def verdict(folder: Path) -> str:
    """Quote the decisions with which the report opens: what to do, and what it brings."""
    page = (folder / "report.html").read_text(encoding="utf-8")
    section = page.partition('id="decide"')[2].partition("</section>")[0]
    lines = []
    for card in re.findall(r"<li>(.*?)</li>", section, re.DOTALL):
        said = re.findall(r'<(h3|p)(?: class="note")?>(.*?)</\1>', card, re.DOTALL)
        title, *rest = (html.unescape(re.sub(r"<[^>]+>", "", text)).strip() for _, text in said)
        lines.append(" ".join(["> 1. **" + title + ".**", *rest]))
    return "\n".join(lines)


def main(folder: Path) -> None:
    """Put each excerpt between its marks."""
    text = PAGE.read_text(encoding="utf-8")
    facts = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["win_back"]
    made = {
        "verdict": verdict(folder),
        "churn_warning": excerpt(folder, "churn_warning", WARNING),
        "win_back": calls(folder, facts),
    }
    for name, said in made.items():
        begin, end = f"<!-- {name} -->\n", "\n<!-- end -->"
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}\n{said}\n{end}{rest.partition(end)[2]}"
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
