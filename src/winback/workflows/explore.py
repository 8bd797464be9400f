"""`winback.open_job`: a job's YAML opened for exploring, with nothing of the job's own touched."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from winback.cards import Table, card
from winback.config import Job, LoadedJob, load_job
from winback.workflows.work import Work

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

    from winback.data.contracts import Transactions
    from winback.estimators.churn.churn_model import ChurnModel
    from winback.estimators.tiers.value_tiers import ValueTiers
    from winback.estimators.value.customer_value import CustomerValueModel
    from winback.evaluation.churn_forward import ChurnData
    from winback.evaluation.past import Past
    from winback.evaluation.windows import Window
    from winback.scoring.view import Scores


def open_job(
    path: Path | str,
    *,
    as_of: date | str | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> OpenJob:
    """Open a job for exploring: its settings, its purchases, and models made as it wants them.

    Nothing is written but a temporary folder, which goes with the object.

    Parameters
    ----------
    path
        The job's YAML.
    as_of
        Another last known day than the job's.
    overrides
        Other settings by dotted key, such as ``{"churn.active_within_days": 180}``.

    Raises
    ------
    ConfigError
        The job cannot be read, or a setting is not possible.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "shop.yaml"
    >>> _ = file.write_text('''
    ... name: shop
    ... as_of: 1998-06-30
    ... data: {transactions: {source: sample:cdnow-tenth}}
    ... ''')
    >>> job = open_job(file)
    >>> job.purchases
    <Transactions: 6,919 of 6,919 rows, 2,357 customers, 1997-01-01 to 1998-06-30>
    >>> job.rfm(as_of="1997-09-30").shape
    (2357, 5)
    """
    given = {**(overrides or {}), **({} if as_of is None else {"as_of": _day(as_of)})}
    return OpenJob(load_job(path, overrides=given))


class OpenJob:
    """A job, opened for exploring; made by `open_job`.

    Attributes
    ----------
    settings
        Every setting, defaults included.
    """

    def __init__(self, loaded: LoadedJob) -> None:
        self.loaded = loaded
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="winback-"))
            self._work = stack.enter_context(Work(loaded, out=Path(folder)))
            self._close = weakref.finalize(self, stack.pop_all().close)

    @property
    def settings(self) -> Job:
        """The job's settings."""
        return self.loaded.job

    @property
    def name(self) -> str:
        """The job's name."""
        return self.settings.name

    @property
    def as_of(self) -> date:
        """The last day that is known."""
        return self.settings.as_of

    @property
    def purchases(self) -> Transactions:
        """The purchases known at `as_of`, checked and typed; read when first asked for."""
        return self._work.tables.transactions

    @property
    def past(self) -> Past:
        """What is known at `as_of`; `past.at(day)` is what was known before."""
        return self._work.tables.past

    @property
    def events(self) -> ir.Table | None:
        """What customers did besides buying, if the job names such a table."""
        return self._work.tables.events

    @property
    def customers(self) -> pd.DataFrame | None:
        """What is known of customers besides purchases, if the job names such a table."""
        return self._work.tables.read_frame("customers")

    def rfm(self, as_of: date | str | None = None) -> pd.DataFrame:
        """Return frequency, recency, T and monetary value of every customer, in days."""
        from winback.features.rfm import rfm_summary

        return rfm_summary(self.purchases, as_of=_day(as_of or self.as_of))

    def indicators(self, as_of: date | str | None = None) -> pd.DataFrame:
        """Return every indicator over time, as it was known at a date: see `docs/indicators.md`.

        One row an indicator, period and segment, with its interval, ``n``, and whether it is
        ``mature``; tiers are not told apart, which were scored elsewhere.
        """
        import pandas as pd

        from winback.workflows.indicators import compute

        work = self._work
        job = self.settings.model_copy(update={"as_of": _day(as_of or self.as_of)})
        made = compute(work.settings, job, work.tables, work.results, work.reporter)
        return pd.concat([one.table for one in made.values()], ignore_index=True)

    def features(self, as_of: date | str | None = None) -> pd.DataFrame:
        """Describe every customer at a date by all behaviour features."""
        past = self.past.at(_day(as_of or self.as_of))
        table = past.behaviour(self.churn_horizon_days, event_types=past.event_types)
        frame: pd.DataFrame = table.order_by("customer_id").to_pyarrow().to_pandas()
        return frame

    @property
    def churn_horizon_days(self) -> int:
        """The churn horizon in days: the job's or, under `auto`, the data's."""
        return self._work.tables.churn_horizon_days

    # ------------------------------------------------------------------ looking back

    def window(self, target: Literal["value", "churn"] = "value") -> Window:
        """Return the last days that are known, to be held out: a cut-off and what came after it.

        As long as the target's horizon, or half of the history where that is shorter.

        Raises
        ------
        NotEnoughDataError
            History is too short to hold anything out.
        """
        from winback.errors import NotEnoughDataError

        churn = target == "churn"
        days = self.churn_horizon_days if churn else self.settings.value.horizon_days
        gap = self.settings.churn.gap_days if churn else 0
        window, note = self.past.last_window(days, gap)
        if window is None:
            raise NotEnoughDataError(note)
        return window

    def outcomes(self, window: Window, customers: pd.Series[str]) -> pd.DataFrame:
        """Return what customers did in a window: ``purchases``, ``revenue``, ``churned``."""
        return self.past.outcomes(window, customers)

    def churn_data(self, window: Window | None = None) -> ChurnData:
        """Return labelled snapshots to learn churn from, and the active customers to score.

        Parameters
        ----------
        window
            From whose cut-off one looks, such as `window("churn")`; None: from `as_of` on.
        """
        from winback.evaluation.churn_forward import ChurnData
        from winback.workflows.evaluate import churn_settings

        window = window or self._ahead()
        return ChurnData(self.past.at(window.as_of), window, churn_settings(self.settings))

    # ------------------------------------------------------------------ models

    def value_model(self, **params: Any) -> CustomerValueModel:
        """Return an unfitted value model with the job's horizon and economics.

        Where the job lets a contest choose, MBG/NBD with Gamma-Gamma on all purchase days, which
        the features of `features` can tell; a job without amounts gets no spend model.
        """
        from winback.estimators.spend.gamma_gamma import GammaGammaModel
        from winback.estimators.value.customer_value import CustomerValueModel

        wanted = self.settings.value.purchase_model
        given: dict[str, Any] = {
            "purchase_model": "modified_beta_geo" if wanted == "auto" else wanted,
            "spend_model": GammaGammaModel("all") if self.purchases.has_amounts else None,
            "horizon_days": self.settings.value.horizon_days,
            "margin": self.settings.margin,
            "discount_rate": self.settings.discount_rate,
            "random_state": self.settings.random_state,
        }
        return CustomerValueModel(**{**given, **params})

    def fit_churn(self, data: ChurnData, window: Window | None = None, **params: Any) -> ChurnModel:
        """Fit the churn contest on labelled snapshots, as the job wants it.

        Parameters
        ----------
        data, window
            From, and as of, `churn_data`.
        **params
            Other parameters of `ChurnModel`.

        Raises
        ------
        NotEnoughDataError
            No snapshot has an outcome yet, or there are too few customers.
        """
        from winback.evaluation.churn_forward import fit_churn
        from winback.workflows.evaluate import churn_recipe

        recipe = churn_recipe(self.settings)
        wanted = {**recipe, "params": {**recipe["params"], **params}}
        return fit_churn(wanted, data, window or self._ahead(), self.settings.random_state)

    def tiers_model(self, **params: Any) -> ValueTiers:
        """Return unfitted value tiers, as the job wants them."""
        from winback.estimators.tiers.value_tiers import ValueTiers

        given = self.settings.tiers.model_dump() | {"random_state": self.settings.random_state}
        return ValueTiers(**given | params)

    def score(self, value: CustomerValueModel, churn: ChurnModel, tiers: ValueTiers) -> Scores:
        """Score every customer at `as_of` with three fitted models, as the nightly job does."""
        from winback.scoring.score import Scorer
        from winback.scoring.view import Scores

        settings = self.settings
        scorer = Scorer(
            value=value,
            churn=churn,
            tiers=tiers,
            as_of=self.as_of,
            value_horizon_days=settings.value.horizon_days,
            horizon_days=settings.horizon_days,
            churn_horizon_days=churn.horizon_days,
            gap_days=churn.gap_days,
            active_within_days=settings.churn.active_within_days,
            has_amounts=self.purchases.has_amounts,
            versions={"value_version": 0, "churn_version": 0, "tiers_version": 0, "run_id": ""},
        )
        return Scores(scorer.score(self.features()))

    def _ahead(self) -> Window:
        from datetime import timedelta

        from winback.evaluation.windows import Window

        gap = self.settings.churn.gap_days
        until = self.as_of + timedelta(days=gap + self.churn_horizon_days)
        return Window(self.as_of, until, gap)

    # ------------------------------------------------------------------ what it says of itself

    def __repr__(self) -> str:
        """Return one line: which job, and as of when."""
        return f"<OpenJob: {self.name} as of {self.as_of}>"

    def _repr_html_(self) -> str:
        """Return a card for a notebook: the settings that decide what is predicted."""
        job, tables = self.settings, self.loaded.shown["data"]
        facts = {
            "as of": job.as_of,
            **{
                name: source if isinstance(source, str) else ", ".join(source.values())
                for name, table in tables.items()
                if (source := table.get("source")) is not None
            },
            "value is about": f"the next {job.value.horizon_days} days",
            "churn is": "no purchase in a time read from the gaps between purchases"
            if job.churn.horizon_days == "auto"
            else f"no purchase in {job.churn_horizon_days} days",
            "active": f"bought within {job.churn.active_within_days} days"
            if job.churn.active_within_days
            else "everybody",
            "margin": job.margin,
            "currency": job.currency,
            "left at defaults": f"{len(self.loaded.defaults)} settings",
        }
        written = [line.partition(" = ")[::2] for line in self.loaded.written]
        headings = ("name", "as_of", "currency", "margin", "backtest.splits")
        rows = [row for row in written if row[0] not in headings and not row[0].endswith(".source")]
        table = Table(("further settings", "value"), rows)
        return card(f"Job {self.name}", facts, tables=[table])


def _day(value: date | str) -> date:
    return date.fromisoformat(str(value)[:10])
