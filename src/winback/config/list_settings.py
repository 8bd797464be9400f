"""Settings of the lists that operations act on: limits, costs, permissions, files."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveInt, model_validator

from winback.config.base import Days, Settings, Share
from winback.errors import Sentence


class SeverityCapacity(Settings):
    """The most customers of each colour; a colour that is not named gets none."""

    red: Annotated[int, Field(ge=0)] = 0
    """The most red ones."""
    orange: Annotated[int, Field(ge=0)] = 0
    """The most orange ones."""
    yellow: Annotated[int, Field(ge=0)] = 0
    """The most yellow ones."""

    @model_validator(mode="after")
    def _somebody(self) -> SeverityCapacity:
        if not self.red + self.orange + self.yellow:
            raise ValueError(Sentence("at least one colour needs a capacity of 1 or more"))
        return self


class WarnFromSettings(Settings):
    """From where on a customer is warned about: exactly one of the three."""

    risk: Annotated[float, Field(gt=0, lt=1)] | None = None
    """P(churn) of so much."""
    profit: float | None = None
    """Acting is expected to earn so much."""
    days: Annotated[int, Field(gt=0, le=3660)] | None = None
    """So many days before the customer would count as churned, as measured on history."""

    @model_validator(mode="after")
    def _one(self) -> WarnFromSettings:
        given = [name for name in ("risk", "profit", "days") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(Sentence("exactly one of risk, profit, days"))
        return self


class ChurnWarningSettings(Settings):
    """The churn-warning list."""

    capacity: PositiveInt | SeverityCapacity = 200
    """At most so many customers on the list, what the team can work through in a week; or so many
    of each colour, such as `{red: 50, orange: 100, yellow: 50}`."""
    warn_from: WarnFromSettings | None = None
    """From where on a customer is warned about: `{risk: 0.5}`, `{profit: 5}` or `{days: 14}`.
    Unset: the table of `risk_thresholds` and `breach_thresholds` decides."""
    save_rate: Annotated[float, Field(gt=0, le=1)] = 0.1
    """The share of those who are about to leave, and have not gone already, whom a warning keeps:
    an assumption, until measured."""
    contact_cost: Annotated[float, Field(ge=0)] | None = None
    """What acting on one warning costs. Unset: the `costs` of the playbook by channel, on the list;
    the contest of churn models then counts none."""
    offer_cost: Annotated[float, Field(ge=0)] | None = None
    """What the offer costs when a customer who was warned about buys and redeems it. Unset: as
    above."""
    expires_days: Days = 14
    """A warning is good for so many days."""
    risk_thresholds: Annotated[tuple[Share, ...], Field(min_length=3, max_length=3)] = (
        0.5,
        0.7,
        0.85,
    )
    """P(churn) from which a customer is at risk, at high risk, at very high risk."""
    breach_thresholds: Annotated[tuple[float, ...], Field(min_length=2, max_length=2)] = (1.5, 3.0)
    """Silence in typical gaps of the customer's own, from which the rhythm is broken, badly so."""


class ChannelSettings(Settings):
    """A channel through which one writes."""

    capacity: PositiveInt
    """At most so many customers are contacted through it."""
    contact_cost: Annotated[float, Field(ge=0)] | None = None
    """What one contact costs. Unset: the list's `contact_cost`."""


