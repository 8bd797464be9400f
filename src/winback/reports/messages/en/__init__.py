"""English, by section. Another language is another folder with the same keys."""

from __future__ import annotations

from winback.reports.messages.en import (
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
