"""The settings of a job: frozen, every key described, unknown keys refused.

Examples
--------
>>> job = Job.model_validate(
...     {"name": "shop", "as_of": "2011-12-09", "data": {"transactions": {"source": "orders.csv"}}}
... )
>>> job.horizon_days, job.churn_horizon_days, job.value.horizon_days
(90, 90, 365)
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, field_validator, model_validator

Days = Annotated[int, Field(gt=0, le=3660)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Settings(BaseModel):
    """What every group of settings has in common."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        allow_inf_nan=False,
    )


class TransactionsSettings(Settings):
    """Where purchases come from, and how a row becomes a purchase."""

    source: str
    """A path or glob (CSV, Parquet), a database URL, or `sample:cdnow`, `sample:cdnow-tenth`."""
    table: str | None = None
    """The table to read, where `source` is a database URL."""
    query: str | None = None
    """The SQL query to read, where `source` is a database URL."""
    columns: dict[str, str] = Field(default_factory=dict)
    """Our column: the source's column, or a SQL expression over the source's columns."""
    filter: str | None = None
    """A SQL condition over the source's columns; rows that fail it are left out and counted."""
    zero_amounts: Literal["keep", "drop"] | None = None
    """Whether rows (and days) of amount zero are purchases. Unset: keep for a sample, else drop."""
    refunds: Literal["by_day", "by_order"] = "by_day"
    """Net a refund on its own day, or against the day of the order that it names."""
    deduplicate: bool = False
    """Reject a line that repeats an earlier line in every column."""
    max_rejected_share: Share = 0.05
    """More rejected rows than this share stop the job."""

    @model_validator(mode="after")
    def _one_of_table_and_query(self) -> TransactionsSettings:
        if self.table and self.query:
            msg = "give table or query, not both"
            raise ValueError(msg)
        return self


class TableSettings(Settings):
    """Where a further table comes from."""

    source: str
    """A path or glob (CSV, Parquet), or a database URL."""
    table: str | None = None
    """The table to read, where `source` is a database URL."""
    query: str | None = None
    """The SQL query to read, where `source` is a database URL."""
    columns: dict[str, str] = Field(default_factory=dict)
    """Our column: the source's column, or a SQL expression over the source's columns."""


class DataSettings(Settings):
    """The tables in. Only `transactions` is required."""

    transactions: TransactionsSettings
    """The purchases: customer_id, timestamp, amount."""
    customers: TableSettings | None = None
    """One row a customer: opt_out, contactable_channels and more."""
    events: TableSettings | None = None
    """What customers did besides buying: customer_id, timestamp, event."""
    contacts: TableSettings | None = None
    """Whom one has written to: customer_id, timestamp, channel."""


class ValueSettings(Settings):
    """The value model: how often a customer will buy, and for how much."""

    horizon_days: Days = 365
    """Predicted value is about (as_of, as_of + horizon_days]."""
    purchase_model: Literal["auto", "beta_geo", "rate"] = "auto"
    """A purchase model by name; `auto` lets a contest inside the known past choose."""


class SnapshotSettings(Settings):
    """The past dates from which the churn model learns."""

    count: PositiveInt = 6
    """At most so many snapshots, the newest first."""
    every_days: Days = 30
    """Days between two snapshots."""
    min_history_days: Days = 60
    """A snapshot needs so many days of purchases before it."""


class ChurnSettings(Settings):
    """The churn model: P(no purchase in the horizon)."""

    horizon_days: Days | None = None
    """The days of silence that count as churn. Unset: the job's `horizon_days`."""
    gap_days: Annotated[int, Field(ge=0, le=3660)] = 0
    """Days between `as_of` and the beginning of the window, for a team that needs time to act."""
    active_within_days: Days | None = 365
    """Who bought within so many days is active, the others are dormant; null: everybody is."""
    snapshots: SnapshotSettings = Field(default_factory=SnapshotSettings)
    """The past dates from which the model learns."""


class TierSettings(Settings):
    """Value tiers: how many, and how they are called."""

    n_tiers: Annotated[int, Field(ge=2, le=6)] = 3
    """How many value clusters to learn."""
    scheme: Literal[
        "strategic/potential/long-tail",
        "potential/core/dormant",
        "new/potential/high-value/lost",
        "numbered",
    ] = "strategic/potential/long-tail"
    """How tiers are named. Names follow value (core before potential before dormant); with another
    number of tiers than names, and under `numbered`, they are tier-1, tier-2, and so on."""


class ChurnWarningSettings(Settings):
    """The churn-warning list."""

    capacity: PositiveInt = 200
    """At most so many customers on the list: what the team can work through before it expires."""
    expires_days: Days = 14
    """A warning is good for so many days."""
    risk_thresholds: Annotated[tuple[Share, ...], Field(min_length=3, max_length=3)] = (
        0.5,
        0.7,
        0.85,
    )
    """P(churn) from which a customer is at risk, at high risk, at very high risk."""
    breach_thresholds: Annotated[tuple[float, ...], Field(min_length=2, max_length=2)] = (1.0, 2.0)
    """Silence in typical gaps of the customer's own, from which the rhythm is broken, badly so."""


