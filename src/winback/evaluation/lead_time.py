"""Days of warning, as measured on history: how long before a customer counted as churned.

A customer counts as churned on the day on which the silence since the last purchase has lasted the
churn horizon. The first warning is the first of the weekly dates within that silence at which the
risk reached the threshold; the lead time is the number of days from it to the day of churn. It is
at most the horizon, and 0 for a customer who was never warned about. The rule is the one that the
list then goes by: everybody active whose risk reaches the threshold, whatever the rhythm.

The risk is that of a model fitted at the first of these dates, on what was known then, and applied
week by week to what was known at each: forward in time, as in use. Judged are silences that began
after that date and whose end is known, so that nobody's warning was missed for want of a score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from winback.errors import NotEnoughDataError, Sentence, UsageError
from winback.evaluation.churn_forward import ChurnData, ChurnSettings, fit_churn
from winback.evaluation.past import Past
from winback.evaluation.windows import MIN_CUSTOMERS, Window
from winback.features.behaviour import active
from winback.messages import Message

EVERY_DAYS = 7
MAX_SCORED = 20_000  # customers scored each week, drawn by a digest: medians need no more
DATES_AT_ONCE = 8
THRESHOLDS = np.round(np.arange(0.05, 0.96, 0.01), 2)
QUARTILES = (0.25, 0.50, 0.75)


@dataclass(frozen=True)
class LeadTime:
    """The threshold that gives the days of warning asked for, and the evidence.

    Parameters
    ----------
    threshold : float
        The highest risk from which on the median lead time is long enough.
    days : int
        The days asked for.
    table : DataFrame
        A row a threshold (`lead_times`).
    first, last : date
        The first and last weekly date; the model was fitted at the first.
    horizon_days : int
    """

    threshold: float
    days: int
    table: pd.DataFrame
    first: date
    last: date
    horizon_days: int

    def summary(self) -> dict[str, Any]:
        """Return `risk, days`, `meaning` (a message), and what was measured at the threshold."""
        row = self.table[self.table["threshold"] == self.threshold].iloc[0]
        measured = {
            name: int(row[name]) if name in ("silences", "churned") else round(float(row[name]), 3)
            for name in self.table.columns.drop("threshold")
        }
        meaning = Message(
            "warn_from.days",
            risk=self.threshold,
            median=row["lead_median"],
            low=row["lead_q25"],
            high=row["lead_q75"],
            days=self.days,
            recall=row["recall"],
            precision=row["precision"],
        )
        return {
            "risk": self.threshold,
            "days": self.days,
            "meaning": meaning,
            "measured": measured,
            "measured_from": self.first.isoformat(),
            "measured_until": self.last.isoformat(),
        }


def measure_lead_time(
    past: Past,
    days: int,
    horizon_days: int,
    *,
    recipe: Mapping[str, Any] | None = None,
    settings: ChurnSettings | None = None,
    random_state: int = 0,
) -> LeadTime:
    """Choose the highest risk that warns of churn a median of `days` ahead.

    Parameters
    ----------
    past
        Its `as_of` is the last day that is known.
    days
        Days of warning asked for.
    horizon_days
        Days of silence after which a customer counts as churned.
    recipe
        Of the churn model. None: `ChurnModel` as it comes.
    settings, random_state
        As in training.

    Raises
    ------
    UsageError
        If no threshold warns so early; the message says how early the lowest one does.
    NotEnoughDataError
        If history does not hold a labelled snapshot and two horizons after it, or too few
        silences.
    """
    settings, as_of, first = settings or ChurnSettings(), past.as_of, past.first_day
    start = as_of - timedelta(days=2 * horizon_days)
    label = timedelta(days=settings.gap_days + horizon_days)
    if start - label <= first:
        raise NotEnoughDataError(
            "history is too short to measure days of warning",
            where="warn_from",
            got=Sentence("{days} {days:form.day/days}", days=(as_of - first).days),
            allowed=Sentence(
                "more than {days}, three churn horizons", days=2 * horizon_days + label.days
            ),
            hint="give warn_from as a risk, such as {risk: 0.5}, or a shorter churn horizon",
        )
    window, then = Window(start, start + label, settings.gap_days), past.at(start)
    wanted = dict(recipe) if recipe is not None else {"estimator": "ChurnModel", "params": {}}
    model = fit_churn(wanted, ChurnData(then, window, settings), window, random_state)
    scored = past.some_customers(MAX_SCORED)
    if scored is None:
        scored = past.transactions.table.select("customer_id").distinct()
    dates = [start + timedelta(days=week) for week in range(0, 2 * horizon_days + 1, EVERY_DAYS)]
    risks = []
    for first_date in range(0, len(dates), DATES_AT_ONCE):  # bounds the memory
        weeks = dates[first_date : first_date + DATES_AT_ONCE]
        table = past.describe(weeks, horizon_days, then.event_types, scored)
        table = active(table, settings.active_within_days).order_by(["as_of", "customer_id"])
        frame = table.to_pyarrow().to_pandas()
        if len(frame):
            columns = ["customer_id", "as_of", "last_purchase_at"]
            risks.append(frame[columns].assign(p_churn=model.predict_frame(frame)["p_churn"]))
    silences = _silences(past, scored, after=start, horizon_days=horizon_days)
    if not risks or silences["churned"].sum() < MIN_CUSTOMERS:
        raise NotEnoughDataError(
            "too few customers churned to measure days of warning",
            where="warn_from",
            got=Sentence(
                "{n} between {start} and {as_of}",
                n=int(silences["churned"].sum()),
                start=start,
                as_of=as_of,
            ),
            allowed=Sentence("{least} or more", least=MIN_CUSTOMERS),
        )
    table = lead_times(pd.concat(risks, ignore_index=True), silences, horizon_days)
    return LeadTime(choose(table, days), days, table, start, dates[-1], horizon_days)


def lead_times(
    risks: pd.DataFrame,
    silences: pd.DataFrame,
    horizon_days: int,
    thresholds: Sequence[float] = tuple(THRESHOLDS),
) -> pd.DataFrame:
    """Work out, for every threshold, how early it warns, whom it reaches and how often it is right.

    Parameters
    ----------
    risks
        `customer_id, as_of, last_purchase_at, p_churn`: a row a customer and date of scoring.
    silences
        `customer_id, day` (of the purchase after which the silence began), `churned`.
    horizon_days
        Days of silence after which a customer counts as churned.
    thresholds
        Risks.

    Returns
    -------
    DataFrame
        A row a threshold: `threshold, silences, churned, warned` (share of the silences),
        `recall` (share of the churned who were warned about), `precision` (share of the warned
        about who churned; missing without a warning), `lead_q25, lead_median, lead_q75` over
        all churned, in days, without a warning 0. Recall and lead times never rise with the
        threshold.

    Examples
    --------
    >>> weeks = pd.to_datetime(["2024-01-08", "2024-01-15", "2024-01-22"])
    >>> risks = pd.DataFrame({"customer_id": "a", "as_of": weeks, "p_churn": [0.3, 0.6, 0.9],
    ...                       "last_purchase_at": pd.Timestamp("2024-01-05")})
    >>> silences = pd.DataFrame({"customer_id": ["a"], "day": pd.to_datetime(["2024-01-05"]),
    ...                          "churned": [True]})
    >>> lead_times(risks, silences, 30, [0.5, 0.95])[["threshold", "recall", "lead_median"]]
       threshold  recall  lead_median
    0       0.50     1.0         20.0
    1       0.95     0.0          0.0
    """
    spells = silences.assign(day=pd.to_datetime(silences["day"]), spell=np.arange(len(silences)))
    rows = risks.assign(
        as_of=pd.to_datetime(risks["as_of"]), day=pd.to_datetime(risks["last_purchase_at"])
    ).merge(spells, on=["customer_id", "day"])
    left = (rows["day"] + pd.Timedelta(days=horizon_days) - rows["as_of"]).dt.days
    rows = rows.assign(left=left)[left > 0]
    churned = silences["churned"].to_numpy(dtype=bool)
    result = []
    for threshold in thresholds:
        # the first warning is the one with most days left
        lead = np.zeros(len(silences))
        first = rows[rows["p_churn"] >= threshold].groupby("spell")["left"].max()
        lead[first.index.to_numpy(dtype="int64")] = first.to_numpy()
        warned, given = lead > 0, lead[churned]
        low, median, high = (
            np.quantile(given, QUARTILES, method="lower") if given.size else (0,) * 3
        )
        result.append(
            {
                "threshold": float(threshold),
                "silences": len(silences),
                "churned": int(churned.sum()),
                "warned": float(warned.mean()) if len(lead) else 0.0,
                "recall": float((given > 0).mean()) if given.size else 0.0,
                "precision": float(churned[warned].mean()) if warned.any() else np.nan,
                "lead_q25": float(low),
                "lead_median": float(median),
                "lead_q75": float(high),
            }
        )
    return pd.DataFrame(result)


def choose(table: pd.DataFrame, days: int) -> float:
    """Return the highest threshold whose median lead time is at least `days`.

    Raises
    ------
    UsageError
        If there is none.
    """
    enough = table[table["lead_median"] >= days]
    if enough.empty:
        lowest = table.iloc[0]
        raise UsageError(
            "no threshold gives so many days of warning",
            where="lists.churn_warning.warn_from",
            got=Sentence("days: {days}", days=days),
            allowed=(
                Sentence(
                    "at most {lead:.0f}, the median lead time on history from "
                    "P(churn) of {risk:.2f} on",
                    lead=table["lead_median"].max(),
                    risk=lowest["threshold"],
                )
            ),
            hint="ask for fewer days, or give a longer churn.horizon_days",
        )
    return float(enough["threshold"].max())


def _silences(past: Past, scored: ir.Table, *, after: date, horizon_days: int) -> pd.DataFrame:
    """Return the silences that began after a date and whose end is known, and how each ended."""
    days = past.purchase_days.select("customer_id", "day").semi_join(scored, "customer_id")
    in_order = ibis.window(group_by=days.customer_id, order_by=days.day)
    days = days.mutate(next_day=days.day.lead().over(in_order))
    closed = past.as_of - timedelta(days=horizon_days)
    days = days.filter(days.day > after, days.day <= closed)
    gap = days.next_day.delta(days.day, unit="day")
    spells = days.select("customer_id", "day", churned=(gap > horizon_days).coalesce(True))
    frame: pd.DataFrame = spells.order_by(["customer_id", "day"]).to_pyarrow().to_pandas()
    return frame
