"""One at a time: who trains, or promotes, at a store holds a claim that others can see.

A claim is a tag of the job's experiment, so that it works at every kind of store. It says which
process of which machine holds it, and beats while it is held. A claim is void when its process is
gone (on this machine the system is asked, and a process that merely rests still holds it) or, of
another machine, when its heart has stopped. What a run's state says does not matter: a killed
process cannot write it.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Final

from winback.errors import RegistryError, Sentence
from winback.processes import LAPSES, lives, machine, this_process
from winback.registry.guard import guarded
from winback.registry.store import Store

BEAT: Final = timedelta(seconds=30)
_PREFIX: Final = "winback.claim."
_AT_ONCE: Final = timedelta(seconds=10)  # two that began together give way in turn
_held: set[str] = set()  # by this process


@dataclass(frozen=True)
class Holder:
    """Who holds a claim: a process of a machine, and when its heart last beat."""

    host: str
    machine: str
    pid: int
    born: str
    since: str
    beat: str


class Claim:
    """A claim that this process holds; made by `sole`."""

    def __init__(self, store: Store, experiment_id: str, what: str) -> None:
        self.store, self.experiment_id = store, experiment_id
        self.kind = f"{_PREFIX}{what}."
        self.tag = f"{self.kind}{secrets.token_hex(8)}"
        self.since = _now()
        self._ended = Event()
        self._heart = Thread(target=self._beat, name="winback-heart", daemon=True)

    def take(self) -> Holder | None:
        """Claim, unless somebody living has; return who."""
        _held.add(self.tag)
        try:
            with guarded(self.store.uri):
                self._write()
                tags = self.store.client.get_experiment(self.experiment_id).tags
                others = {t: h for t, h in _holders(tags, self.kind).items() if t != self.tag}
                living = next((h for t, h in others.items() if _lives(t, h)), None)
                for tag in [self.tag] if living else others:
                    with suppress(Exception):  # another has withdrawn it already
                        self.store.client.delete_experiment_tag(self.experiment_id, tag)
        except BaseException:
            _held.discard(self.tag)
            raise
        if living is None:
            self._heart.start()
        else:
            _held.discard(self.tag)
        return living

    def demand(self) -> None:
        """Refuse to go on where another took over, because this machine had fallen silent.

        Raises
        ------
        RegistryError
            The claim is no longer there.
        """
        with guarded(self.store.uri):
            tags = self.store.client.get_experiment(self.experiment_id).tags
        if self.tag not in tags:
            raise RegistryError(
                "another training took over while this one was silent",
                where=self.store.label,
                hint="the other one goes on; start again when it has ended",
            )

    def release(self) -> None:
        """Let go; a store that does not answer finds the process gone."""
        self._ended.set()
        _held.discard(self.tag)
        with suppress(RegistryError), guarded(self.store.uri):
            self.store.client.delete_experiment_tag(self.experiment_id, self.tag)

    def _write(self) -> None:
        mine = Holder(**this_process(), since=self.since, beat=_now())
        text = json.dumps(asdict(mine))
        self.store.client.set_experiment_tag(self.experiment_id, self.tag, text)

    def _beat(self) -> None:
        while not self._ended.wait(BEAT.total_seconds()):
            with suppress(Exception):  # the store is busy: the next beat is soon enough
                if self.tag in self.store.client.get_experiment(self.experiment_id).tags:
                    self._write()


@contextmanager
def sole(store: Store, experiment_id: str, what: str) -> Iterator[Claim]:
    """Hold the claim to do something at a job's experiment; it ends with the block.

    Parameters
    ----------
    store
        An open store.
    experiment_id
        The job's experiment.
    what
        `training` or `promotion`: each excludes its like.

    Raises
    ------
    RegistryError
        Another living process holds it; the message says which.
    """
    claim = Claim(store, experiment_id, what)
    attempts = 5
    while (other := claim.take()) is not None:
        attempts -= 1
        rests = datetime.now(UTC) - datetime.fromisoformat(other.since) > _AT_ONCE
        if rests or not attempts:
            raise _taken(store, what, other)
        time.sleep(random.uniform(0.1, 1.0))  # noqa: S311 - who gives way is no secret
    try:
        yield claim
    finally:
        claim.release()


def demand_free(store: Store, name: str, what: str) -> None:
    """Refuse early what `sole` would refuse after minutes of work.

    Raises
    ------
    RegistryError
        Another living process holds the claim.
    """
    with guarded(store.uri):
        experiment = store.client.get_experiment_by_name(name)
    holders = _holders({} if experiment is None else experiment.tags, f"{_PREFIX}{what}.")
    for holder in (holder for tag, holder in holders.items() if _lives(tag, holder)):
        raise _taken(store, what, holder)


def _taken(store: Store, what: str, other: Holder) -> RegistryError:
    hint = Sentence("wait for it to end; one that was killed is noticed by itself")
    if other.machine != machine():
        hint = Sentence(
            "wait for it to end; one that was killed is noticed by itself, "
            "{n} {n:form.minute/minutes} after",
            n=LAPSES.seconds // 60,
        )
    return RegistryError(
        Sentence(
            "another {what} of this job is under way at this model store", what=Sentence(what)
        ),
        where=store.label,
        got=Sentence(
            "process {pid} on {host}, since {since}",
            pid=other.pid,
            host=other.host,
            since=other.since,
        ),
        hint=hint,
    )


def _holders(tags: Mapping[str, str], kind: str) -> dict[str, Holder]:
    """Return who holds claims of a kind, by tag; what nobody can read, nobody lives by."""
    nobody = Holder("", "", 0, "", _now(), datetime.min.replace(tzinfo=UTC).isoformat())
    holders = {}
    for tag, text in tags.items():
        if tag.startswith(kind):
            try:
                holders[tag] = Holder(**json.loads(text))
            except (TypeError, ValueError):
                holders[tag] = nobody
    return holders


def _lives(tag: str, holder: Holder) -> bool:
    """Whether a claim's process is there; of another machine, whether its heart still beats."""
    if holder.machine == machine() and holder.pid == os.getpid():
        return tag in _held
    return lives(holder.machine, holder.pid, holder.born, holder.beat)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
