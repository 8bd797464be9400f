"""How good the churn score is beyond one number: curves, groups, profit, snapshots, reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

import duckdb

from winback.reports.plain import Rows, aggregator, columns, plain, records

BASELINES = ("base_rate", "recency_rule", "logistic", "beta_geo")
GROUPINGS = ("repeat", "orders", "tier")
HISTOGRAM_BINS = 20
FEWEST = 100  # a percent of fewer customers is nobody
GROUP_FIGURES = (
    "n",
    "churn_rate",
    "mean_predicted",
    "auc",
    "auc_low",
    "auc_high",
    "brier",
    "ece",
    "top_decile_lift",
    "top_decile_lift_max",
    "safe_decile_churn",
    "note",
)


def shown_models(verdict: Mapping[str, Any]) -> list[str]:
    """Return whose curves are drawn: the chosen model, the best baseline, and the recency rule.

    Examples
    --------
    >>> shown_models({"chosen": "blend", "table": [
    ...     {"model": name} for name in ("lightgbm", "blend", "logistic", "recency_rule")]})
    ['blend', 'logistic', 'recency_rule']
    """
    known = [row["model"] for row in verdict["table"]]  # best first
    best = next((name for name in known if name in BASELINES and name != verdict["chosen"]), None)
    rule = "recency_rule" if "recency_rule" in known else None
    return [name for name in dict.fromkeys([verdict["chosen"], best, rule]) if name]


def curves(engine: duckdb.DuckDBPyConnection, verdict: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Count customers and churners among the riskiest 0, 1, …, 100 percent, by model.

    Customers of equal score count with their mean outcome, as if their order were drawn by lot;
    so a score that is the same for everybody lies on the diagonal.

    Returns
    -------
    list of dict
        ``model``, ``chosen``, and ``n`` and ``churners``: 101 cumulative counts each. Empty with
        fewer than a hundred customers, or without anybody who left.
    """
    models = shown_models(verdict)
    found = records(
        engine,
        """
        WITH ranked AS (
            SELECT model, avg(actual) OVER (PARTITION BY model, predicted) AS actual,
                   row_number() OVER (PARTITION BY model ORDER BY predicted DESC) AS place,
                   count(*) OVER (PARTITION BY model) AS total
            FROM predictions
            WHERE split = ? AND target = ? AND list_contains(?, model)
              AND predicted IS NOT NULL AND actual IS NOT NULL
        )
        SELECT model, CAST(ceil(place * 100.0 / total) AS INTEGER) AS percent,
               count(*) AS n, sum(actual) AS churners
        FROM ranked GROUP BY model, percent
        """,
        [verdict["split"], verdict["target"], models],
    )
    drawn = []
    for model in models:
        rows = {row["percent"]: row for row in found if row["model"] == model}
        if rows:
            counts = {
                name: plain(list(accumulate(rows.get(p, {}).get(name, 0) for p in range(101))))
                for name in ("n", "churners")
            }
            drawn.append({"model": model, "chosen": model == verdict["chosen"], **counts})
    return [row for row in drawn if row["n"][100] >= FEWEST and row["churners"][100]]


def histogram(engine: duckdb.DuckDBPyConnection, verdict: Mapping[str, Any]) -> list[int]:
    """Count the chosen model's predictions in bins of five points."""
    rows = records(
        engine,
        """
        SELECT least(CAST(floor(predicted * ?) AS INTEGER), ? - 1) AS bin, count(*) AS n
        FROM predictions
        WHERE split = ? AND target = ? AND model = ? AND predicted IS NOT NULL
        GROUP BY bin
        """,
        [HISTOGRAM_BINS, HISTOGRAM_BINS, verdict["split"], verdict["target"], verdict["chosen"]],
    )
    by_bin = {row["bin"]: row["n"] for row in rows}
    return [by_bin.get(place, 0) for place in range(HISTOGRAM_BINS)]


