"""What to do about whom: an action, a channel and an owner for every row of a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from winback.errors import UsageError

ANY = "*"
TOP_TIERS = ("strategic", "core", "high-value")  # the first tier of each naming scheme


@dataclass(frozen=True)
class Rule:
    """One line of a playbook: the first line that fits a customer decides.

    Parameters
    ----------
    action
        What to do, as operations would say it.
    channel, offer, owner
        How, with what, and who does it.
    severity, tiers
        Whom it fits; `*` and `()` fit everybody.
    """

    action: str
    channel: str
    offer: str
    owner: str
    severity: str = ANY
    tiers: tuple[str, ...] = ()


CHURN_WARNING: tuple[Rule, ...] = (
    Rule("call, ask what is wrong", "phone", "none", "account manager", "red", TOP_TIERS),
    Rule("personal message with an offer", "email", "voucher", "retention", "red"),
    Rule("personal message, no discount", "email", "none", "account manager", "orange", TOP_TIERS),
    Rule("reminder of what they usually buy", "email", "none", "retention", "orange"),
    Rule("watch; include in the next newsletter", "email", "none", "retention"),
)

WIN_BACK: tuple[Rule, ...] = (
    Rule("personal invitation to come back", "email", "voucher", "account manager", ANY, TOP_TIERS),
    Rule("invitation to come back", "email", "voucher", "retention"),
)


def suggest(customers: pd.DataFrame, rules: Sequence[Rule]) -> pd.DataFrame:
    """Look up action, channel, offer and owner for each customer.

    Parameters
    ----------
    customers
        `tier` and, for rules that ask for it, `severity`.
    rules
        In order of precedence; the last one must fit everybody, so that nobody falls through.

    Returns
    -------
    pandas.DataFrame
        `action, channel, offer, owner`, aligned with `customers`.

    Raises
    ------
    UsageError
        If the last rule does not fit everybody.

    Examples
    --------
    >>> rows = pd.DataFrame({"severity": ["red", "yellow"], "tier": ["strategic", "long-tail"]})
    >>> suggest(rows, CHURN_WARNING)["owner"].tolist()
    ['account manager', 'retention']
    """
    if not rules or rules[-1].severity != ANY or rules[-1].tiers:
        raise UsageError(
            "the playbook leaves customers without an action",
            where="its last rule",
            hint="end it with a rule that names neither severity nor tiers",
        )
    fits = [_fits(customers, rule) for rule in rules]
    first = np.argmax(np.stack(fits), axis=0)
    fields = ("action", "channel", "offer", "owner")
    return pd.DataFrame(
        {
            field: pd.Series([getattr(rule, field) for rule in rules], dtype="str").to_numpy()[
                first
            ]
            for field in fields
        },
        index=customers.index,
    )


def _fits(customers: pd.DataFrame, rule: Rule) -> np.ndarray:
    fits = np.ones(len(customers), dtype=bool)
    if rule.severity != ANY:
        fits &= (customers["severity"] == rule.severity).to_numpy()
    if rule.tiers:
        fits &= customers["tier"].isin(rule.tiers).to_numpy()
    return fits
