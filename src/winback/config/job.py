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
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import Field, PositiveInt, field_validator, model_validator

from winback.config.base import Days, Settings, Share
from winback.config.list_settings import ListSettings
from winback.config.model_settings import ChurnSettings, TierSettings, ValueSettings
from winback.errors import Sentence
from winback.messages.allowed_values import one_of
from winback.messages.catalogue import languages


def _paths(source: str | dict[str, str]) -> tuple[str, ...]:
    return (source,) if isinstance(source, str) else tuple(source.values())


class TransactionsSettings(Settings):
    """Where purchases come from, and how a row becomes a purchase."""

    source: str | dict[str, str]
    """A path or glob (CSV, Parquet), a database URL, `sample:cdnow`; or several by name."""
    table: str | None = None
    """The table to read, where `source` is a database URL."""
    query: str | None = None
    """The SQL query to read from a database URL, or over the names of several sources."""
    encoding: str | None = None
    """How text in files is encoded, such as cp1252. Unset: told by their bytes."""
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
            raise ValueError(Sentence("give table or query, not both"))
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        """The paths or URLs, one or several."""
        return _paths(self.source)


class TableSettings(Settings):
    """Where a further table comes from."""

    source: str | dict[str, str]
    """A path or glob (CSV, Parquet), or a database URL; or several by name."""
    table: str | None = None
    """The table to read, where `source` is a database URL."""
    query: str | None = None
    """The SQL query to read from a database URL, or over the names of several sources."""
    encoding: str | None = None
    """How text in files is encoded, such as cp1252. Unset: told by their bytes."""
    columns: dict[str, str] = Field(default_factory=dict)
    """Our column: the source's column, or a SQL expression over the source's columns."""
    accept_unmatched: bool = False
    """Of customers with an opt_out: go on although few of them are among those who bought."""

    @property
    def sources(self) -> tuple[str, ...]:
        """The paths or URLs, one or several."""
        return _paths(self.source)


class CustomerIdSettings(Settings):
    """How identifiers of customers are read, in every table."""

    normalise: bool = True
    """Whether cells that differ by nothing visible, or by an e-mail's case, are one customer."""
    guests: tuple[str, ...] = ()
    """More cells that stand for nobody, besides `guest`, `游客` and the like; left out."""
    any_share: bool = False
    """Whether one customer may hold most of the rows, or look like a rounded `8.61E+12`."""


class IdentitySettings(TableSettings):
    """What ids of customers were seen with, and when two of them are one person."""

    rules: tuple[tuple[str, ...], ...] = (
        ("union_id",),
        ("member_number",),
        ("email",),
        ("phone",),
    )
    """Kinds that must all agree, the most trusted rule first."""
    unique: tuple[str, ...] = ("union_id", "member_number", "email")
    """Kinds of which a person has one: a link that would give them two is dropped."""
    most_ids: Annotated[int, Field(ge=2)] = 10
    """A value that more ids carry is a till's or a placeholder, and links nobody."""
    region: Annotated[str, Field(pattern="^[A-Za-z]{2}$")] | None = None
    """Whose telephone numbers come without a country's code, such as CN."""
    apart: tuple[tuple[str, str], ...] = ()
    """Pairs of ids that are two persons, whatever agrees; takes a merge back."""


class DataSettings(Settings):
    """The tables in. Only `transactions` is required."""

    transactions: TransactionsSettings
    """The purchases: customer_id, timestamp, amount."""
    customer_ids: CustomerIdSettings = CustomerIdSettings()
    """How identifiers of customers are read, in every table."""
    pseudonyms: bool = False
    """Whether customers bear pseudonyms in everything that is written, by the key in the file that
    WINBACK_PERSONAL_KEY_FILE names; `winback pseudonymise` writes who is who."""
    identities: IdentitySettings | None = None
    """Which ids are one person: customer_id with phone, email, union_id and the like."""
    customers: TableSettings | None = None
    """One row a customer: opt_out, contactable_channels and more."""
    events: TableSettings | None = None
    """What customers did besides buying: customer_id, timestamp, event."""
    contacts: TableSettings | None = None
    """Whom one has written to: customer_id, timestamp, channel."""
    spend: TableSettings | None = None
    """What winning customers costs: timestamp (a day), channel, amount."""


