"""Simplified Chinese, by section; the same keys as English."""

from __future__ import annotations

from winback.reports.messages.zh import (
    charts,
    churn,
    cohorts,
    lists,
    models,
    page,
    sentences,
    tables,
    tiers,
    value,
)

TEXT: dict[str, str] = {
    **page.TEXT,
    **models.TEXT,
    **charts.TEXT,
    **tables.TEXT,
    **lists.TEXT,
    **value.TEXT,
    **churn.TEXT,
    **tiers.TEXT,
    **cohorts.TEXT,
    **sentences.TEXT,
}
