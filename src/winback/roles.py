"""The models of a job, by what they are for: each is a registered model `JOB-ROLE`."""

from __future__ import annotations

from typing import Final

ROLES: Final = ("value", "churn", "tiers")
"""In the order in which they are trained: tiers are cuts of what the value model says."""
GOING_TOGETHER: Final = {"value": ("value", "tiers"), "churn": ("churn",)}
"""What goes back together: tiers are cuts of the predictions of their value model."""
