"""What a report is made of: facts that belong together, as the earlier steps of a run left them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from winback.reports.aggregator import Rows

Records = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Data:
    """What came in, and who was scored.

    Parameters
    ----------
    intake
        ``rows_in, filtered_out, zero_amounts, after_as_of, rejected`` (reason: count),
        ``accepted, customers, first_day, last_day, has_amounts``.
    scores
        Path of ``scores.parquet``, or a frame with its columns.
    coverage
        As from :func:`winback.reports.charts.data_coverage.coverage_of`.
    """

    intake: Mapping[str, Any]
    scores: Rows
    coverage: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Judgements:
    """How the models were judged on days that they had not seen.

    Parameters
    ----------
    records, predictions
        Backtest records and predictions; see :func:`winback.reports.quality.quality`.
    groups, profit
        Churn by kind of customer, and profit by depth, of the same backtest.
    frequencies
        ``customer_id`` and ``frequency`` as they were at the latest split of purchases.
    """

    records: Sequence[dict[str, Any]] = ()
    predictions: Rows | None = None
    groups: Sequence[dict[str, Any]] = ()
    profit: Sequence[dict[str, Any]] = ()
    frequencies: Rows | None = None


@dataclass(frozen=True)
class Models:
    """What there is to say about the models in use.

    Parameters
    ----------
    used
        One entry per model: ``name, role, version, estimator, parameters, notes, promoted,
        reasons``; notes and reasons are messages, or texts that were stored before there were any.
    fitness
        What the models are fit for, by role: `winback.evaluation.fitness.Fitness.as_record`.
    tiers
        What ``tiers.json`` holds.
    runs
        What the registered versions of the value model have found; see
        :func:`winback.reports.charts.value_stability.stability_of`.
    evidence
        Rows ``candidate, snapshot, n, base_rate, mean_predicted, brier, log_loss, auc, ece``:
        how the churn candidates did on past snapshots.
    choice
        What the contest of value models chose, and why; see
        :func:`winback.reports.value_choice.choice`.
    trained
        The day on which the champion was trained, and its customers then; see
        :func:`winback.reports.charts.data_drift.drift_of`.
    matrices
        ``T, frequencies, recencies`` (see :func:`winback.reports.charts.value_matrices.grid`),
        and ``p_alive`` and ``expected_purchases``: what the model says, a row a recency.
    """

    used: Records = ()
    fitness: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    tiers: Mapping[str, Any] | None = None
    runs: Records = ()
    evidence: Records = ()
    choice: Mapping[str, Any] | None = None
    trained: tuple[str, Rows] | None = None
    matrices: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Steering:
    """What the business is steered by.

    Parameters
    ----------
    board
        As from :func:`winback.reports.board.board_of`.
    alerts
        Rows of ``alerts.json``; None: nobody has looked.
    campaigns
        ``rows`` (`winback.campaigns.ledger.COLUMNS`), ``pooled``, ``open``, ``horizon_days``.
    channels
        ``rows`` (as from :func:`winback.indicators.channel_worth.channels_of`, with ``overlap``),
        ``orders`` of pairs, ``age_days``.
    left_out
        By ``steering`` (a whole part) and ``indicator``: name, and why, as a message's record.
    """

    board: Mapping[str, Any] | None = None
    alerts: Records | None = None
    campaigns: Mapping[str, Any] | None = None
    channels: Mapping[str, Any] | None = None
    left_out: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Course:
    """How purchases went and are expected to go.

    Parameters
    ----------
    tracking
        Rows ``day, actual, expected``; see
        :func:`winback.reports.charts.past_purchases.weeks_of`.
    forecast, forecast_revenue
        Rows ``day, cumulative, cumulative_low, cumulative_high`` of the days to come.
    cohorts
        As from :func:`winback.reports.charts.cohort_returns.cohorts`.
    cohort_values
        Rows ``cohort, customers, realised, first_order, expected`` (margin).
    steering
        What the business is steered by.
    """

    tracking: Rows | None = None
    forecast: Records = ()
    forecast_revenue: Records = ()
    cohorts: Mapping[str, Any] | None = None
    cohort_values: Records = ()
    steering: Steering = Steering()


@dataclass(frozen=True)
class Earlier:
    """What the last run left.

    Parameters
    ----------
    report, lists
        The last report and the last lists; see :func:`winback.reports.changes.changes`.
    """

    report: Mapping[str, Any] | None = None
    lists: Mapping[str, Any] | None = None