class WinBackSettings(Settings):
    """The win-back list. It always has a budget, a capacity and a control group."""

    budget: Annotated[float, Field(gt=0)] = 250.0
    """The most that the lists of a week, Monday to Sunday, may cost; see `commitment`."""
    commitment: Literal["likely", "worst_case"] = "likely"
    """What is set aside of the budget. `likely`: the 99.9% quantile of the cost, even if twice as
    many return as predicted. `worst_case`: the cost if every offer is redeemed."""
    capacity: PositiveInt = 200
    """At most so many customers are contacted in a week."""
    max_share: Annotated[float, Field(gt=0, le=0.8)] = 0.5
    """Whatever money and capacity say, at most this share of the eligible is contacted in a
    week."""
    control_share: Annotated[float, Field(ge=0.05, le=0.5)] = 0.2
    """This share of the eligible is left alone, so that the effect can be measured."""
    contact_cost: Annotated[float, Field(ge=0)] = 0.10
    """What one contact costs."""
    offer_cost: Annotated[float, Field(ge=0)] = 2.0
    """What the offer costs when a contacted customer comes back and redeems it."""
    window_days: Days = 730
    """Who has been silent for longer is let go."""
    uplift_prior: Annotated[float, Field(gt=0, le=0.5)] = 0.02
    """Assumed gain in P(return) by contacting a customer who is alive, until it is measured."""
    won_back_share: Share = 0.0
    """Share of those whom a contact brings back who would otherwise have been lost for good, an
    assumption: their further orders within `value.horizon_days` count, discounted. 0: the order of
    the return alone, since who can be persuaded buys on either way."""
    expires_days: Days = 30
    """The list is good for so many days."""
    exploration_share: Annotated[float, Field(ge=0.05, le=0.5)] = 0.1
    """While the uplift is a prior, this share of budget and places goes to eligible customers drawn
    by lot, so that it can be measured for all. Once it is measured, 5% goes on."""
    exploration_loss: Annotated[float, Field(ge=0, le=0.5)] = 0.02
    """Customers below break-even are drawn too, up to an expected loss of this share of the
    budget. 0: never."""
    channel: str = "email"
    """Through which one writes; where `customers.contactable_channels` exists, it must name it."""
    channels: Annotated[dict[str, ChannelSettings], Field(min_length=1)] | None = None
    """Several channels, each with a capacity a week, such as `{email: {capacity: 150}, sms:
    {capacity: 50, contact_cost: 0.3}}`: a customer gets the one that is worth the most to the list
    as a whole. Unset: the one `channel`."""
    offer: str = "voucher"
    """What one offers."""
    cooldown_days: Days = 30
    """Nobody is written to again within so many days. Earlier lists count as sent, unless
    `data.contacts` tells who of them was contacted."""
    contact_cap: PositiveInt = 3
    """Nobody is written to, or warned about, who had so many contacts within `contact_cap_days`:
    one cap over all lists and campaigns (`data.contacts`, and win-back lists not among them)."""
    contact_cap_days: Days = 90
    """The days over which contacts are counted."""
    complaint_event: str = "complaint"
    """The event by which a complaint is known (needs `data.events`)."""
    complaint_resolved_event: str = "complaint_resolved"
    """The event that closes it."""
    complaint_days: Annotated[int, Field(ge=0, le=3660)] = 90
    """Nobody is written to whose complaint is open and no older than this."""
    refund_days: Annotated[int, Field(ge=0, le=3660)] = 30
    """Nobody is written to who had a refund within so many days."""
    experiment: str | None = None
    """Name of the experiment that draws the control group. Unset: made from the job's name."""


class DatabaseSettings(Settings):
    """A database into which the lists are written besides."""

    url: str
    """`duckdb://lists.duckdb` (relative to the YAML), or `postgresql://${USER}:${PASSWORD}@host/name`."""
    in_schema: Annotated[str, Field(pattern=r"^[A-Za-z_]\w*$")] | None = None
    """The schema of the tables. Unset: the database's default."""
    prefix: Annotated[str, Field(pattern=r"^\w*$")] = "winback_"
    """What the tables' names begin with."""


class ListSettings(Settings):
    """The lists that operations act on."""

    churn_warning: ChurnWarningSettings = Field(default_factory=ChurnWarningSettings)
    """Active customers at risk."""
    win_back: WinBackSettings = Field(default_factory=WinBackSettings)
    """Dormant customers worth calling back."""
    holdout_share: Annotated[float, Field(ge=0.005, le=0.2)] = 0.02
    """This share of all customers is on no list, ever: against them the lists as a whole are
    measured."""
    playbook: str | None = None
    """A YAML that says what to do about whom. Unset: the one that ships; see `winback playbook
    check`."""
    database: DatabaseSettings | None = None
    """A database into which the lists are written besides."""
    bom: bool = True
    """Begin CSV files with a byte-order mark, so that Excel reads them as UTF-8."""
    decimal: Literal[".", ","] = "."
    """Decimal sign in CSV files."""
    separator: Literal[",", ";", "\t"] = ","
    """Column separator in CSV files."""
