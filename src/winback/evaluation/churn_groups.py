"""Churn by kinds of customers, and what acting on the score would have earned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from winback.economics import Economics
from winback.evaluation.bootstrap import MAX_CUSTOMERS, bootstrap
from winback.evaluation.calibration import Floats
from winback.evaluation.forward import ForwardTest
from winback.evaluation.metrics import churn_metrics, profit_by_depth
from winback.evaluation.windows import Window
from winback.messages import Message
from winback.plain import plain

ORDERS = ("1", "2", "3-4", "5-9", "10+")
ONE_ORDER, REPEAT = "one order", "repeat"
LITTLE = 0.6
"""An AUC below which a score says little about who of a group leaves."""
KEPT = ("auc", "brier", "ece", "top_decile_lift", "top_decile_lift_max", "safe_decile_churn")


def order_groups(frequency: pd.Series[float]) -> dict[str, pd.Series[str]]:
    """Group customers by how often they have ordered: one or more, and by `ORDERS`.

    Parameters
    ----------
    frequency
        Repeat purchase days; an order is a purchase day.

    Examples
    --------
    >>> {name: groups.tolist() for name, groups in order_groups(pd.Series([0., 3., 12.])).items()}
    {'repeat': ['one order', 'repeat', 'repeat'], 'orders': ['1', '3-4', '10+']}
    """
    group = np.searchsorted([1, 2, 4, 9], frequency.to_numpy(dtype=float), side="right")
    return {
        "repeat": pd.Series(np.where(frequency == 0, ONE_ORDER, REPEAT), frequency.index),
        "orders": pd.Series(np.array(ORDERS, dtype=object)[group], frequency.index),
    }


def group_records(
    test: ForwardTest,
    window: Window,
    groupings: Mapping[str, pd.Series[str]],
    *,
    chosen: str,
    n_replicates: int = 200,
    random_state: int = 0,
) -> list[dict[str, Any]]:
    """Measure every model on each group of customers apart.

    Parameters
    ----------
    test
        A forward test of churn.
    window
        The split, as it is written.
    groupings
        Name to the group of each customer, in the order of ``test.customers``; missing where
        there is none.
    chosen
        The model that would have been deployed.
    n_replicates, random_state
        Of the customer bootstrap of AUC.

    Returns
    -------
    list of dict
        Flat, ready for JSON: ``split, target, grouping, group, model, chosen, n, churn_rate,
        mean_predicted, auc, auc_low, auc_high, brier, ece, top_decile_lift, top_decile_lift_max,
        safe_decile_churn, note``. What is undefined is None. ``note`` says of the chosen model
        where it knows little; else None.
    """
    records: list[dict[str, Any]] = []
    for grouping, groups in groupings.items():
        names = groups.to_numpy()
        for group in _in_order(groups):
            part = test.among(pd.Index(test.customers[names == group]))
            sample = part.at_most(MAX_CUSTOMERS, random_state)
            # intervals where they decide something: for everyone's split, else of the chosen
            wanted = sample.predicted()
            if grouping != "repeat":
                wanted = {name: p for name, p in wanted.items() if name == chosen}
            draws = bootstrap(
                sample.actual,
                wanted,
                ["auc"],
                n_replicates=n_replicates,
                random_state=random_state,
            )
            for model, p in part.predicted().items():
                metrics = churn_metrics(part.actual, p)
                low, high = draws.interval(model, "auc") if model in wanted else (float("nan"),) * 2
                record: dict[str, Any] = {
                    "split": str(window),
                    "target": "churn",
                    "grouping": grouping,
                    "group": str(group),
                    "model": model,
                    "chosen": model == chosen,
                    "n": len(p),
                    "churn_rate": metrics["base_rate"],
                    "mean_predicted": metrics["mean_predicted"],
                    "auc_low": low,
                    "auc_high": high,
                    **{name: metrics[name] for name in KEPT},
                }
                record["note"] = knows_little(record) if model == chosen else None
                records.append(plain(record))
    return records


def knows_little(record: Mapping[str, Any]) -> Message | None:
    """Say that a score hardly tells the customers of a group apart; None if it does.

    Examples
    --------
    >>> print(knows_little({"grouping": "repeat", "group": "one order", "n": 900,
    ...                     "churn_rate": 0.8, "auc": 0.55, "auc_low": 0.49, "auc_high": 0.61}))
    about customers with one order (900) the score knows little: AUC 0.55 (0.49 to 0.61)
    >>> knows_little({"grouping": "repeat", "group": "repeat", "n": 900, "churn_rate": 0.6,
    ...               "auc": 0.71, "auc_low": 0.66, "auc_high": 0.75}) is None
    True
    """
    who, n = _people(record["grouping"], str(record["group"])), record["n"]
    auc, low, high = record["auc"], record["auc_low"], record["auc_high"]
    if not np.isfinite(auc):
        if record["churn_rate"]:
            return Message("score.all_left", who=who, n=n)
        return Message("score.all_back", who=who, n=n)
    if not np.isfinite(low):
        return Message("score.too_few", who=who, n=n)
    if auc >= LITTLE and low > 0.5:
        return None
    return Message("score.knows_little", who=who, n=n, auc=auc, low=low, high=high)


def _people(grouping: str, group: str) -> Message:
    if grouping == "orders":
        return Message("people.order") if group == "1" else Message("people.orders", orders=group)
    if group == ONE_ORDER:
        return Message("people.one_order")
    return Message("people.repeat") if group == REPEAT else Message("people.of", tier=group)


def profit_records(
    test: ForwardTest,
    window: Window,
    economics: Economics,
    *,
    value: float,
    chosen: str,
    keepable: Floats | None = None,
    steps: int = 20,
) -> list[dict[str, Any]]:
    """Lay out what contacting a share of customers would have earned, by model, the best first.

    Parameters
    ----------
    economics
        Margin, costs and save rate; the last is an assumption until an experiment measures it.
    value
        What a saved customer brings before margin, on average.
    keepable
        P(has not gone already | leaves) of each customer of the test, as known then.

    Returns
    -------
    list of dict
        Flat: ``split, target, model, chosen, depth, n, churners, keepable, profit, value, margin,
        save_rate, contact_cost, offer_cost``; see `winback.evaluation.metrics.profit_by_depth`.
    """
    terms = {
        "value": value,
        "margin": economics.margin,
        "save_rate": economics.save_rate,
        "contact_cost": economics.contact_cost,
        "offer_cost": economics.offer_cost,
    }
    records: list[dict[str, Any]] = []
    for model, p in test.predicted().items():
        who = {"split": str(window), "target": "churn", "model": model, "chosen": model == chosen}
        curve = profit_by_depth(
            test.actual, p, economics, value=value, keepable=keepable, steps=steps
        )
        for row in curve.to_dict("records"):
            point = {str(name): float(number) for name, number in row.items()}
            records.append(plain({**who, **point, **terms}))
    return records


def _in_order(groups: pd.Series[str]) -> list[str]:
    """List the groups that occur: numbers of orders by size, others by name."""
    names = sorted({str(group) for group in groups.dropna()})
    return [name for name in ORDERS if name in names] + [n for n in names if n not in ORDERS]