class WinBackSettings(Settings):
    """The win-back list. It always has a budget, a capacity and a control group."""

    budget: Annotated[float, Field(gt=0)] = 250.0
    """The most that the list may cost, even if every offer is redeemed."""
    capacity: PositiveInt = 200
    """At most so many customers are contacted."""
    control_share: Annotated[float, Field(gt=0, le=0.5)] = 0.2
    """This share of the eligible is left alone, so that the effect can be measured."""
    contact_cost: Annotated[float, Field(ge=0)] = 0.10
    """What one contact costs."""
    offer_cost: Annotated[float, Field(ge=0)] = 2.0
    """What the offer costs when a contacted customer comes back and redeems it."""
    window_days: Days = 730
    """Who has been silent for longer is let go."""
    uplift_prior: Annotated[float, Field(gt=0, le=0.5)] = 0.02
    """Assumed gain in P(return) by contacting a customer who is alive, until it is measured."""
    expires_days: Days = 30
    """The list is good for so many days."""
    channel: str = "email"
    """Through which one writes; where `customers.contactable_channels` exists, it must name it."""
    offer: str = "voucher"
    """What one offers."""
    cooldown_days: Days = 30
    """Nobody is written to again within so many days (needs `data.contacts`)."""
    contact_cap: PositiveInt = 3
    """Nobody is written to who had so many contacts within `contact_cap_days`."""
    contact_cap_days: Days = 90
    """The days over which contacts are counted."""
    experiment: str | None = None
    """Name of the experiment that draws the control group. Unset: made from the job's name."""


class ListSettings(Settings):
    """The lists that operations act on."""

    churn_warning: ChurnWarningSettings = Field(default_factory=ChurnWarningSettings)
    """Active customers at risk."""
    win_back: WinBackSettings = Field(default_factory=WinBackSettings)
    """Dormant customers worth calling back."""
    bom: bool = True
    """Begin CSV files with a byte-order mark, so that Excel reads them as UTF-8."""
    decimal: Literal[".", ","] = "."
    """Decimal sign in CSV files."""
    separator: Literal[",", ";", "\t"] = ","
    """Column separator in CSV files."""


class TrackingSettings(Settings):
    """Where runs and models are kept."""

    uri: str | None = None
    """An MLflow server or store. Unset: SQLite at models/local/mlflow.db."""
    artifacts: str | None = None
    """Where artifacts are kept. Unset: models/local/artifacts, or the server's own place."""


class Split(Settings):
    """One look back: train at `as_of`, compare with what happened until `until`."""

    as_of: date
    """The last day that is known."""
    until: date
    """The last day of the comparison."""

    @model_validator(mode="after")
    def _forward(self) -> Split:
        if self.until <= self.as_of:
            msg = f"until ({self.until}) must be after as_of ({self.as_of})"
            raise ValueError(msg)
        return self


class BacktestSettings(Settings):
    """What `winback backtest` looks back at."""

    splits: tuple[Split, ...] = ()
    """The dates to look back from, and until when."""


class ComputeSettings(Settings):
    """How much of this machine a job may use."""

    chunk_rows: Annotated[int, Field(ge=1000, le=5_000_000)] = 50_000
    """Customers scored at a time; memory grows with it."""
    memory_limit: str | None = None
    """The engine's memory limit, such as 4GB; beyond it, the engine works on disk."""
    threads: PositiveInt | None = None
    """The engine's threads. Unset: all cores."""


class Job(Settings):
    """One job. Only `name`, `as_of` and `data.transactions.source` have no default."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
    """The job's name: its output folder, its experiment and its models are called by it."""
    as_of: date
    """The last day that is known. `--as-of` overrides it."""
    data: DataSettings
    """The tables in."""
    timezone: str = "UTC"
    """The time zone in which days are cut."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    """The one currency of all amounts (ISO 4217)."""
    horizon_days: Days = 90
    """Predictions are about (as_of, as_of + horizon_days] unless a target has its own horizon."""
    margin: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Margin as a share of the amount."""
    discount_rate: Annotated[float, Field(ge=0, lt=1)] = 0.10
    """Discount rate a year."""
    random_state: Annotated[int, Field(ge=0)] = 42
    """Seed wherever chance enters."""
    value: ValueSettings = Field(default_factory=ValueSettings)
    """The value model."""
    churn: ChurnSettings = Field(default_factory=ChurnSettings)
    """The churn model."""
    tiers: TierSettings = Field(default_factory=TierSettings)
    """Value tiers."""
    lists: ListSettings = Field(default_factory=ListSettings)
    """The lists that operations act on."""
    tracking: TrackingSettings = Field(default_factory=TrackingSettings)
    """Where runs and models are kept."""
    output: str | None = None
    """The output folder. Unset: outputs/NAME under the working directory."""
    backtest: BacktestSettings = Field(default_factory=BacktestSettings)
    """What `winback backtest` looks back at."""
    compute: ComputeSettings = Field(default_factory=ComputeSettings)
    """How much of this machine a job may use."""

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            msg = f"{value!r} is not a time zone; allowed: names such as UTC or Asia/Shanghai"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _somebody_can_be_called_back(self) -> Job:
        active, window = self.churn.active_within_days, self.lists.win_back.window_days
        if active is not None and window <= active:
            msg = (
                f"lists.win_back.window_days ({window}) must be above churn.active_within_days "
                f"({active}): nobody is dormant and inside the window"
            )
            raise ValueError(msg)
        return self

    @property
    def churn_horizon_days(self) -> int:
        """The churn horizon in force."""
        return self.churn.horizon_days or self.horizon_days
