"""Cohorts, drift, what changed."""

from __future__ import annotations

TEXT: dict[str, str] = {}
