"""What a job knows of persons beside its tables: the key, and who was erased."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from winback.errors import ConfigError, OutputError
from winback.files import read_record
from winback.messages import Message
from winback.personal_key import VARIABLE, PersonalKey, is_pseudonym, key_file, personal_key
from winback.publishing.publish import earlier_set
from winback.publishing.result_folder import MANIFEST

if TYPE_CHECKING:
    import pandas as pd

    from winback.config import LoadedJob
    from winback.data.identity import CustomerIds
    from winback.data.persons import Persons
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results

ERASED = "erased.json"
"""Of the set: by which key, and the tombstones of who was erased."""


def noted(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a manifest says of the erased: how many, when last, of which arms; no id."""
    said = {name: record.get(name) for name in ("persons", "last", "arms")}
    return {**said, "ids": len(record["tombstones"])}


def write_record(path: Path, record: Mapping[str, Any]) -> None:
    """Write `erased.json`."""
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


class PersonalData:
    """A job's pseudonyms and tombstones, read when first asked for.

    Parameters
    ----------
    settings, results, reporter
        See `winback.workflows.work.Work`.
    """

    def __init__(self, settings: LoadedJob, results: Results, reporter: Reporter) -> None:
        self.settings, self.results, self.reporter = settings, results, reporter

    @property
    def pseudonyms(self) -> bool:
        """Whether the job renames its customers."""
        return self.settings.job.data.pseudonyms

    @cached_property
    def key(self) -> PersonalKey:
        """The key, which must lie where neither results nor models do.

        Raises
        ------
        ConfigError
            There is none, or it lies where it would be given away with them.
        """
        key, file = personal_key(), key_file()
        for folder in (self.results.out, *self._store_folder()):
            if file is not None and file.resolve().is_relative_to(folder.resolve()):
                raise ConfigError(
                    "the key lies with what it protects",
                    where=VARIABLE,
                    got=str(file),
                    allowed="a place outside of the results and of the model store",
                    hint="move it, and point the variable to its new place",
                )
        return key

    @cached_property
    def tombstones(self) -> frozenset[str]:
        """Who was erased from the results of this job, wherever this command writes.

        Raises
        ------
        ConfigError
            Somebody was, and the key is missing or another one: they could not be told apart.
        """
        return self._stones([record for record in self._records() if record])

    def among(self, files: Iterable[Path], records: Collection[Mapping[str, Any]]) -> set[str]:
        """Return who of these files was erased, by what is kept of erasures."""
        stones = self._stones(records)
        if not stones:
            return set()
        from winback.lists.without_persons import named_in

        names = {name for file in files for name in named_in(file)}
        return {name for name in names if self.key.tombstone(name) in stones}

    @staticmethod
    def merged(records: Collection[Mapping[str, Any]]) -> dict[str, Any]:
        """Return what records of erasures say together; the counts are those of the largest."""
        both = {
            name: sorted({stone for record in records for stone in record.get(name, ())})
            for name in ("tombstones", "pseudonyms")
            if any(name in record for record in records)
        }
        largest: Mapping[str, Any] = max(records, key=lambda record: int(record.get("persons", 0)))
        return {**largest, **both}

    def _stones(self, records: Collection[Mapping[str, Any]]) -> frozenset[str]:
        for record in records:
            if record.get("key") != self.key.fingerprint:
                raise ConfigError(
                    "customers were erased under another key",
                    where=VARIABLE,
                    got=self.key.fingerprint,
                    allowed=str(record.get("key")),
                    hint="set it to the file with the key that was in use then",
                )
        return frozenset(
            stone
            for record in records
            for name in ("tombstones", "pseudonyms")
            for stone in record.get(name, ())
        )

    def ids(self, engine: Any, own: CustomerIds, persons: Persons | None) -> CustomerIds:
        """Return how ids are read where customers are renamed, or some were erased."""
        if not self.pseudonyms and not self.tombstones:
            return own
        from winback.data.pseudonyms import lay_key, lay_tombstones

        self._warn_of_another_key()
        lay_key(engine, self.key)
        erased = None
        if self.tombstones:
            gone = [*self.tombstones, *map(self.key.tombstone, self.erased_of(persons))]
            erased = lay_tombstones(engine, set(gone))
        return replace(own, pseudonyms=self.pseudonyms, erased=erased)

    def erased_of(self, persons: Persons | None) -> set[str]:
        """Return every id of those persons of whom one id was erased."""
        if persons is None or not self.tombstones or persons.merges.empty:
            return set()
        merges = persons.merges
        tombstone, pseudonym = self.key.tombstone, self.key.pseudonym
        hits = [
            tombstone(person) in self.tombstones
            or tombstone(own) in self.tombstones
            or (self.pseudonyms and tombstone(pseudonym(person)) in self.tombstones)
            for person, own in zip(merges["person_id"], merges["customer_id"], strict=True)
        ]
        of = merges[merges["person_id"].isin(set(merges.loc[hits, "person_id"]))]
        return {*of["person_id"], *of["customer_id"]}

    def told(self, persons: Persons) -> Persons:
        """Return who is who as results may say it: without the erased, and under pseudonyms."""
        gone = self.erased_of(persons)
        merges, dropped = persons.merges, persons.dropped
        merges = merges[~merges["person_id"].isin(gone)].reset_index(drop=True)
        apart = dropped["one"].map(self._is_erased) | dropped["other"].map(self._is_erased)
        dropped = dropped[~apart.astype(bool)].reset_index(drop=True)
        return replace(
            persons,
            merges=self._renamed(merges, ("person_id", "customer_id")),
            dropped=self._renamed(dropped, ("one", "other")),
        )

    def shown(self, customer: str) -> str:
        """Return what results call a customer, whether asked for by id or by pseudonym."""
        if not self.pseudonyms or is_pseudonym(customer):
            return customer
        return self.key.pseudonym(customer)

    def _is_erased(self, customer: str) -> bool:
        return bool(self.tombstones) and self.key.tombstone(customer) in self.tombstones

    def _renamed(self, frame: pd.DataFrame, columns: Collection[str]) -> pd.DataFrame:
        if not self.pseudonyms:
            return frame
        return frame.assign(**{name: frame[name].map(self.key.pseudonym) for name in columns})

    def _records(self) -> list[dict[str, Any]]:
        """Return what is kept of erasures, here and where the job usually writes."""
        job, results = self.settings.job, self.results
        here = results.find(ERASED)
        records = [] if here is None else [read_record(here)]
        usual = Path(job.output or Path("outputs") / job.name)
        if usual.resolve() != results.out.resolve():
            try:
                records.append(read_record(earlier_set(usual) / ERASED))
            except OutputError:  # whoever writes there is told
                return records
        return records

    def _store_folder(self) -> list[Path]:
        uri = self.settings.job.tracking.uri or "sqlite:///models/local/mlflow.db"
        file = uri.removeprefix("sqlite:///")
        return [] if file == uri else [Path(file).parent]

    def _warn_of_another_key(self) -> None:
        if not self.pseudonyms:
            return
        self.results.manifest["pseudonyms"] = self.key.fingerprint
        earlier = read_record(self.results.earlier / MANIFEST)
        if earlier and earlier.get("pseudonyms") != self.key.fingerprint:
            self.reporter.warn(Message("personal.other_names", folder=str(self.results.out)))
