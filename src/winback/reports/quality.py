"""How good the models are: backtest records and predictions, reduced to what the report shows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from winback.evaluation.value_losses import DEVIANCE
from winback.messages import Words
from winback.reports.aggregator import Rows, aggregator, plain
from winback.reports.charts.churn_found import curves_of, shown_models
from winback.reports.charts.churn_groups import groups_of
from winback.reports.charts.churn_level import reliability_of
from winback.reports.charts.churn_profits import profit_of
from winback.reports.tenths import tenths

TARGETS = ("churn", "purchases", "revenue")
# One number decides who leads, the one that the champion rule goes by. For values that is the loss
# (see `_with_loss`): MAE would crown "nobody buys again", ranking would ignore the level.
DECIDING = {"churn": "brier", "purchases": "loss", "revenue": "loss"}
VALUE_METRICS = ("rmse", "bias", "gini", "spearman", "top_decile_capture", "mae")
SHOWN = {
    "churn": ("brier", "log_loss", "auc", "ap", "ece", "top_decile_lift", "top_decile_lift_max"),
    "purchases": ("loss", DEVIANCE["purchases"], *VALUE_METRICS),
    "revenue": ("loss", DEVIANCE["revenue"], *VALUE_METRICS),
}
LOWER_IS_BETTER = {"loss", "rmse", "mae", "wape", "brier", "log_loss", "ece", *DEVIANCE.values()}
UNRANKED = {"top_decile_lift_max"}  # a property of the window, the same for every model
LEVEL_GAP = 0.02  # closer than two percent: level


def quality(
    evaluation: Sequence[dict[str, Any]],
    predictions: Rows | None,
    *,
    groups: Sequence[dict[str, Any]] = (),
    profit: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """Compare the chosen model with every other one, on the latest split and over all splits.

    Parameters
    ----------
    evaluation
        Flat backtest records: ``split`` (``"AS_OF/UNTIL"``), ``target``, ``model``, ``n``,
        ``chosen`` and any metrics; a metric may be ``None``.
    predictions
        Rows ``split, target, model, customer_id, predicted, low_80, high_80, low_90, high_90,
        actual``: a frame, a Parquet path, or ``None`` for no decile and reliability tables.
    groups, profit
        Churn by kind of customer and profit by depth, as the backtest records them.

    Returns
    -------
    dict
        Per target in ``targets``: the latest split, its comparison ``table`` (best first), the
        ``chosen`` model, its best ``rival`` and the ``gain`` over it (1 - chosen error / rival
        error; negative if the rival wins). ``history``: the same verdict per split. ``deciles``
        and ``reliability``: predicted against actual of the chosen model on the latest split.
        ``churn``: ``curves``, ``histogram``, ``rivals`` (``reliability`` of the baselines),
        ``groups`` and ``profit``; see the charts of churn.
    """
    entries = [_with_loss(entry) for entry in evaluation]
    verdicts = [
        _verdict([entry for entry in entries if (entry["split"], entry["target"]) == key], *key)
        for target in TARGETS
        for key in sorted(
            {(entry["split"], target) for entry in entries if entry["target"] == target}
        )
    ]
    latest = {verdict["target"]: verdict for verdict in verdicts}  # the last split of each wins
    deciles, churn = _tested(predictions, latest)
    if "churn" in latest:
        mine = latest["churn"]
        groups, profit = (
            [entry for entry in entries if entry["split"] == mine["split"]]
            for entries in (groups, profit)
        )
        churn["groups"] = groups_of(groups, mine["chosen"])
        churn["profit"] = profit_of(profit, shown_models(mine))
    return {
        "targets": plain(latest),
        "history": [
            {key: entry for key, entry in plain(verdict).items() if key not in {"table", "metrics"}}
            for verdict in verdicts
        ],
        "deciles": deciles,
        "reliability": churn.pop("bins"),
        "churn": churn,
    }


def _tested(
    predictions: Rows | None, latest: Mapping[str, dict[str, Any]]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Compare predictions with what happened: values by tenths, and churn."""
    deciles: dict[str, Any] = {}
    churn: dict[str, Any] = {"curves": [], "histogram": [], "rivals": [], "groups": {}}
    churn |= {"profit": None, "bins": []}
    if predictions is None or not latest:
        return deciles, churn
    with aggregator(predictions=predictions) as engine:
        for target, verdict in latest.items():
            if target != "churn":
                bins = tenths(engine, verdict)
                deciles |= {target: bins} if bins else {}
            elif level := reliability_of(engine, verdict):
                churn |= {**level, "curves": curves_of(engine, verdict)}
    return deciles, churn


