"""What to do about whom: tier x stage x severity, and the steps of a win-back.

`load_playbook` reads a YAML and proves that nobody falls through; `suggest` looks up the answers;
`steps_due` says which step of the win-back sequence each customer is due for.
"""

from winback.lists.playbook.playbook_rules import (
    CHURN_WARNING,
    NO_OFFER,
    WIN_BACK,
    Playbook,
    PlaybookRule,
)
from winback.lists.playbook.read_playbook import DEFAULT, default_playbook, load_playbook
from winback.lists.playbook.schema import Costs, PlaybookStep
from winback.lists.playbook.suggest import FINISHED, WAITING, steps_due, suggest

__all__ = [
    "CHURN_WARNING",
    "DEFAULT",
    "FINISHED",
    "NO_OFFER",
    "WAITING",
    "WIN_BACK",
    "Costs",
    "Playbook",
    "PlaybookRule",
    "PlaybookStep",
    "default_playbook",
    "load_playbook",
    "steps_due",
    "suggest",
]
