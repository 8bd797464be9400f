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
customer-bootstrap intervals. The second table of a target holds each model against the chosen one
on the same resampled customers: how much more it loses (MAE and RMSE as a share of the chosen
one's; Gini by how much lower it is), above 0 where the chosen one is better. The third says how
often the outcome lay in predictive intervals, in all and in the predicted top decile, and above
them. Made by

```sh
winback backtest pipelines/cdnow.yaml
ONLINE_RETAIL=… winback backtest pipelines/online_retail.yaml
python docs/make_backtest.py outputs/cdnow/backtest.json outputs/online_retail/backtest.json
```
"""
COLUMNS = {
    "purchases": ("mae", "rmse", "gini", "bias"),
    "revenue": ("mae", "rmse", "gini", "bias"),
    "churn": ("auc", "brier", "ece", "top_decile_lift", "top_decile_lift_max"),
}
NAMES = {
    "mae": "MAE",
    "rmse": "RMSE",
    "gini": "Gini",
    "bias": "bias",
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
    lines += ["", f"Chosen: {reason}.", ""]
    if target != "churn":
        lines += [*_differences(group), "", *_coverage(group), ""]
    return "\n".join(lines)


def _differences(group: list[dict[str, Any]]) -> list[str]:
    lines = ["| against the chosen | MAE | RMSE | Gini |", "|---|--:|--:|--:|"]
    for record in group:
        if not record["chosen"]:
            cells = [_percent(record, metric) for metric in ("mae", "rmse", "gini")]
            lines.append("| " + " | ".join([record["model"], *cells]) + " |")
    return lines


def _percent(record: dict[str, Any], metric: str) -> str:
    values = [record.get(f"{metric}_worse{end}") for end in ("", "_low", "_high")]
    if any(value is None for value in values):
        return "-"
    if metric == "gini":
        return "{:+.3f} ({:+.3f} to {:+.3f})".format(*values)
    return "{:+.1%} ({:+.1%} to {:+.1%})".format(*values)


def _coverage(group: list[dict[str, Any]]) -> list[str]:
    lines = [
        "| intervals | in 80% | in 90% | top decile 80% | top decile 90% | above 80% | above 90% |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    names = [f"{n}_{p}" for n in ("coverage", "coverage_top", "above") for p in (80, 90)]
    for record in group:
        if record.get("coverage_80") is not None:
            name = f"**{record['model']}**" if record["chosen"] else record["model"]
            lines.append("| " + " | ".join([name, *(f"{record[n]:.3f}" for n in names)]) + " |")
    return lines


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
