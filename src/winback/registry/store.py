"""Where the MLflow store is, and how it is opened.

Everything that MLflow does for winback goes through a `Store`: a client bound to one address, so
that no global MLflow state (`mlflow.set_tracking_uri`, an active run) is read or changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote, urlsplit

from winback.errors import RegistryError, Sentence, UsageError
from winback.masking import mask
from winback.registry.guard import HASTY, guarded, load_mlflow
from winback.registry.local import LocalStore
from winback.registry.places import (
    PORTS,
    ROOT_TAG,
    check_database,
    check_sqlite,
    follow_moved_folder,
)

if TYPE_CHECKING:
    from mlflow import MlflowClient

DEFAULT_URI: Final = "sqlite:///models/local/mlflow.db"
_SQLITE: Final = "sqlite:///"


@dataclass(frozen=True)
class Store:
    """An open MLflow store: runs, artifacts and registered models behind one address.

    Made by `open_store`. Safe to print: the address is shown without its password.

    Attributes
    ----------
    uri
        The address as MLflow needs it, secrets included; absolute for SQLite.
    artifacts
        The root under which new experiments keep their files; `None` lets the server choose.
    label
        The address to be shown.
    local
        Of an SQLite file: what reads it without MLflow.
    """

    uri: str = field(repr=False)
    artifacts: str | None
    label: str = ""
    local: LocalStore | None = field(default=None, repr=False, compare=False)

    @cached_property
    def client(self) -> MlflowClient:
        """MLflow's client, bound to `uri` for tracking and registry; opened when first asked for.

        Raises
        ------
        RegistryError
            MLflow cannot open the store.
        """
        with guarded(self.uri, HASTY):
            address = {"tracking_uri": self.uri, "registry_uri": self.uri}
            client: MlflowClient = load_mlflow().MlflowClient(**address)
            client.search_experiments(max_results=1)
        return client

    @property
    def direct(self) -> bool:
        """Whether this process writes the store's database itself (no server in between)."""
        return not self.uri.startswith(("http://", "https://"))

    def experiment(self, name: str) -> str:
        """Return the id of the experiment called `name`, made when it is new.

        Raises
        ------
        RegistryError
            An experiment of that name was deleted, so MLflow keeps the name reserved.
        """
        with guarded(self.uri):
            present = self.client.get_experiment_by_name(name)
            if present is None:
                location = self.artifacts and f"{self.artifacts}/{quote(name, safe='')}"
                tags = {ROOT_TAG: self.artifacts} if self.artifacts else {}
                return str(self.client.create_experiment(name, location or None, tags))
        if present.lifecycle_stage != "active":
            raise RegistryError(
                "the experiment was deleted, and MLflow keeps its name reserved",
                where=self.label,
                got=name,
                hint=Sentence(
                    "mlflow experiments restore --experiment-id {experiment_id}",
                    experiment_id=present.experiment_id,
                ),
            )
        return str(present.experiment_id)


def open_store(
    uri: str | None = None, artifacts: str | Path | None = None, *, create: bool = True
) -> Store:
    """Open the MLflow store at `uri`, and make it when it is a new SQLite file.

    Parameters
    ----------
    uri
        `sqlite:///FILE` (relative to the working directory, as of now), `http(s)://SERVER`, or the
        address of a database that MLflow knows. By default `sqlite:///models/local/mlflow.db`.
    artifacts
        Where new experiments keep their files: a folder or an address. By default the folder
        `artifacts` beside the SQLite file; a server chooses for itself. A default folder that was
        moved or copied together with its SQLite file is found again at its new place.
    create
        `False`: a reader, who wants an error rather than an empty new store.

    Raises
    ------
    RegistryError
        The store cannot be reached, read or written. Answered within about 20 seconds.
    UsageError
        `uri` is not an address of a kind that winback can use.

    Examples
    --------
    >>> open_store("sqlite:///nowhere/mlflow.db", create=False)
    Traceback (most recent call last):
    ...
    winback.errors.RegistryError: there is no model store here (at sqlite:///...). Next: ...
    """
    address = uri or DEFAULT_URI
    root = None if artifacts is None else _root(artifacts)
    local = None
    if address.startswith(_SQLITE):
        file = Path(unquote(address.removeprefix(_SQLITE))).resolve()
        address = _SQLITE + file.as_posix()
        if unquote(address) != address or "?" in address:
            raise UsageError(
                "a database address cannot hold a folder of this name",
                where="tracking.uri",
                got=file.parent,
                allowed="names without '?' or '%' before two digits",
            )
        beside = (file.parent / "artifacts").as_uri()
        check_sqlite(file, root or beside, create=create)
        if root is None:
            root = beside
            follow_moved_folder(file, root)
        local = LocalStore(file)
    elif _scheme(address) in PORTS:
        check_database(address)
        root = root or Path("models/local/artifacts").resolve().as_uri()
    elif _scheme(address) not in ("http", "https"):
        raise UsageError(
            "this is not the address of a model store",
            where="tracking.uri",
            got=mask(address),
            allowed="sqlite:///FILE, http(s)://SERVER, postgresql://…",
        )
    store = Store(address, root, mask(address), local)
    if local is None:
        _ = store.client  # whether it answers is told now
    return store


def _scheme(address: str) -> str:
    """Return the address's scheme without a driver's name; empty when it cannot be an address."""
    try:
        return urlsplit(address).scheme.split("+")[0] if urlsplit(address).hostname else ""
    except ValueError:
        return ""


def _root(artifacts: str | Path) -> str:
    text = str(artifacts).rstrip("/")
    return text if ":/" in text else Path(text).resolve().as_uri()
