"""The columns of the win-back files, and the three parts of a win-back list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from winback.lists.columns import VERSIONS, Kind

_CASE: dict[str, Kind] = {
    "arm": "text",
    "chosen_by": "text",
    "stratum": "text",
    "propensity": "probability",
    "experiment_id": "text",
    "p_return_untreated": "probability",
    "uplift": "probability",
    "uplift_source": "text",
    "expected_margin": "money",
    "contact_cost": "money",
    "offer_cost": "money",
    "expected_cost": "money",
    "expected_incremental_margin": "money",
    "step": "text",
}
_CUSTOMER: dict[str, Kind] = {
    "days_since_last": "count",
    "last_purchase_at": "date",
    "frequency": "count",
    "monetary_value": "money",
    "tier": "text",
    "limits": "text",
}
WIN_BACK: dict[str, Kind] = {
    "list_id": "text",
    "as_of": "date",
    "customer_id": "text",
    "rank": "count",
    **_CASE,
    "action": "text",
    "channel": "text",
    "offer": "text",
    "owner": "text",
    **_CUSTOMER,
    "cooldown_until": "date",
    "measure_until": "date",
    "expires_at": "date",
    **VERSIONS,
}
WIN_BACK_EXCLUDED: dict[str, Kind] = {
    "list_id": "text",
    "as_of": "date",
    "customer_id": "text",
    "reason": "text",
    "rank": "count",
    **_CASE,
    "channel": "text",
    **{name: kind for name, kind in _CUSTOMER.items() if name != "limits"},
    **VERSIONS,
}


@dataclass(frozen=True)
class WinBack:
    """The three parts of a win-back list, and what to know before sending it.

    Parameters
    ----------
    treated
        Whom to contact: columns `WIN_BACK`.
    control
        Whom to leave alone for comparison: columns `WIN_BACK`.
    excluded
        Everybody else, with a `reason` each: columns `WIN_BACK_EXCLUDED`.
    summary
        Counts, money, what the list can measure, and `sentences` in plain words (see
        `winback.lists.summary`).
    """

    treated: pd.DataFrame
    control: pd.DataFrame
    excluded: pd.DataFrame
    summary: dict[str, Any]

    @property
    def customer_ids(self) -> pd.Series:
        """Everybody whom the list decides about: those it contacts, and those it leaves alone."""
        both: pd.Series = pd.concat([self.treated["customer_id"], self.control["customer_id"]])
        return both.reset_index(drop=True)