class TrackingSettings(Settings):
    """Where runs and models are kept."""

    uri: str | None = None
    """An MLflow server or store. Unset: SQLite at models/local/mlflow.db."""
    artifacts: str | None = None
    """Where artifacts are kept. Unset: models/local/artifacts, or the server's own place."""


class IndicatorSettings(Settings):
    """What `winback indicators` computes."""

    catalogue: str | None = None
    """A YAML file with definitions of your own, beside those that winback brings."""
    grains: tuple[Literal["day", "week", "month", "quarter", "year", "all"], ...] = ("month",)
    """How time is cut; weeks begin on Monday, `all` is everything at once."""
    segments: tuple[Literal["acquisition_channel", "cohort", "tier"], ...] = (
        "acquisition_channel",
        "cohort",
        "tier",
    )
    """By what customers are told apart, where it is known; besides the channel of a purchase."""


class AlertSettings(Settings):
    """What `winback alerts` watches."""

    presets: tuple[str, ...] = ("orders_band", "revenue_band", "new_customers_band")
    """Which of the rules that winback brings are on."""
    rules: str | None = None
    """A YAML file with rules and benchmarks of your own; a rule with a preset's id replaces it."""
    notes: str | None = None
    """A CSV file of what people wrote down: rule, action, on, by; optionally segment, until."""


class AcquisitionSettings(Settings):
    """How `winback channels` judges the channels that customers are won through."""

    age_days: Annotated[int, Field(ge=7, le=1825)] = 365
    """The common age at which customers are compared: what they brought by then."""
    lag_days: Annotated[int, Field(ge=0, le=365)] = 0
    """Money works so many days before the first purchase that it leads to."""
    load: Annotated[float, Field(ge=0, le=10)] = 0.0
    """A share added to all spend, for people, tools and agencies."""
    grain: Literal["month", "quarter"] = "month"
    """How first purchases are put together into cohorts."""


class CampaignSettings(Settings):
    """How `winback campaigns` plans the looks at campaigns."""

    effect: Annotated[float, Field(gt=0)] | None = None
    """What a look is to show: margin, net of cost, per treated customer. Unset:
    `lists.win_back.uplift_prior` times the mean margin of a purchase day."""
    looks: Annotated[int, Field(ge=1, le=52)] = 12
    """How many looks a campaign has that goes on while outcomes become known."""
    power: Annotated[float, Field(ge=0.5, le=0.99)] = 0.8
    """The chance to show the effect, if it is there."""
    treated_share: dict[str, Annotated[float, Field(gt=0, lt=1)]] = Field(default_factory=dict)
    """The share of treated that was drawn, by campaign, such as `{may: 0.5}`: sizes of arms that no
    chance gives are not compared. Known without a word for the job's own lists."""


class Split(Settings):
    """One look back: train at `as_of`, compare with what happened until `until`."""

    as_of: date
    """The last day that is known."""
    until: date
    """The last day of the comparison."""

    @model_validator(mode="after")
    def _forward(self) -> Split:
        if self.until <= self.as_of:
            raise ValueError(
                Sentence(
                    "until ({until}) must be after as_of ({as_of})",
                    until=self.until,
                    as_of=self.as_of,
                )
            )
        return self


class FolderSettings(Settings):
    """A folder with a part of the results, for people who are to see no more."""

    path: str
    """The folder; relative to the YAML, and outside of the output folder."""
    group: str | None = None
    """Whose it is: a group of this machine's users. Unset: the group of whoever runs winback."""


class FoldersSettings(Settings):
    """Parts of the results that can be granted apart; the output folder has all of them."""

    operators: FolderSettings | None = None
    """The lists to act on, for people: churn_warning.csv, win_back.csv, lists.xlsx."""
    analysts: FolderSettings | None = None
    """Scores, lists with all columns, evaluation, figures, report; no rejected rows, no merges."""

    @property
    def any(self) -> bool:
        """Whether any is granted."""
        return self.operators is not None or self.analysts is not None


