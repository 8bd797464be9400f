"""Everything that is true of a simulated shop, with units, in one place."""

from __future__ import annotations

from dataclasses import dataclass

from winback.errors import UsageError


@dataclass(frozen=True)
class ShopParameters:
    """The truth from which a shop is drawn. All times are in days, all money in the shop's own.

    Attributes
    ----------
    season, drift
        Whether the common level has a season, and wanders (see `winback.data.simulate.demand`).
    dropout
        Without it nobody drops out, whatever complaints say.
    r, alpha
        Purchase rates are Gamma(shape `r`, rate `alpha` days): on average `r / alpha` orders a day.
    a, b
        P(drops out right after a repeat order) is Beta(`a`, `b`) over customers. With `r`, `alpha`
        this is the BG/NBD model (Fader, Hardie & Lee 2005, assumptions i to v): the first order
        starts the clock and nobody drops out at it, unless a complaint drives them away.
    p, q, v
        Spend is Gamma-Gamma (Fader & Hardie 2013): an order is Gamma(`p`, rate nu), nu over
        customers is Gamma(`q`, rate `v`); the mean order is `p * v / (q - 1)`.
    channels, channel_share
        By which channel customers are won, and the share of each; the shares add to 1.
    channel_rate, channel_dropout
        What a channel's customers have their purchase rate and their dropout multiplied by.
    level_sd, level_days
        With drift, the logarithm of the common level is a stationary AR(1) by day with this
        standard deviation and this time constant: it wanders slowly.
    months, weekdays
        Seasonal factors, January and Monday first; scaled to a mean of 1.
    refund_share, refund_full_share
        Share of orders with a refund 1 to 30 days later, and of these, in full; a complaint makes
        a refund `complaint_refund_share`.
    second_line_share
        Share of orders with two lines.
    complaint_share, resolved_share
        Share of orders followed by a complaint (1 to 10 days later), and of complaints resolved
        (1 to 14 days later).
    resolved_dropout, unresolved_dropout
        What a complaint adds to P(drops out at this order).
    visit_rate, visit_shape, tracked_share
        Visits a day of a customer who is tracked and in full swing: the mean, and the shape of its
        Gamma distribution over customers; share of customers whose visits are seen at all.
    fading_days, fading
        Visits fall to these shares of the rate: `fading_days` before the dropout, `fading_days`
        after it, and for ever after.
    share_share
        P(an order of a customer who never drops out is shared with friends).
    opt_out_share, no_email_share, sms_share
        Shares of customers: not to be written to, not reached by e-mail, reached by SMS.
    unknown_referrer_share
        Share of the referred whose referrer is not in the customer table.
    campaigns
        Earlier win-back campaigns: on which day before the last one.
    campaign_channel, campaign_cost
        How they were sent and what a contact cost.
    campaign_dormant
        Fewest and most days of silence of those in the campaign.
    campaign_treated_share
        P(arm is treated).
    response_days
        A contact works for so many days.
    channel_uplift
        Persuadability by acquisition channel: P(orders within `response_days` because of the
        contact | alive, would not have ordered). Below 0: P(annoyed; orders nothing in these days).
    spend_uplift
        Added per standard deviation of the logarithm of the customer's mean spend.
    complaint_uplift
        Added (it is negative) for a customer with an unresolved complaint.
    gone_response
        Who has dropped out is persuaded with this share of the probability.
    no_customer_share, bad_amount_share, ancient_share, future_share, duplicate_share
        Extra rows that no intake should take, as shares of the good rows: without a customer, with
        an amount that is no number, of the year 1753, of the year 2099, repeated.

    Examples
    --------
    >>> truth = ShopParameters()
    >>> round(truth.p * truth.v / (truth.q - 1), 2)
    60.0
    """

    season: bool = True
    drift: bool = True
    dropout: bool = True

    r: float = 0.55
    alpha: float = 40.0
    a: float = 0.8
    b: float = 3.2
    p: float = 6.0
    q: float = 4.0
    v: float = 30.0

    channels: tuple[str, ...] = ("search", "social", "referral", "marketplace")
    channel_share: tuple[float, ...] = (0.4, 0.25, 0.15, 0.2)
    channel_rate: tuple[float, ...] = (1.0, 0.8, 1.3, 0.7)
    channel_dropout: tuple[float, ...] = (1.0, 1.3, 0.7, 1.2)

    level_sd: float = 0.15
    level_days: float = 120.0
    months: tuple[float, ...] = (0.9, 0.85, 0.95, 1.0, 1.0, 0.95, 0.85, 0.85, 0.95, 1.05, 1.3, 1.35)
    weekdays: tuple[float, ...] = (1.0, 0.95, 0.95, 1.0, 1.1, 1.15, 0.85)

    refund_share: float = 0.04
    refund_full_share: float = 0.3
    complaint_refund_share: float = 0.4
    second_line_share: float = 0.35

    complaint_share: float = 0.05
    resolved_share: float = 0.75
    resolved_dropout: float = 0.1
    unresolved_dropout: float = 0.5

    visit_rate: float = 1 / 20
    visit_shape: float = 1.5
    tracked_share: float = 0.6
    fading_days: float = 45.0
    fading: tuple[float, float, float] = (0.5, 0.3, 0.05)
    share_share: float = 0.1

    opt_out_share: float = 0.06
    no_email_share: float = 0.1
    sms_share: float = 0.5
    unknown_referrer_share: float = 0.02

    campaigns: tuple[int, ...] = (641, 461, 281)
    campaign_channel: str = "email"
    campaign_cost: float = 0.10
    campaign_dormant: tuple[int, int] = (180, 730)
    campaign_treated_share: float = 0.5
    response_days: int = 90
    channel_uplift: tuple[float, ...] = (0.06, 0.12, 0.08, -0.05)
    spend_uplift: float = 0.03
    complaint_uplift: float = -0.15
    gone_response: float = 0.5

    no_customer_share: float = 0.006
    bad_amount_share: float = 0.003
    ancient_share: float = 0.002
    future_share: float = 0.001
    duplicate_share: float = 0.004

    def __post_init__(self) -> None:
        """Refuse what no shop can have."""
        for name in ("r", "alpha", "a", "b", "p", "v", "visit_shape", "level_days", "fading_days"):
            if not getattr(self, name) > 0:
                raise UsageError("not possible", where=name, got=getattr(self, name), allowed="> 0")
        if not self.q > 1:
            raise UsageError("spend has no mean", where="q", got=self.q, allowed="above 1")
        names = [name for name in vars(self) if name.endswith("_share") and name != "channel_share"]
        for name in names:
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(
                    "not a share", where=name, got=getattr(self, name), allowed="0 to 1"
                )
        lengths = {
            len(values)
            for values in (
                self.channels,
                self.channel_share,
                self.channel_rate,
                self.channel_dropout,
                self.channel_uplift,
            )
        }
        if len(lengths) != 1 or abs(sum(self.channel_share) - 1) > 1e-9:
            raise UsageError(
                "every channel needs a share, a rate, a dropout and an uplift; the shares add to 1",
                where="channels",
                got=self.channels,
            )

    @property
    def complaint_dropout(self) -> float:
        """P(an order drives its customer away by a complaint)."""
        resolved = self.resolved_share * self.resolved_dropout
        unresolved = (1 - self.resolved_share) * self.unresolved_dropout
        return self.complaint_share * (resolved + unresolved)
