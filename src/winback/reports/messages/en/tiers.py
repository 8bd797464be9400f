"""Tiers: what they are worth, how they hold."""

from __future__ import annotations

TEXT: dict[str, str] = {}