class BackupSettings(Settings):
    """Where `winback backup` keeps results and models, and for how long."""

    folder: str | None = None
    """The folder of the backups; relative to the YAML."""
    keep_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    """`winback backup` deletes older ones. Unset: none is deleted."""


class BacktestSettings(Settings):
    """What `winback backtest` looks back at."""

    splits: tuple[Split, ...] = ()
    """The dates to look back from, and until when: at most `as_of`, unless later rows follow."""


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

    name: Annotated[str, Field(pattern=r"^[^\W_][\w-]{0,63}$")]
    """The job's name: its output folder, its experiment and its models are called by it."""
    as_of: date
    """The last day that is known. `--as-of` overrides it."""
    data: DataSettings
    """The tables in."""
    language: str = Field(default="en", json_schema_extra={"enum": list(languages())})
    """In which lists, report and command line speak: English, or Simplified Chinese (`zh`)."""
    report_names: bool = True
    """Whether the report names the customers that come first on the lists. `false`: only their
    places in the files."""
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
    access: Literal["owner", "group", "everyone"] = "owner"
    """Who may read what a command writes: lists, scores and models name customers."""
    output: str | None = None
    """The output folder. Unset: outputs/NAME under the working directory."""
    folders: FoldersSettings = Field(default_factory=FoldersSettings)
    """Parts of the results that can be granted apart."""
    backups: BackupSettings = Field(default_factory=BackupSettings)
    """Where `winback backup` keeps results and models, and for how long."""
    backtest: BacktestSettings = Field(default_factory=BacktestSettings)
    """What `winback backtest` looks back at."""
    indicators: IndicatorSettings = Field(default_factory=IndicatorSettings)
    """What `winback indicators` computes."""
    alerts: AlertSettings = Field(default_factory=AlertSettings)
    """What `winback alerts` watches."""
    acquisition: AcquisitionSettings = Field(default_factory=AcquisitionSettings)
    """How `winback channels` judges the channels that customers are won through."""
    campaigns: CampaignSettings = Field(default_factory=CampaignSettings)
    """How `winback campaigns` plans the looks at campaigns."""
    compute: ComputeSettings = Field(default_factory=ComputeSettings)
    """How much of this machine a job may use."""

    @model_validator(mode="before")
    @classmethod
    def _language_where_it_stood(cls, data: Any) -> Any:
        """Read `report.language`, as the key was called before lists had a language too."""
        report = data.get("report") if isinstance(data, dict) else None
        if not isinstance(report, dict) or set(report) != {"language"}:
            return data
        if data.get("language", report["language"]) != report["language"]:
            raise ValueError(
                Sentence("language and report.language are one setting: keep language")
            )
        return {**{k: v for k, v in data.items() if k != "report"}, **report}

    @field_validator("language")
    @classmethod
    def _has_a_catalogue(cls, language: str) -> str:
        if language not in languages():
            raise ValueError(one_of(list(map(repr, languages()))))
        return language

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(Sentence("a time zone's name, such as UTC or Asia/Shanghai"))
        return value

    @model_validator(mode="after")
    def _nobody_is_named_to_whom_a_part_is_granted(self) -> Job:
        if self.folders.any and not self.data.pseudonyms:
            raise ValueError(
                Sentence("folders need data.pseudonyms: true: an id may be a telephone number")
            )
        return self

    @model_validator(mode="after")
    def _somebody_can_be_called_back(self) -> Job:
        active, window = self.churn.active_within_days, self.lists.win_back.window_days
        if active is not None and window <= active:
            raise ValueError(
                Sentence(
                    "lists.win_back.window_days ({window}) must be above churn.active_within_days "
                    "({active}): nobody is dormant and inside the window",
                    window=window,
                    active=active,
                )
            )
        return self

    @property
    def amounts(self) -> str:
        """What amounts to come are of: `margin` or, where it is unset or all of it, `revenue`."""
        return "margin" if self.margin < 1 else "revenue"

    @property
    def churn_horizon_days(self) -> int | None:
        """The churn horizon that the job gives; None: it is read from the data (`auto`)."""
        given = self.churn.horizon_days
        return None if given == "auto" else given or self.horizon_days
