"""What the steps of one job share: its settings, its engine, its data, its output folder."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from winback.config import Job, LoadedJob
from winback.errors import DataError, UsageError
from winback.files import read_record
from winback.publishing.layout import MANIFEST
from winback.workflows.output import OutputFolder
from winback.workflows.reporter import Quiet, Reporter

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

    from winback.data.identity import CustomerIds
    from winback.data.tables import Transactions
    from winback.evaluation.past import Past
    from winback.features.gaps import AutoHorizon
    from winback.registry.load import LoadedModel
    from winback.registry.store import Store


class Session(OutputFolder):
    """One command at work on one job.

    Parameters
    ----------
    loaded
        The job.
    out
        The output folder. Unset: the job's `output`, or `outputs/NAME`.
    reporter
        Who is told of the progress. Unset: nobody.
    today
        The last day on which a purchase can have happened; later rows are rejected. Unset:
        the job's `as_of`.

    Examples
    --------
    >>> with Session(load_job("shop.yaml")) as session:  # doctest: +SKIP
    ...     session.transactions.counts.accepted
    """

    def __init__(
        self,
        loaded: LoadedJob,
        *,
        out: Path | None = None,
        reporter: Reporter | None = None,
        today: date | None = None,
    ) -> None:
        self.loaded = loaded
        super().__init__(Path(out or loaded.job.output or Path("outputs") / loaded.job.name))
        self.reporter: Reporter = reporter or Quiet()
        self.today = today
        self.champions: dict[str, LoadedModel] | None = None  # see `winback.workflows.score`

    @property
    def job(self) -> Job:
        """The job's settings."""
        return self.loaded.job

    def _close(self) -> None:
        if "engine" in self.__dict__:
            self.engine.disconnect()

    # ------------------------------------------------------------------ results

    def require(self, name: str, command: str) -> Path:
        """Return the result `name` of the job's date, or say which command makes it.

        Raises
        ------
        UsageError
            There is none yet.
        DataError
            There is one, of another date.
        """
        path = self.find(name)
        hint = f"run `winback {command} {self.loaded.path.name}` first"
        if path is None:
            raise UsageError(f"there is no {name} yet", where=str(self.out), hint=hint)
        made = _day_of(path) if path.suffix == ".parquet" else None
        if made not in (None, self.job.as_of):
            raise DataError(
                f"{name} is of another date",
                where=str(path),
                got=made,
                allowed=str(self.job.as_of),
                hint=hint,
            )
        return path

    # ------------------------------------------------------------------ manifest

    @property
    def manifest(self) -> dict[str, Any]:
        """What this and earlier commands on the same job and date have recorded."""
        if self._manifest is None:
            fixed = {
                "name": self.job.name,
                "as_of": self.job.as_of.isoformat(),
                "config_hash": self.loaded.config_hash,
                "package_version": version("winback"),
            }
            earlier = read_record(self.earlier / MANIFEST)
            same = all(earlier.get(key) == value for key, value in fixed.items())
            self._manifest = {**earlier, **fixed} if same else dict(fixed)
        return self._manifest

    # ------------------------------------------------------------------ data

    @cached_property
    def engine(self) -> Any:
        """The embedded engine; it spills to the staging folder."""
        from winback.data.connect import open_engine

        compute = self.job.compute
        return open_engine(self.stage, memory_limit=compute.memory_limit, threads=compute.threads)

    @cached_property
    def transactions(self) -> Transactions:
        """The purchases known at `as_of`, checked and typed."""
        return self.read_transactions(until=self.job.as_of)

    def read_transactions(self, *, until: date) -> Transactions:
        """Read the purchases up to the end of the day `until`."""
        from winback.data.intake import read_transactions

        settings = self.job.data.transactions
        with self.reporter.step("Reading purchases"):
            transactions = read_transactions(
                self.loaded.resolve_all(settings.source),
                table=settings.table,
                query=settings.query,
                columns=settings.columns or None,
                filter=settings.filter,
                timezone=self.job.timezone,
                currency=self.job.currency,
                zero_amounts=settings.zero_amounts,
                refunds=settings.refunds,
                deduplicate=settings.deduplicate,
                max_rejected_share=settings.max_rejected_share,
                as_of=until,
                not_after=max(self.today or until, until),
                ids=self.customer_ids,
                engine=self.engine,
            )
        for note in transactions.notes:
            self.reporter.warn(note)
        counts = asdict(transactions.counts)
        self.manifest["intake"] = {**counts, "has_amounts": transactions.has_amounts}
        self.manifest["data_fingerprint"] = transactions.fingerprint
        return transactions

    @cached_property
    def past(self) -> Past:
        """What is known at `as_of`, and everything that is ever made of it."""
        from winback.evaluation.past import Past

        return Past(self.transactions, self.job.as_of, events=self.events)

    @cached_property
    def churn_horizon_days(self) -> int:
        """The churn horizon that a training asks for: the job's or, under `auto`, the data's."""
        given = self.job.churn_horizon_days
        return given or self.auto_horizon.days

    @cached_property
    def auto_horizon(self) -> AutoHorizon:
        """The churn horizon as it is read from the gaps between purchases."""
        from winback.features.gaps import auto_horizon

        known = self.transactions
        read = auto_horizon(
            known.table,
            self.job.as_of,
            count_zero=known.count_zero,
            quantile=self.job.churn.horizon_quantile,
            history_days=(self.job.as_of - self.past.first_day).days,
        )
        self.manifest["churn_horizon"] = asdict(read)
        self.reporter.say(f"churn horizon: {read.reason}")
        return read

    @cached_property
    def training_key(self) -> str:
        """Digest of everything that decides what a training ends in."""
        from winback.registry.runs import job_key

        # the same rows count differently where days of amount zero are purchases
        known = self.transactions
        data = f"{known.fingerprint} {known.count_zero} {known.has_amounts}"
        data += f" {self.events_fingerprint}"
        job = self.job.model_dump(mode="json")
        del job["value"]["referral_decay"]  # said of scores, learned by no model
        inner = {"name", "horizon_days", "margin", "discount_rate", "random_state", "value"}
        # what a warning costs has a say in which churn candidate is chosen
        warning = job["lists"]["churn_warning"]
        economics = {name: warning[name] for name in ("save_rate", "contact_cost", "offer_cost")}
        return job_key(
            {key: job[key] for key in sorted(inner | {"churn", "tiers"})} | {"warning": economics},
            data=data,
            as_of=self.job.as_of,
            version=version("winback"),
        )

    @cached_property
    def events(self) -> ir.Table | None:
        """What customers did besides buying, if the job names such a table."""
        return self._further_table("events")

    @cached_property
    def events_fingerprint(self) -> str:
        """Digest of the events; empty where there are none."""
        from winback.data.intake import fingerprint

        return "" if self.events is None else fingerprint(self.engine, self.events.get_name())

    @cached_property
    def customers(self) -> ir.Table | None:
        """What is known of customers besides purchases, if the job names such a table."""
        return self._further_table("customers")

    def read_frame(self, name: str) -> pd.DataFrame | None:
        """Read `customers` or `contacts` as known at `as_of`, if the job names such a table."""
        table = self.customers if name == "customers" else self._further_table(name)
        return None if table is None else table.to_pyarrow().to_pandas()

    def read_further(self, name: str) -> ir.Table | None:
        """Read `customers`, `events` or `contacts`, and count whom of them bought."""
        return self._further_table(name) if name == "contacts" else getattr(self, name)

    def _further_table(self, name: str) -> ir.Table | None:
        settings = getattr(self.job.data, name)
        if settings is None:
            self.manifest.get("matches", {}).pop(name, None)
            return None
        from winback.data.events import read_table

        with self.reporter.step(f"Reading {name}"):
            read = read_table(
                name,
                self.loaded.resolve_all(settings.source),
                columns=settings.columns or None,
                table=settings.table,
                query=settings.query,
                timezone=self.job.timezone,
                as_of=self.job.as_of,
                ids=self.customer_ids,
                engine=self.engine,
            )
        for reason, n in read.reasons.items():
            self.reporter.warn(f"{n:,} rows of {name} rejected: {reason}")
        self._match(name, read.table, f"data.{name}")
        return read.table

    @cached_property
    def customer_ids(self) -> CustomerIds:
        """How identifiers of customers are read, in every table."""
        from winback.data.identity import CustomerIds

        return CustomerIds(**self.job.data.customer_ids.model_dump())

    def _match(self, name: str, table: ir.Table, label: str) -> None:
        """Count how many of a table's customers bought; stop where permissions meet nobody."""
        from winback.data.matching import match, refuse_if_few

        found = match(self.engine, self.transactions.table, table, name)
        self.manifest.setdefault("matches", {})[name] = {
            key: getattr(found, key) for key in ("ids", "matched", "customers", "mended", "mending")
        }
        settings = getattr(self.job.data, name)
        if "opt_out" in table.columns and not settings.accept_unmatched:
            refuse_if_few(found, label)
        if found.few:
            self.reporter.warn(str(found))

    @cached_property
    def store(self) -> Store:
        """Where runs and models are kept."""
        from winback.registry.store import open_store

        tracking = self.job.tracking
        return open_store(tracking.uri, artifacts=tracking.artifacts)


def _day_of(path: Path) -> date | None:
    """Return the date that a result's rows bear; None where it has no rows."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(1, columns=["as_of"]):
            day = batch.column(0)[0].as_py()
            return day.date() if isinstance(day, datetime) else day
    return None
