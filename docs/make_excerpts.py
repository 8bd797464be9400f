# ruff: noqa: INP001 - a script beside what it writes, no package
"""Write the excerpts of the README, and of its Chinese, from a run.

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

from winback.lists.for_people import FOR_PEOPLE, for_people, headings
from winback.messages import Words

PAGE = Path(__file__).parents[1] / "README.md"
CHINESE = Path(__file__).parent / "zh" / "index.md"
WARNING = ["customer_id", "why", "what", "through", "expected_gain", "colour"]
CALL = ["rank", "customer_id", "why", "what", "through", "expected_gain", "value"]
SPOKEN = ["customer_id", "why", "through", "expected_gain", "colour"]
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


def in_chinese(folder: Path) -> str:
    """Show the first warnings as they are said in Chinese; what to do is the playbook's to say."""
    rows = pd.read_parquet(folder / "churn_warning.parquet").head(ROWS["churn_warning"])
    words = Words("zh")
    named = headings(FOR_PEOPLE["churn_warning"], words)
    said = for_people(rows, "churn_warning", words)
    said["expected_gain"] = said["expected_gain"].map("{:.2f}".format)
    said = said.rename(columns=named)
    head = f"`churn_warning.csv`（{said.shape[1]} 列中的 {len(SPOKEN)} 列）："  # noqa: RUF001
    return f"{head}\n\n{table(said[[named[column] for column in SPOKEN]])}"


def main(folder: Path) -> None:
    """Put each excerpt between its marks."""
    put(CHINESE, {"churn_warning": in_chinese(folder)})
    facts = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["win_back"]
    made = {
        "verdict": verdict(folder),
        "churn_warning": excerpt(folder, "churn_warning", WARNING),
        "win_back": calls(folder, facts),
    }
    put(PAGE, made)


def put(page: Path, made: dict[str, str]) -> None:
    """Put texts between their marks on a page."""
    text = page.read_text(encoding="utf-8")
    for name, said in made.items():
        begin, end = f"<!-- {name} -->\n", "\n<!-- end -->"
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}\n{said}\n{end}{rest.partition(end)[2]}"
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
