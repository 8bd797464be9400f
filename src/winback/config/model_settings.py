"""Settings of the three models: value, churn and tiers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from winback.config.base import Days, Settings

_DAY, _MOMENT = r"\d{2}-\d{2}", r"\d{4}-\d{2}-\d{2}"
BusyPeriod = Annotated[str, Field(pattern=rf"^({_DAY}(/{_DAY})?|{_MOMENT}(/{_MOMENT})?)$")]


class ValueSettings(Settings):
    """The value model: how often a customer will buy, and for how much."""

    horizon_days: Days = 365
    """Predicted value is about (as_of, as_of + horizon_days]."""
    purchase_model: Literal[
        "auto", "beta_geo", "modified_beta_geo", "pareto_nbd", "regular_beta_geo", "rate"
    ] = "auto"
    """A purchase model by name; `auto` lets a contest inside the known past choose."""
    busy_days: tuple[BusyPeriod, ...] = ()
    """Periods in which more is bought, or less: `11-15/12-24` every year, `2026-02-10/2026-02-17`
    once, for feasts that move; a single day without `/`. If the horizon holds some, the level of
    the same days a year before is learned from where 90 days of history lie before them, and the
    intervals reach as far; of busy days that were not seen, they are wider. No prediction moves."""
    referral_decay: Annotated[float, Field(ge=0, le=1)] = 0.5
    """What counts of each further generation of customers brought by customers; 0: only those
    whom one brought oneself, 1: all alike."""


class SnapshotSettings(Settings):
    """The past dates from which the churn model learns."""

    count: PositiveInt = 6
    """At most so many snapshots, the newest first."""
    every_days: Days = 30
    """Days between two snapshots."""
    min_history_days: Days = 60
    """A snapshot needs so many days of purchases before it."""


class LightGBMSettings(Settings):
    """LightGBM's parameters, as `winback train --tune N` prints them. Unset: our defaults."""

    num_leaves: Annotated[int, Field(ge=2, le=255)] | None = None
    """The most leaves of a tree."""
    min_child_samples: PositiveInt | None = None
    """The fewest customers in a leaf."""
    learning_rate: Annotated[float, Field(gt=0, le=1)] | None = None
    """How much each tree adds."""
    n_estimators: Annotated[int, Field(ge=1, le=5000)] | None = None
    """How many trees."""
    subsample: Annotated[float, Field(gt=0, le=1)] | None = None
    """The share of rows that a tree sees."""
    colsample_bytree: Annotated[float, Field(gt=0, le=1)] | None = None
    """The share of features that a tree sees."""
    reg_lambda: Annotated[float, Field(ge=0)] | None = None
    """L2 penalty of the leaves."""

    @property
    def given(self) -> dict[str, float]:
        """The parameters that the job gives."""
        return self.model_dump(exclude_none=True)


class ChurnSettings(Settings):
    """The churn model: P(no purchase in the horizon)."""

    horizon_days: Days | Literal["auto"] | None = None
    """The days of silence that count as churn. Unset: the job's `horizon_days`; `auto`: read from
    the gaps between purchases."""
    horizon_quantile: Annotated[float, Field(gt=0, lt=1)] = 0.9
    """Under `auto`, the horizon holds this share of the gaps between purchases."""
    gap_days: Annotated[int, Field(ge=0, le=3660)] = 0
    """Days between `as_of` and the beginning of the window, for a team that needs time to act."""
    active_within_days: Days | None = 365
    """Who bought within so many days is active, the others are dormant; null: everybody is."""
    snapshots: SnapshotSettings = Field(default_factory=SnapshotSettings)
    """The past dates from which the model learns."""
    calibration: Literal["auto", "none", "platt", "isotonic", "beta"] = "auto"
    """How scores become probabilities; `auto` lets the evidence over several snapshots decide."""
    tune: Annotated[int, Field(ge=0, le=1000)] = 0
    """Trials of a search for LightGBM's parameters (needs the extra `tune`). `--tune` sets it."""
    lightgbm: LightGBMSettings = Field(default_factory=LightGBMSettings)
    """LightGBM's parameters, where a search has found better ones."""


class TierSettings(Settings):
    """Value tiers: how many, and how they are called."""

    n_tiers: Annotated[int, Field(ge=2, le=6)] | Literal["auto"] = 3
    """How many value clusters to learn; `auto` lets a criterion choose."""
    method: Literal["kmeans", "gaussian_mixture"] = "kmeans"
    """How clusters are found."""
    min_tier_share: Annotated[float, Field(ge=0, le=0.3)] | None = None
    """A tier with a smaller share of the customers is pointed out, and under `auto` not made.
    Unset: .01, and .05 under `auto`."""
    scheme: Literal[
        "strategic/potential/long-tail",
        "potential/core/dormant",
        "new/potential/high-value/lost",
        "quadrant",
        "numbered",
    ] = "strategic/potential/long-tail"
    """How tiers are named. Names follow value (core before potential before dormant); with another
    number of tiers than names, and under `numbered`, they are tier-1, tier-2, and so on."""
