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

PAGE = Path(__file__).parents[1] / "README.md"
WARNING = [
    "customer_id", "severity", "p_churn", "value_at_risk", "reason_1", "reason_2", "reason_3",
    "action", "expires_at",
]  # fmt: skip
CALL = [
    "rank", "customer_id", "days_since_last", "p_return_untreated", "uplift", "expected_margin",
    "expected_incremental_margin", "action",
]  # fmt: skip
MEASURE = ("The uplift of", "With ")


def read(path: Path) -> pd.DataFrame:
    """Read a list as it stands: text."""
    return pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig")


def table(frame: pd.DataFrame) -> str:
    """Write a frame as Markdown."""
    rows = [frame.columns, ["---"] * frame.shape[1], *frame.to_numpy()]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)


def warnings(folder: Path) -> str:
    """Show the first two warnings, and the first of the next colour."""
    frame = read(folder / "churn_warning.csv")
    other = frame.index[frame["severity"] != frame["severity"].iloc[0]][:1]
    shown = frame.loc[[*frame.index[:2], *other]]
    first, second, *last = shown["rank"]
    ranks = f"ranks {first}, {second}" + "".join(f" and {rank}" for rank in last)
    head = f"`churn_warning.csv` ({len(WARNING)} of its {frame.shape[1]} columns; {ranks}):"
    return f"{head}\n\n{table(shown[WARNING])}"


def calls(folder: Path, facts: dict[str, list[dict[str, str]]]) -> str:
    """Show the first three to call back, and what can be learned from them."""
    frame = read(folder / "win_back.csv")
    shown = frame.head(3)
    missing = sorted(set(range(1, int(shown["rank"].iloc[-1]))) - set(shown["rank"].astype(int)))
    which = ", ".join(map(str, missing))
    control = (
        "ranks {} are missing because they are controls"
        if len(missing) > 1
        else ("rank {} is missing because it is a control")
    )
    note = f"; {control.format(which)}" if missing else ""
    head = f"`win_back.csv` ({len(CALL)} of its {frame.shape[1]} columns{note}):"
    texts = [message["text"] for message in facts["messages"]]
    told = " ".join(text for text in texts if text.startswith(MEASURE))
    return f"{head}\n\n{table(shown[CALL])}\n\n> {told}"


def verdict(folder: Path) -> str:
    """Quote the sentences of the report's first section."""
    page = (folder / "report.html").read_text(encoding="utf-8")
    section = page.partition('id="verdict"')[2].partition("</section>")[0]
    texts = [
        html.unescape(re.sub(r"<[^>]+>", "", text)).strip()
        for text in re.findall(r"<p[^>]*>(.*?)</p>", section, re.DOTALL)
    ]
    sentences = " ".join(text for text in texts if text.endswith("."))
    return "> " + " ".join(sentences.split())


def main(folder: Path) -> None:
    """Put each excerpt between its marks."""
    text = PAGE.read_text(encoding="utf-8")
    facts = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["win_back"]
    made = {
        "verdict": verdict(folder),
        "churn_warning": warnings(folder),
        "win_back": calls(folder, facts),
    }
    for name, excerpt in made.items():
        begin, end = f"<!-- {name} -->\n", "\n<!-- end -->"
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}\n{excerpt}\n{end}{rest.partition(end)[2]}"
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
