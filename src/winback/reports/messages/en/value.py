"""Value: calibration, matrices, concentration."""

from __future__ import annotations

TEXT: dict[str, str] = {}
