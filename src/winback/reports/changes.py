"""What is new since the last run: sizes then and now, and what became of earlier lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from winback.reports.aggregator import Rows, aggregator, plain, records

COMPARED = ("scored", "active", "value", "warned", "value_at_risk", "called", "spent")


def facts(report: Mapping[str, Any]) -> dict[str, Any]:
    """Take from a report the numbers by which two runs are compared."""
    summary = report["population"]["summary"]
    warned, called = (report["lists"][name] or {} for name in ("churn_warning", "win_back"))
    return {
        "as_of": str(report["job"]["as_of"])[:10],
        "scored": summary["n"],
        "active": summary["active"],
        "value": summary["value"],
        "value_is": summary["value_is"],
        "money": report["job"].get("money", "margin"),
        "warned": warned.get("n"),
        "value_at_risk": warned.get("value_at_risk"),
        "called": called.get("treated"),
        "spent": called.get("spent"),
    }


def before(report: Mapping[str, Any], earlier: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the facts of the last run of an earlier date.

    Parameters
    ----------
    report
        The report being made.
    earlier
        The report that lay in the output folder. If it is of the same date, the run is a
        repetition, and what that one was compared with counts.

    Examples
    --------
    >>> now = {"job": {"as_of": "2020-02-01"}}
    >>> before(now, {"job": {"as_of": "2020-02-01"}, "changes": {"before": {"scored": 3}}})
    {'scored': 3}
    """
    try:
        if not earlier:
            return None
        then, today = (str(one["job"]["as_of"])[:10] for one in (earlier, report))
        if then == today:
            compared = (earlier.get("changes") or {}).get("before")
            return dict(compared) if compared else None
        return facts(earlier) if then < today else None
    except (KeyError, TypeError):  # of another version of the package
        return None


def changes(
    report: Mapping[str, Any],
    scores: Rows,
    warned: Rows | None,
    earlier: Mapping[str, Any] | None,
    lists: Mapping[str, Any] | None,
) -> dict[str, Any] | None:
    """Compare with the last run, and see who of its lists has bought since.

    Parameters
    ----------
    report
        The report being made, with its population and lists.
    scores, warned
        Today's scores and churn-warning list.
    earlier
        The report of the last run, if it is still there.
    lists
        The last lists of an earlier date: ``as_of`` and the paths ``churn_warning, win_back,
        win_back_control``; any may be absent.

    Returns
    -------
    dict or None
        ``now`` and ``before`` (see `facts`; ``None`` without an earlier report) and ``lists``:
        ``as_of``, and per list ``n`` and ``bought`` (how many have bought since), for warnings
        ``again`` (how many are warned about again) and ``new`` too. ``None`` without either.
    """
    past = before(report, earlier)
    followed = _followed(scores, warned, lists, str(report["job"]["as_of"])[:10]) if lists else None
    if past is None and followed is None:
        return None
    return {"now": facts(report), "before": past, "lists": followed}


def _followed(
    scores: Rows, warned: Rows | None, lists: Mapping[str, Any], as_of: str
) -> dict[str, Any]:
    tables = {name: lists.get(name) for name in ("churn_warning", "win_back", "win_back_control")}
    followed: dict[str, Any] = {"as_of": plain(lists["as_of"])}
    with aggregator(scores=scores, warned=warned, **tables) as engine:
        # the last purchase day is T - recency days before as_of
        for name in (name for name, rows in tables.items() if rows is not None):
            followed[name] = records(
                engine,
                f"""
                SELECT count(*) AS n, count(*) FILTER (
                    T - recency < date_diff('day', CAST(? AS DATE), CAST(? AS DATE))
                ) AS bought
                FROM (SELECT DISTINCT CAST(customer_id AS VARCHAR) AS customer_id FROM {name}) l
                JOIN scores s ON CAST(s.customer_id AS VARCHAR) = l.customer_id
                """,
                [followed["as_of"], as_of],
            )[0]
        if warned is not None and tables["churn_warning"] is not None:
            followed["churn_warning"] |= records(
                engine,
                """
                SELECT count(*) FILTER (seen) AS again, count(*) FILTER (NOT seen) AS new
                FROM (SELECT CAST(customer_id AS VARCHAR) IN
                      (SELECT CAST(customer_id AS VARCHAR) FROM churn_warning) AS seen FROM warned)
                """,
            )[0]
    return followed
