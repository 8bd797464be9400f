"""Drift: how far today's customers differ from those that the champion learned from."""

from __future__ import annotations

import math
from typing import Any

from winback.reports.plain import Rows, aggregator, plain, records

FEATURES = {
    "frequency": "frequency",
    "days_since_last": "T - recency",
    "tenure": "T",
    "monetary_value": "monetary_value",
}
STEADY, MOVED = 0.1, 0.25
"""Customary marks of the population stability index: below the first nothing has happened, above
the second the model should be trained anew."""
LEAST = 1e-4  # an empty bin would make the index infinite


def drift(past: Rows, scores: Rows, *, has_amounts: bool) -> list[dict[str, Any]]:
    """Measure the population stability index of each feature, over tenths of the past.

    Parameters
    ----------
    past, scores
        ``frequency, recency, T, monetary_value`` when the champion was trained, and today.
    has_amounts
        False: the source has no amounts to compare.

    Returns
    -------
    list of dict
        ``feature`` and ``psi`` = sum over bins of (today - past) x ln(today / past), shares of
        customers; 0 is the same distribution. The largest first.

    Examples
    --------
    >>> import pandas as pd
    >>> past = pd.DataFrame({"frequency": [0.0, 1, 2, 3] * 50, "recency": 1.0, "T": 9.0,
    ...                      "monetary_value": 5.0})
    >>> same = drift(past, past, has_amounts=True)
    >>> {row["feature"]: row["psi"] for row in same}["frequency"]
    0.0
    >>> drift(past, past.assign(frequency=3.0), has_amounts=True)[0]["feature"]
    'frequency'
    """
    found = []
    with aggregator(past=past, scores=scores) as engine:
        for name, value in FEATURES.items():
            if name == "monetary_value" and not has_amounts:
                continue
            at = [tenth / 10 for tenth in range(1, 10)]
            edges = records(engine, f"SELECT quantile_disc({value}, {at}) AS edges FROM past")
            cuts = sorted({float(edge) for edge in edges[0]["edges"] or []})
            bins = " + ".join(f"CAST({value} > {edge!r} AS INTEGER)" for edge in cuts) or "0"
            shares = [
                {
                    row["bin"]: row["share"]
                    for row in records(
                        engine,
                        f"""
                        SELECT {bins} AS bin, count(*) / (SELECT count(*) FROM {table}) AS share
                        FROM {table} GROUP BY 1 ORDER BY 1
                        """,
                    )
                }
                for table in ("past", "scores")
            ]
            pairs = [
                tuple(max(side.get(place, 0.0), LEAST) for side in shares)
                for place in sorted({*shares[0], *shares[1]})
            ]
            psi = sum((now - then) * math.log(now / then) for then, now in pairs)
            found.append({"feature": name, "psi": plain(psi)})
    return sorted(found, key=lambda row: -row["psi"])