def groups_of(entries: Sequence[Mapping[str, Any]], chosen: str | None) -> dict[str, Any]:
    """Take the chosen model's figures by kind of customer, the best other baseline's AUC beside.

    Examples
    --------
    >>> entry = {"grouping": "repeat", "group": "repeat", "auc": 0.7}
    >>> entries = [{**entry, "model": name} for name in ("beta_geo", "logistic")]
    >>> groups_of(entries, "beta_geo")["repeat"][0]["baseline"]["model"]
    'logistic'

    Returns
    -------
    dict
        Per grouping (``repeat``, ``orders``, ``tier``) one entry a group.
    """
    found: dict[str, Any] = {}
    others = [entry for entry in entries if entry["model"] != chosen]
    for grouping in GROUPINGS:
        mine = [e for e in entries if e["grouping"] == grouping and e["model"] == chosen]
        rows = [
            {
                "group": str(entry["group"]),
                **{name: plain(entry.get(name)) for name in GROUP_FIGURES},
                "baseline": _best_baseline(others, grouping, entry["group"]),
            }
            for entry in mine
        ]
        if rows:
            found[grouping] = rows
    return found


def _best_baseline(
    entries: Sequence[Mapping[str, Any]], grouping: str, group: Any
) -> dict[str, Any] | None:
    known = [
        {"model": entry["model"], "auc": plain(entry.get("auc"))}
        for entry in entries
        if (entry["grouping"], entry["group"]) == (grouping, group)
        and entry["model"] in BASELINES
        and entry.get("auc") is not None
    ]
    return max(known, key=lambda entry: entry["auc"]) if known else None


def profit_of(entries: Sequence[Mapping[str, Any]], models: Sequence[str]) -> dict[str, Any] | None:
    """Take the profit of warning the riskiest share, by model, for the job's own costs.

    Returns
    -------
    dict or None
        ``n`` customers judged, ``terms`` (``margin, save_rate, contact_cost, offer_cost,
        value``), and ``models``: ``model, chosen, depth, profit``.
    """
    drawn = []
    for model in models:
        mine = [e for e in entries if e["model"] == model and plain(e["profit"]) is not None]
        rows = sorted(mine, key=lambda e: e["depth"])
        if rows:
            drawn.append(
                {
                    "model": model,
                    "chosen": bool(rows[0].get("chosen")),
                    "depth": [plain(row["depth"]) for row in rows],
                    "profit": [plain(row["profit"]) for row in rows],
                }
            )
    if not drawn:
        return None
    last = max(entries, key=lambda entry: entry["depth"])
    terms = ("margin", "save_rate", "contact_cost", "offer_cost", "value")
    return {
        "n": round(last["n"] / last["depth"]),
        "terms": {name: plain(last.get(name)) for name in terms},
        "models": drawn,
    }


def snapshots_of(
    evidence: Sequence[Mapping[str, Any]], models: Sequence[str]
) -> list[dict[str, Any]]:
    """Take the forward evidence of the drawn models, one entry a model and snapshot."""
    names = ("n", "base_rate", "mean_predicted", "brier", "log_loss", "auc", "ece")
    return [
        {
            "model": row["candidate"],
            "snapshot": plain(row["snapshot"])[:10],
            **{name: plain(row.get(name)) for name in names},
        }
        for row in evidence
        if row["candidate"] in models and plain(row.get("brier")) is not None
    ]


def reasons_of(rows: Rows | None) -> list[dict[str, Any]]:
    """Count the reasons on the churn-warning list: as the first one, and as second or third."""
    if rows is None:
        return []
    with aggregator(warnings=rows) as engine:
        if "reason_1_code" not in columns(engine, "warnings"):
            return []
        return records(
            engine,
            """
            WITH said AS (
                SELECT reason_1_code AS code, 1 AS place FROM warnings
                UNION ALL SELECT reason_2_code, 2 FROM warnings
                UNION ALL SELECT reason_3_code, 3 FROM warnings
            )
            SELECT CAST(code AS VARCHAR) AS code, count(*) FILTER (place = 1) AS first,
                   count(*) FILTER (place > 1) AS further
            FROM said WHERE code IS NOT NULL AND CAST(code AS VARCHAR) <> ''
            GROUP BY code ORDER BY first DESC, further DESC, code
            """,
        )
