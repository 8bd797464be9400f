"""How sure is sure: one confidence wherever two things are told apart, and how far it reaches."""

from __future__ import annotations

from statistics import NormalDist
from typing import Final

CONFIDENCE: Final = 0.95
"""Of a hundred intervals so many hold the truth: of figures, differences and losses alike."""
UNSURE: Final = 1 - CONFIDENCE
ENDS: Final = (UNSURE / 2, 1 - UNSURE / 2)
"""The quantiles at which an interval of draws ends."""
Z: Final = NormalDist().inv_cdf(ENDS[1])
"""Standard errors to either side of an estimate that is normal."""
