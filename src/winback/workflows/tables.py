"""The tables of a job, each read once: purchases, and what else is known of customers."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from winback.config import LoadedJob
from winback.messages import Message, as_records
from winback.workflows.personal import PersonalData
from winback.workflows.reporter import Reporter
from winback.workflows.results import Results

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

    from winback.data.contracts import Transactions
    from winback.data.identity import CustomerIds
    from winback.data.persons import Persons
    from winback.evaluation.past import Past
    from winback.features.gaps import AutoHorizon


class JobTables:
    """What a job's tables hold at its `as_of`; each is read when it is first asked for.

    Parameters
    ----------
    settings
        The job.
    results
        Where the counts of what was read are written down, and the engine spills to.
    reporter
        Who is told of the progress.
    today
        The last day on which a purchase can have happened; later rows are rejected. Unset:
        the job's `as_of`.
    in_memory
        Whether the engine keeps its tables in memory, as for a trial; beyond it, on disk.
    """

    def __init__(
        self,
        settings: LoadedJob,
        results: Results,
        reporter: Reporter,
        *,
        today: date | None = None,
        in_memory: bool = False,
    ) -> None:
        self.settings, self.job = settings, settings.job
        self.results, self.reporter = results, reporter
        self.today, self.in_memory = today, in_memory
        self.personal = PersonalData(settings, results, reporter)

    def close(self) -> None:
        """Let go of the engine."""
        if "engine" in self.__dict__:
            self.engine.disconnect()

    @cached_property
    def engine(self) -> Any:
        """The embedded engine; it spills to the staging folder."""
        from winback.data.connect import open_engine

        compute = self.job.compute
        return open_engine(
            None if self.in_memory else self.results.stage,
            memory_limit=compute.memory_limit,
            threads=compute.threads,
        )

    @cached_property
    def transactions(self) -> Transactions:
        """The purchases known at `as_of`, checked and typed."""
        return self.read_transactions(until=self.job.as_of)

    def read_transactions(self, *, until: date) -> Transactions:
        """Read the purchases up to the end of the day `until`."""
        ids = self.customer_ids
        with self.reporter.step(Message("doing.read_purchases")):
            transactions = self._purchases(until, ids)
        for note in transactions.notes:
            self.reporter.warn(note)
        counts = asdict(transactions.counts)
        self.results.manifest["intake"] = {**counts, "has_amounts": transactions.has_amounts}
        self.results.manifest["data_fingerprint"] = transactions.fingerprint
        return transactions

    def _purchases(self, until: date, ids: CustomerIds) -> Transactions:
        from winback.data.intake import read_transactions
        from winback.data.policy import IntakePolicy

        settings = self.job.data.transactions
        return read_transactions(
            self.settings.resolve_all(settings.source),
            table=settings.table,
            query=settings.query,
            columns=settings.columns or None,
            filter=settings.filter,
            policy=IntakePolicy(
                timezone=self.job.timezone,
                currency=self.job.currency,
                zero_amounts=settings.zero_amounts,
                refunds=settings.refunds,
                deduplicate=settings.deduplicate,
                max_rejected_share=settings.max_rejected_share,
                not_after=max(self.today or until, until),
                ids=ids,
                encoding=settings.encoding,
            ),
            as_of=until,
            engine=self.engine,
        )

    def purchases_by_own_id(self) -> ir.Table:
        """Read the purchases known at `as_of` under the ids that the shop gave, persons apart."""
        return self._purchases(self.job.as_of, self._own_ids).table

    def purchases_as_given(self) -> ir.Table:
        """Read the same under the very ids that the shop gave, whoever is renamed or erased."""
        return self._purchases(self.job.as_of, self.ids_as_given).table

    def left_unread(self) -> list[Message]:
        """Say what nothing reads beside the purchases, and a person should see."""
        from winback.data.left_unread import left_unread
        from winback.data.policy import IntakePolicy

        settings = self.job.data.transactions
        return left_unread(
            self.engine,
            self.settings.resolve_all(settings.source),
            columns=settings.columns or None,
            filter=settings.filter,
            table=settings.table,
            query=settings.query,
            policy=IntakePolicy(timezone=self.job.timezone, encoding=settings.encoding),
        )

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

        transactions = self.transactions
        read = auto_horizon(
            transactions.table,
            self.job.as_of,
            count_zero=transactions.count_zero,
            quantile=self.job.churn.horizon_quantile,
            history_days=(self.job.as_of - self.past.first_day).days,
        )
        self.results.manifest["churn_horizon"] = as_records(asdict(read))
        self.reporter.say(Message("log.horizon", reason=read.reason))
        return read

    @cached_property
    def training_key(self) -> str:
        """Digest of everything that decides what a training ends in."""
        from winback.registry.runs import job_key

        # the same rows count differently where days of amount zero are purchases
        transactions = self.transactions
        data = f"{transactions.fingerprint} {transactions.count_zero} {transactions.has_amounts}"
        data += f" {self.events_fingerprint}"
        job = self.job.model_dump(mode="json")
        del job["value"]["referral_decay"]  # said of scores, learned by no model
        inner = {"name", "horizon_days", "margin", "discount_rate", "random_state", "value"}
        # what a warning costs has a say in which churn candidate is chosen
        warning = job["lists"]["churn_warning"]
        economics = {
            name: warning[name] or 0.0 for name in ("save_rate", "contact_cost", "offer_cost")
        }
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

    @cached_property
    def contacts(self) -> ir.Table | None:
        """Whom earlier campaigns reached, if the job names such a table."""
        return self._further_table("contacts")

    @cached_property
    def spend(self) -> ir.Table | None:
        """What winning customers costs by day and channel, if the job names such a table."""
        return self._further_table("spend")

    def read_frame(self, name: str) -> pd.DataFrame | None:
        """Read `customers` or `contacts` as known at `as_of`, if the job names such a table."""
        table: ir.Table | None = getattr(self, name)
        return None if table is None else table.to_pyarrow().to_pandas()

    def last_behaviours(self, customers: ir.Table, n: int = 3) -> ir.Table:
        """Find what customers did last, as known at `as_of`, the newest first."""
        from winback.features.last_behaviours import last_behaviours

        return last_behaviours(
            self.transactions.table,
            self.job.as_of,
            count_zero=self.transactions.count_zero,
            customers=customers,
            events=self.events,
            n=n,
        )

    def _further_table(self, name: str, ids: CustomerIds | None = None) -> ir.Table | None:
        settings = getattr(self.job.data, name)
        if settings is None:
            self.results.manifest.get("matches", {}).pop(name, None)
            return None
        from winback.data.events import read_table
        from winback.data.policy import IntakePolicy

        with self.reporter.step(Message("doing.read_table", table=name)):
            read = read_table(
                name,
                self.settings.resolve_all(settings.source),
                columns=settings.columns or None,
                table=settings.table,
                query=settings.query,
                policy=IntakePolicy(
                    timezone=self.job.timezone,
                    ids=ids or self.customer_ids,
                    encoding=settings.encoding,
                ),
                as_of=self.job.as_of,
                engine=self.engine,
            )
        if read.erased:
            self.reporter.say(Message("personal.left_out", n=read.erased, table=name))
        for reason, n in read.reasons.items():
            self.reporter.warn(Message("log.rejected_of", n=n, table=name, reason=reason))
        if "customer_id" in read.table.columns and ids is None:
            self._match(name, read.table, f"data.{name}")
        return read.table

    @cached_property
    def customer_ids(self) -> CustomerIds:
        """How identifiers of customers are read, in every table."""
        persons = self.persons
        return replace(self._own_ids, persons=None if persons is None else persons.relation)

    @cached_property
    def _own_ids(self) -> CustomerIds:
        return self.personal.ids(self.engine, self.ids_as_given, self.persons)

    @property
    def ids_as_given(self) -> CustomerIds:
        """How identifiers are read before anybody is renamed, left out or merged."""
        from winback.data.identity import CustomerIds

        return CustomerIds(**self.job.data.customer_ids.model_dump())

    @cached_property
    def _seen_with(self) -> ir.Table | None:
        return self._further_table("identities", self.ids_as_given)

    @cached_property
    def identities(self) -> ir.Table | None:
        """The persons of whom the table of identities speaks, if the job names such a table."""
        from winback.data.expressions import Expression
        from winback.data.identity import OWN_ID, PERSON_ID
        from winback.data.raw import fresh

        if self._seen_with is None or self.persons is None:
            return None
        ids, name, own = self._own_ids, fresh("spoken"), self._seen_with.get_name()
        gone = ids.is_erased(Expression("person", "VARCHAR"))
        self.engine.raw_sql(
            f"CREATE TABLE {name} AS SELECT {ids.shown('person')} AS customer_id FROM ("
            f" SELECT coalesce({PERSON_ID}, customer_id) AS person FROM {own}"
            f" LEFT JOIN {self.persons.relation} ON customer_id = {OWN_ID}) WHERE NOT {gone}"
        )
        table: ir.Table = self.engine.table(name)
        self._match("identities", table, "data.identities")
        return table

    @property
    def own_ids_of_persons(self) -> pd.DataFrame | None:
        """Ids that are another's: ``own_id``, ``person_id``; None: every id is a person."""
        if self.told_persons is None:
            return None
        return self.told_persons.merges[["customer_id", "person_id"]].rename(
            columns={"customer_id": "own_id"}
        )

    @cached_property
    def told_persons(self) -> Persons | None:
        """The same as `persons`, as results may say it: under pseudonyms, without the erased."""
        return None if self.persons is None else self.personal.told(self.persons)

    @cached_property
    def persons(self) -> Persons | None:
        """Which ids are one person, as known at `as_of`, if the job names such a table."""
        table = self._seen_with
        if table is None:
            return None
        from winback.data.persons import LinkTerms, resolve_persons

        settings = self.job.data.identities
        names = ("rules", "unique", "most_ids", "region", "apart")
        terms = LinkTerms(**{name: getattr(settings, name) for name in names})
        persons = resolve_persons(self.engine, table, terms)
        self.results.manifest["identities"] = {
            name: getattr(persons, name) for name in ("ids", "persons", "shared")
        }
        self.reporter.say(
            Message(
                "identities.read", ids=persons.ids, persons=persons.persons, shared=persons.shared
            )
        )
        return persons

    def _match(self, name: str, table: ir.Table, label: str) -> None:
        """Count how many of a table's customers bought; stop where permissions meet nobody."""
        from winback.data.matching import match, refuse_if_few

        matched = match(self.engine, self.transactions.table, table, name)
        self.results.manifest.setdefault("matches", {})[name] = {
            key: getattr(matched, key)
            for key in ("ids", "matched", "customers", "mended", "mending")
        }
        settings = getattr(self.job.data, name)
        if "opt_out" in table.columns and not settings.accept_unmatched:
            refuse_if_few(matched, label)
        if matched.few:
            self.reporter.warn(matched.message)
