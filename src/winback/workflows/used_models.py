"""The models that a job uses, wherever they are kept: all that scoring and lists know of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    import pandas as pd

    from winback.registry.load import LoadedModel

ByRole: TypeAlias = "Mapping[str, LoadedModel]"
"""Models by role: `value`, `churn`, `tiers`."""


class UsedModels(Protocol):
    """Models of a job; `Tracking` finds them in its registry."""

    @property
    def champions(self) -> ByRole:
        """What scores are made with today."""

    def that_scored(self, scores: pd.DataFrame) -> ByRole:
        """Return what gave these scores their value and their risk; nothing of no scores."""