def _with_loss(entry: dict[str, Any]) -> dict[str, Any]:
    """Add the loss of a value forecast: of the root of the deviance, RMSE and 1 - Gini the mean.

    The geometric mean, as in the contest (`winback.evaluation.value_losses`).
    """
    deviance = DEVIANCE.get(entry["target"], "")
    parts = [plain(entry.get(name)) for name in (deviance, "rmse", "gini")]
    if any(part is None for part in parts):
        return entry
    lost, rmse, gini = parts
    return {**entry, "loss": (lost**0.5 * rmse * max(1 - gini, 0.0)) ** (1 / 3)}


def _verdict(entries: list[dict[str, Any]], split: str, target: str) -> dict[str, Any]:
    metric = DECIDING[target]
    table = sorted(entries, key=lambda entry: (_error(entry, metric), str(entry["model"])))
    chosen = next((entry for entry in table if entry.get("chosen")), None)
    rival = next((entry for entry in table if not entry.get("chosen")), None)
    start, _, until = split.partition("/")
    metrics = [name for name in SHOWN[target] if any(row.get(name) is not None for row in table)]
    return {
        "target": target,
        "as_of": start,
        "until": until,
        "split": split,
        "n": max((int(entry.get("n") or 0) for entry in table), default=0),
        "metric": metric,
        "metrics": metrics,
        "table": [_row(entry, table, metrics, chosen, metric) for entry in table],
        "chosen": chosen["model"] if chosen else None,
        "rival": rival["model"] if rival else None,
        "error": chosen.get(metric) if chosen else None,
        "rival_error": rival.get(metric) if rival else None,
        "gain": _gain(chosen, rival, metric),
        "worse_in": _worse_in(rival, [name for name in metrics if name != metric]),
    }


def _worse_in(rival: dict[str, Any] | None, metrics: Sequence[str]) -> list[dict[str, Any]]:
    """Name the metrics in which the rival is significantly better than the chosen, and by what."""
    losses = []
    for name in metrics:
        high = None if rival is None else plain(rival.get(f"{name}_worse_high"))
        if rival is not None and high is not None and high < 0:
            losses.append({"metric": name, "by": abs(float(rival[f"{name}_worse"]))})
    return losses


def _row(
    entry: dict[str, Any],
    table: list[dict[str, Any]],
    metrics: list[str],
    chosen: dict[str, Any] | None,
    metric: str,
) -> dict[str, Any]:
    """One line of the comparison: its metrics, which of them are the best, who beats whom."""
    lead = _gain(entry, chosen, metric)
    return {
        "model": entry["model"],
        "chosen": bool(entry.get("chosen")),
        "beats_chosen": lead is not None and lead > LEVEL_GAP,
        "values": {name: entry.get(name) for name in metrics},
        "best": [
            name
            for name in metrics
            if len(table) > 1
            and name not in UNRANKED
            and _error(entry, name) == min(_error(row, name) for row in table)
        ],
    }


def _error(entry: dict[str, Any] | None, metric: str) -> float:
    """Return the metric as a cost, the smaller the better; infinite where it is missing."""
    value = None if entry is None else plain(entry.get(metric))
    if value is None:
        return math.inf
    if metric == "bias":  # predicted over actual total: 1 is right, and half is as wrong as double
        return abs(math.log(value)) if value > 0 else math.inf
    return float(value) if metric in LOWER_IS_BETTER else -float(value)


def _gain(model: dict[str, Any] | None, other: dict[str, Any] | None, metric: str) -> float | None:
    """Return 1 - error / other's error: positive if the first is better."""
    error, reference = _error(model, metric), _error(other, metric)
    if not (math.isfinite(error) and math.isfinite(reference)):
        return None
    if reference == 0:
        return 0.0 if error == 0 else None
    return 1 - error / reference


def model_clause(entry: dict[str, Any], words: Words) -> str:
    """Return how the chosen model of a target fares against the best other one."""
    gain = entry["gain"]
    outcome = (
        "alone"
        if gain is None
        else "worse"
        if gain < -LEVEL_GAP
        else "better"
        if gain > LEVEL_GAP
        else "level"
    )
    if outcome == "level":
        lost = [
            f"{words.label('metric', item['metric'])} ({item['by']:.2g})"
            for item in entry.get("worse_in") or ()
        ]
        return words(
            "clause.level",
            target=words.label("target", entry["target"]),
            model=words.label("model", entry["chosen"] or ""),
            rival=words.label("model", entry["rival"] or ""),
            metric=words.label("metric", entry["metric"]),
            but=words("clause.but_worse", metrics=words("comma").join(lost)) if lost else "",
        )
    return words(
        f"clause.{outcome}",
        target=words.label("target", entry["target"]),
        model=words.label("model", entry["chosen"] or ""),
        rival=words.label("model", entry["rival"] or ""),
        gain=words.share(abs(gain or 0.0)),
    )
