"""Stability: the parameters that earlier runs of the same model have found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from winback.reports.plain import plain

MOST = 12


def stability(runs: Sequence[Mapping[str, Any]], chosen: str) -> dict[str, Any] | None:
    """Put together what the runs of one model have found for each of its parameters.

    Parameters
    ----------
    runs
        One entry a registered version, the oldest first: ``version, as_of, estimator`` and
        ``parameters`` (rows ``name, value, low, high``; the ends of a 95% interval may be missing).
    chosen
        The estimator in use; others have other parameters and are left aside.

    Returns
    -------
    dict or None
        ``estimator``, ``runs`` (``version, as_of``: the newest 12) and ``parameters``: per name
        ``value, low, high``, each a list over the runs. ``None`` with fewer than two runs.

    Examples
    --------
    >>> run = {"version": 1, "as_of": "2024-01-31", "estimator": "beta_geo",
    ...        "parameters": [{"name": "r", "value": 0.24, "low": 0.2, "high": 0.3}]}
    >>> stability([run, {**run, "version": 2}], "beta_geo")["parameters"]["r"]["value"]
    [0.24, 0.24]
    >>> stability([run], "beta_geo") is None
    True
    """
    mine = [run for run in runs if run["estimator"] == chosen and run["parameters"]][-MOST:]
    if len(mine) < 2:
        return None
    names = [row["name"] for row in mine[-1]["parameters"]]
    by_run = [{row["name"]: row for row in run["parameters"]} for run in mine]
    return {
        "estimator": chosen,
        "runs": [plain({key: run[key] for key in ("version", "as_of")}) for run in mine],
        "parameters": {
            name: {
                key: [plain(rows.get(name, {}).get(key)) for rows in by_run]
                for key in ("value", "low", "high")
            }
            for name in names
        },
    }
