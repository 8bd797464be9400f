"""Make docs/backtest.md from the backtest.json files named on the command line."""  # noqa: INP001

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt

from winback.evaluation.value_losses import DEVIANCE

PAGE = Path(__file__).with_name("backtest.md")
HEAD = """\
# Backtests

Each model is trained on what was known at the split's first date and compared with what happened
until its second. **Bold** is what the champion rule chose from the past alone; every other line is
a baseline or a candidate. Bias is predicted over actual: 1 is right. Intervals in brackets are 95%
customer-bootstrap intervals. The second table of a target holds each model against the chosen one
on the same resampled customers: how much more it loses (deviance, RMSE and MAE as a share of the
chosen one's; Gini by how much lower it is), above 0 where the chosen one is better. Deviance is
Poisson's for purchases and Tweedie's (power 1.5) for revenue. MAE is shown and decides nothing: its
best answer is the median, not the mean. The third says how
often the outcome lay in predictive intervals, in all and in the predicted top decile, and above
them. Made by

```sh
winback backtest pipelines/cdnow.yaml
ONLINE_RETAIL=… winback backtest pipelines/online_retail.yaml
python docs/make_backtest.py outputs/cdnow/backtest.json outputs/online_retail/backtest.json
```

## At a glance

![Revenue: how much more each candidate loses than the chosen one](backtest_differences.svg)

*Revenue. Right of the line the chosen one (bold) is better; orange intervals hold no 0. Bars at the
right edge go on.*

![Coverage of the chosen model's predictive intervals](backtest_coverage.svg)

*Revenue, the chosen model. Dashed: what the interval promises.*

{required}

{totals}

{level}

## What was blind, and what was not

The candidates, the champion rule and the level see nothing after a split's first date; a test
changes everything after it and demands the same. But people have seen these splits while they built
this. What the level is made of (drift, season, break, and how strong each may be) was settled on
drawn shops ([the level on drawn shops](level.md)). Then these splits were looked at, and two terms
came after that look, both as they had been, or smaller, before: a season that nobody has seen the
like of widens intervals by 15%, as much as two quarters differ in the simulated shops' year, and a
window of another length than the days ahead is trusted less, by 10%. On the splits of autumn the
level points the wrong way: every window had come nearer to what was predicted, the newest below it,
and then Christmas came, which one year of history had not shown. Other data tell more.

How the rule chooses (scores that are consistent for the mean, each candidate at its level) was
settled on [drawn shops](value_rule.md), and the splits were opened after it (those of
autumn 2011 twice, before and after a change of the level, and all once more when MBG/CNBD-k had
joined the candidates for what it foretold on [drawn shops](tried.md)); nothing was
changed at the sight. Where a naive rule or BG/NBD with Gamma-Gamma is significantly better than
the choice, the table above names it.

Nor is a share above an interval known to the decimal. Quantiles are those of 2,000 simulated
futures, the same for all customers of a frequency, so that their chance does not average out:
`python docs/measure_seeds.py` shows by how much the share moves from seed to seed.
"""
SVG = {"svg.hashsalt": "winback", "font.size": 8, "svg.fonttype": "none"}
WIDEST = 0.3
COLOURS = ("#2f7fc1", "#8a68c4", "#c8742b", "#4a9a5b", "#b08a0e", "#d04545")
SCORES = ("deviance", "rmse", "gini")
COLUMNS = {
    "purchases": (*SCORES, "bias", "mae"),
    "revenue": (*SCORES, "bias", "mae"),
    "churn": ("auc", "brier", "ece", "top_decile_lift", "top_decile_lift_max"),
}
NAMES = {
    "deviance": "deviance",
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
    read = {path: json.loads(Path(path).read_text(encoding="utf-8")) for path in paths}
    found = {path: [_with_deviance(record) for record in records] for path, records in read.items()}
    everything = [record for records in found.values() for record in records]
    parts = [_head(everything)]
    revenue = [record for record in everything if record["target"] == "revenue"]
    _draw_differences(revenue)
    _draw_coverage([record for record in revenue if record["chosen"]])
    for path in paths:
        parts.append(f"## {Path(path).parent.name}\n")
        records = found[path]
        groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for record in records:
            groups.setdefault((record["split"], record["target"]), []).append(record)
        for (split, target), group in groups.items():
            parts.append(_table(split, target, group))
    PAGE.write_text("\n".join(parts), encoding="utf-8")


def _with_deviance(record: dict[str, Any]) -> dict[str, Any]:
    """Call the deviance of the target by one name."""
    own = f"{DEVIANCE.get(record['target'])}"
    return record | {
        "deviance" + name.removeprefix(own): value
        for name, value in record.items()
        if name.startswith(own)
    }


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
    reason = reason if isinstance(reason, str) else reason["text"]
    lines += ["", f"Chosen: {reason}.", ""]
    if target != "churn":
        lines += [*_differences(group), "", *_coverage(group), ""]
    return "\n".join(lines)


def _differences(group: list[dict[str, Any]]) -> list[str]:
    names = (*SCORES, "mae")
    head = " | ".join(["against the chosen", *(NAMES[name] for name in names)])
    lines = [f"| {head} |", "|---|--:|--:|--:|--:|"]
    for record in group:
        if not record["chosen"]:
            cells = [_percent(record, metric) for metric in names]
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


RIVALS = ("last_period+own_mean", "rate+own_mean", "beta_geo+gamma_gamma")


def _required(records: list[dict[str, Any]]) -> list[str]:
    """Say of each split whether the chosen loses anywhere, wins somewhere, and holds its level."""
    lines = [
        "What is asked of the chosen model, for revenue: significantly worse in no metric than the",
        "naive rules and BG/NBD with Gamma-Gamma; better than the latter in one at least; its",
        "total within .8 to 1.25, but for an unseen Christmas; few misses above its intervals.\n",
        "| split | chosen | worse than | better than BG/NBD in | bias | above 80% | above 90% |",
        "|---|---|---|---|--:|--:|--:|",
    ]
    for chosen in records:
        if not chosen["chosen"] or chosen["target"] != "revenue":
            continue
        split = {r["model"]: r for r in records
                 if r["target"] == "revenue" and r["split"] == chosen["split"]}  # fmt: skip
        lost, won = [], []
        for rival in RIVALS:
            for metric in SCORES:
                ends = [split[rival].get(f"{metric}_worse_{end}") for end in ("low", "high")]
                if rival != chosen["model"] and None not in ends:
                    if ends[1] < 0:
                        lost.append(f"{rival} ({NAMES[metric]})")
                    if ends[0] > 0 and rival == RIVALS[-1]:
                        won.append(NAMES[metric])
        lines.append(
            f"| {chosen['split'].replace('/', ' to ')} | {chosen['model']} | "
            f"{', '.join(lost) or 'none'} | {', '.join(won) or 'none'} | {chosen['bias']:.2f} | "
            f"{chosen['above_80']:.1%} | {chosen['above_90']:.1%} |"
        )
    return lines


def _head(records: list[dict[str, Any]]) -> str:
    chosen = [r for r in records if r["chosen"] and r["target"] == "revenue"]
    both = [r for r in records if r["chosen"] and r["target"] != "churn"]
    tables = {"required": _required(records), "totals": _totals(chosen), "level": _level(both)}
    page = HEAD
    for name, lines in tables.items():
        page = page.replace("{" + name + "}", "\n".join(lines))
    return page


def _totals(records: list[dict[str, Any]]) -> list[str]:
    """Set each split's revenue of everybody together beside what was said of it."""
    lines = [
        "The sum over all customers has its own interval (`total_interval`): customers' chances",
        "cancel out, the level does not. Nobody had seen the season ahead on any of the splits.\n",
        "| split | predicted | 80% interval | 90% interval | actual | lies |",
        "|---|--:|--:|--:|--:|---|",
    ]
    for r in records:
        actual = r["actual_total"]
        inside = [p for p in (80, 90) if r[f"total_low_{p}"] <= actual <= r[f"total_high_{p}"]]
        lies = f"in the {inside[0]}%" if inside else "**outside**"
        ends = [f"{r[f'total_low_{p}']:,.0f} to {r[f'total_high_{p}']:,.0f}" for p in (80, 90)]
        lines.append(
            f"| {r['split'].replace('/', ' to ')} | {r['predicted_total']:,.0f} | "
            f"{ends[0]} | {ends[1]} | {actual:,.0f} | {lies} |"
        )
    return lines


def _level(records: list[dict[str, Any]]) -> list[str]:
    """Hold the customers' intervals against those without the level."""
    lines = [
        "What the level does to customers' intervals. The interval score is their width plus what",
        "they miss by, times 2 / (1 - level): lower is better. Purchases are whole numbers, and",
        "even without a level their intervals cover more than they say.\n",
        "| target, split | level | score with | without | with / without | above with | without |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for r in sorted(records, key=lambda record: bool(record["target"] != "revenue")):
        split = f"{r['target']}, {r['split'].replace('/', ' to ')}"
        for p in (80, 90):
            scores = r[f"interval_score_{p}"], r[f"unlevelled_interval_score_{p}"]
            lines.append(
                f"| {split} | {p}% | {_number(scores[0])} | "
                f"{_number(scores[1])} | {scores[0] / scores[1] - 1:+.1%} | "
                f"{r[f'above_{p}']:.1%} | {r[f'unlevelled_above_{p}']:.1%} |"
            )
    return lines


def _draw_differences(records: list[dict[str, Any]]) -> None:
    splits = list(dict.fromkeys(record["split"] for record in records))
    metrics = SCORES
    with mpl.rc_context(SVG):
        figure, axes = plt.subplots(
            len(splits), 3, sharey="row", squeeze=False, figsize=(9, 3.1 * len(splits))
        )
        for row, split in zip(axes, splits, strict=True):
            group = [record for record in records if record["split"] == split]
            for axis, metric in zip(row, metrics, strict=True):
                axis.axvline(0, color="#868c96", linewidth=0.8)
                for at, record in enumerate(group):
                    ends = [record.get(f"{metric}_worse{end}") for end in ("", "_low", "_high")]
                    value, low, high = (0.0, 0.0, 0.0) if None in ends else ends
                    apart = low > 0 or high < 0
                    colour = "#2f7fc1" if record["chosen"] else "#c8742b" if apart else "#868c96"
                    axis.plot([low, high], [at, at], color=colour, linewidth=1.6)
                    axis.plot(value, at, "o", color=colour, markersize=3.5)
                axis.set_xlim(-0.12, WIDEST)
                axis.xaxis.set_major_formatter(mpl.ticker.PercentFormatter(1, decimals=0))
                axis.set_title(f"{NAMES[metric]}, {split.replace('/', ' to ')}", fontsize=8)
            row[0].set_yticks(range(len(group)), [record["model"] for record in group])
            row[0].invert_yaxis()
            for label, record in zip(row[0].get_yticklabels(), group, strict=True):
                label.set_fontweight("bold" if record["chosen"] else "normal")
        figure.tight_layout()
        figure.savefig(PAGE.with_name("backtest_differences.svg"), metadata={"Date": None})
        plt.close(figure)


def _draw_coverage(records: list[dict[str, Any]]) -> None:
    with mpl.rc_context(SVG):
        figure, axes = plt.subplots(1, 2, figsize=(9, 3.2))
        for axis, what, top in ((axes[0], "coverage", "within"), (axes[1], "above", "above")):
            nominal = [0.8, 0.9] if what == "coverage" else [0.1, 0.05]
            axis.plot(nominal, nominal, "--", color="#868c96", linewidth=1)
            for record, colour in zip(
                records, ("#2f7fc1", "#8a68c4", "#c8742b", "#4a9a5b"), strict=False
            ):
                for suffix, marker in (("", "o"), ("_top", "^")):
                    actual = [record[f"{what}{suffix}_{level}"] for level in (80, 90)]
                    group = "top tenth" if suffix else "all"
                    name = f"{record['split'].replace('/', ' to ')}, {group}"
                    axis.plot(nominal, actual, marker + "-", color=colour, label=name,
                              markersize=5, linewidth=0.8, alpha=0.6 if suffix else 1)  # fmt: skip
            axis.set(xlabel=f"{top}, nominal", ylabel=f"{top}, actual")
            for scale in (axis.xaxis, axis.yaxis):
                scale.set_major_formatter(mpl.ticker.PercentFormatter(1, decimals=0))
        axes[1].legend(fontsize=6.5, frameon=False, bbox_to_anchor=(1.02, 1), loc="upper left")
        figure.tight_layout()
        figure.savefig(PAGE.with_name("backtest_coverage.svg"), metadata={"Date": None})
        plt.close(figure)


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
