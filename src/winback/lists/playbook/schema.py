"""What a playbook's YAML may hold."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from winback.errors import Sentence
from winback.yaml_file import Text, YamlPart


def _one_or_several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Names = Annotated[tuple[Text, ...], BeforeValidator(_one_or_several), Field(min_length=1)]
Days = Annotated[int, Field(ge=0, le=3660)]


class RuleText(YamlPart):
    """What every rule says; unset `tier`, `stage`, `buys`, `next_category` fit everybody."""

    tier: Names | None = None
    stage: Names | None = None
    buys: Names | None = None
    next_category: Names | None = None
    action: Text
    channel: Text
    offer: Text
    owner: Text
    cooldown_days: Days


class WarningRule(RuleText):
    """A rule of the churn-warning list."""

    severity: Names | None = None


class WinBackRule(RuleText):
    """A rule of the win-back list; `without_offer` is the action where the offer does not pay."""

    step: Names | None = None
    without_offer: Text | None = None


class PlaybookStep(YamlPart):
    """One contact of the win-back sequence.

    Parameters
    ----------
    step
        Its name.
    meaning
        What it is for, in plain words.
    after_days
        Due so many days after the previous contact.
    silent_days
        Not due before so many days without a purchase.
    """

    step: Text
    meaning: Text
    after_days: Days = 0
    silent_days: Days = 0


class Costs(YamlPart):
    """What acting on a warning costs, where the job does not say it: defaults, not measured.

    Parameters
    ----------
    contact
        Channel to the cost of one contact, in the currency of the amounts; a channel that is not
        named costs as much as the dearest.
    offer
        What an offer costs when it is redeemed.
    """

    contact: Annotated[dict[str, Annotated[float, Field(ge=0)]], Field(min_length=1)] = Field(
        default_factory=lambda: {"email": 0.1, "push": 0.1, "sms": 0.2, "mail": 1.0, "phone": 3.0}
    )
    offer: Annotated[float, Field(ge=0)] = 2.0

    def of_contact(self, channel: str) -> float:
        """Return what one contact through a channel costs.

        Examples
        --------
        >>> Costs().of_contact("Phone"), Costs().of_contact("pigeon")
        (3.0, 3.0)
        """
        costs = {name.lower(): cost for name, cost in self.contact.items()}
        return costs.get(channel.lower(), max(costs.values()))


class WinBackPart(YamlPart):
    """The win-back list: its sequence, and its rules."""

    steps: Annotated[tuple[PlaybookStep, ...], Field(min_length=1)]
    rules: Annotated[tuple[WinBackRule, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_differ(self) -> WinBackPart:
        names = [step.step for step in self.steps]
        if len(set(names)) < len(names):
            raise ValueError(
                Sentence("steps with different names, not {names}", names=", ".join(names))
            )
        return self


class PlaybookText(YamlPart):
    """A playbook as written."""

    churn_warning: Annotated[tuple[WarningRule, ...], Field(min_length=1)]
    win_back: WinBackPart
    costs: Costs = Costs()
