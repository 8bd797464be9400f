"""Make docs/backtest.md from the backtest.json files named on the command line."""  # noqa: INP001

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("backtest.md")
HEAD = """\
# Backtests

Each model is trained on what was known at the split's first date and compared with what happened
until its second. **Bold** is what the champion rule chose from the past alone; every other line is
a baseline or a candidate. Bias is predicted over actual: 1 is right. Intervals in brackets are 95%
customer-bootstrap intervals. Made by

```sh
winback backtest pipelines/cdnow.yaml
ONLINE_RETAIL=… winback backtest pipelines/online_retail.yaml
python docs/make_backtest.py outputs/cdnow/backtest.json outputs/online_retail/backtest.json
```
"""
COLUMNS = {
    "purchases": ("mae", "rmse", "gini", "bias", "coverage_80", "coverage_90"),
    "revenue": ("mae", "rmse", "gini", "bias", "coverage_80", "coverage_90"),
    "churn": ("auc", "brier", "ece", "top_decile_lift", "top_decile_lift_max"),
}
NAMES = {
    "mae": "MAE",
    "rmse": "RMSE",
    "gini": "Gini",
    "bias": "bias",
    "coverage_80": "in 80% interval",
    "coverage_90": "in 90% interval",
    "auc": "AUC",
    "brier": "Brier",
    "ece": "ECE",
    "top_decile_lift": "top-decile lift",
    "top_decile_lift_max": "highest possible",
}


def main(paths: list[str]) -> None:
    """Write the page."""
    parts = [HEAD]
    for path in paths:
        parts.append(f"## {Path(path).parent.name}\n")
        records = json.loads(Path(path).read_text(encoding="utf-8"))
        groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for record in records:
            groups.setdefault((record["split"], record["target"]), []).append(record)
        for (split, target), group in groups.items():
            parts.append(_table(split, target, group))
    PAGE.write_text("\n".join(parts), encoding="utf-8")


def _table(split: str, target: str, group: list[dict[str, Any]]) -> str:
    columns = COLUMNS[target]
    head = ["model", *(NAMES[column] for column in columns)]
    lines = [
        f"**{target}**, {split.replace('/', ' to ')}, {group[0]['n']:,} customers\n",
        "| " + " | ".join(head) + " |",
        "|---|" + "--:|" * len(columns),
    ]
    for record in group:
        name = f"**{record['model']}**" if record["chosen"] else record["model"]
        cells = [_cell(record, column) for column in columns]
        lines.append("| " + " | ".join([name, *cells]) + " |")
    reason = next(record["reason"] for record in group if record["chosen"])
    return "\n".join([*lines, "", f"Chosen: {reason}.", ""])


def _cell(record: dict[str, Any], column: str) -> str:
    value = record.get(column)
    if value is None:
        return "-"
    text = _number(value)
    low, high = record.get(f"{column}_low"), record.get(f"{column}_high")
    return text if low is None or high is None else f"{text} ({_number(low)} to {_number(high)})"


def _number(value: float) -> str:
    if abs(value) < 10:
        return f"{value:.3f}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}"


if __name__ == "__main__":
    main(sys.argv[1:])
