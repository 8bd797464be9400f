"""Names for model versions: which one is champion, which one challenges, which one came before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from winback.errors import RegistryError, UsageError
from winback.registry.guard import guarded
from winback.registry.store import Store

CHAMPION: Final = "champion"
CHALLENGER: Final = "challenger"
PREVIOUS: Final = "previous"
DIGEST: Final = "winback.digest"
SIGNATURE_TAG: Final = "winback.signature"  # of the digest, where there is a key: winback.signing


@dataclass(frozen=True)
class ModelVersionRef:
    """One version of one registered model, pinned: an alias that moves later does not move it.

    Attributes
    ----------
    name
        The registered model, e.g. `shop-churn`.
    version
        Its number, from 1.
    run_id
        The training run (the parent) that made it.
    digest
        SHA-256 of the model's files: equal digests predict equally.
    tags
        What the training wrote beside it.

    Examples
    --------
    >>> ref = ModelVersionRef("shop-churn", 3, "f00", "ab12", {"winback.model": "churn"})
    >>> ref.label, ref.uri, ref.model
    ('shop-churn/3', 'models:/shop-churn/3', 'churn')
    """

    name: str
    version: int
    run_id: str
    digest: str
    tags: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def label(self) -> str:
        """`NAME/VERSION`, as `resolve` reads it."""
        return f"{self.name}/{self.version}"

    @property
    def uri(self) -> str:
        """MLflow's own address of the version."""
        return f"models:/{self.label}"

    @property
    def model(self) -> str:
        """What it models: `value`, `churn` or `tiers`."""
        return self.tags.get("winback.model", "")


def resolve(store: Store, uri: str) -> ModelVersionRef:
    """Return the version that `uri` means now; do so once per job, then pass the answer on.

    Parameters
    ----------
    store
        An open store.
    uri
        `NAME@ALIAS` or `NAME/VERSION`, with or without `models:/` in front.

    Raises
    ------
    RegistryError
        No such model, alias or version; the message names those that exist.
    UsageError
        `uri` has neither form.
    """
    name, version, alias = _split(uri)
    if store.local is not None:
        here = (store.local.aliases(name) or {}).get(alias) if alias else version
        tags = None if here is None else store.local.tags(name, here)
        if here is not None and tags is not None and DIGEST in tags:
            return _ref(name, here, tags)
    model = _registered(store, name)
    if alias is not None:
        aliases = {key: int(value) for key, value in model.aliases.items()}
        if alias not in aliases:
            shown = ", ".join(f"{key} ({number})" for key, number in sorted(aliases.items()))
            raise RegistryError(
                "the model has no version under this alias",
                where=name,
                got=alias,
                allowed=shown or "none yet; promote a version first",
            )
        version = aliases[alias]
    versions = {int(v.version): v for v in _versions(store, name)}
    if version not in versions:
        raise RegistryError(
            "the model has no such version",
            where=name,
            got=version,
            allowed=", ".join(map(str, sorted(versions))) or "none yet; train it first",
        )
    return to_ref(versions[version])


def versions_of(store: Store, name: str) -> list[ModelVersionRef]:
    """Return the versions of a model that winback registered; none for an unknown model."""
    return [to_ref(version) for version in _versions(store, name) if DIGEST in version.tags]


def _versions(store: Store, name: str) -> list[Any]:
    with guarded(store.uri):
        return list(store.client.search_model_versions(f"name = '{name}'"))


def to_ref(version: Any) -> ModelVersionRef:
    """Return MLflow's model version as ours.

    Raises
    ------
    RegistryError
        The version was not written by winback.
    """
    tags = dict(version.tags)
    if DIGEST not in tags:
        raise RegistryError(
            "this model version was not registered by winback",
            where=f"{version.name}/{version.version}",
            hint="load it with mlflow.pyfunc.load_model",
        )
    return _ref(version.name, int(version.version), tags)


def _ref(name: str, version: int, tags: Mapping[str, str]) -> ModelVersionRef:
    run_id, digest = tags["winback.training_run"], tags[DIGEST]
    return ModelVersionRef(name, version, run_id, digest, tags)


def aliases_of(store: Store, name: str) -> dict[str, int]:
    """Return the model's aliases and the versions they stand for; empty for an unknown model."""
    here = None if store.local is None else store.local.aliases(name)
    if here is not None:
        return here
    with guarded(store.uri):
        models = store.client.search_registered_models(f"name = '{name}'")
    return {key: int(value) for model in models for key, value in model.aliases.items()}


def set_alias(store: Store, ref: ModelVersionRef, alias: str) -> None:
    """Let `alias` (lower case) stand for `ref`."""
    with guarded(store.uri):
        store.client.set_registered_model_alias(ref.name, alias, str(ref.version))


def promote(store: Store, ref: ModelVersionRef) -> None:
    """Make `ref` the champion; the champion of until now becomes `previous`.

    The champion moves last, so a promotion that is killed changes nobody's predictions. Promoting
    the champion again changes nothing.
    """
    champion = aliases_of(store, ref.name).get(CHAMPION)
    if champion == ref.version:
        return
    with guarded(store.uri):
        if champion is not None:
            store.client.set_registered_model_alias(ref.name, PREVIOUS, str(champion))
        store.client.set_registered_model_alias(ref.name, CHAMPION, str(ref.version))


def rollback(store: Store, name: str) -> ModelVersionRef:
    """Make the previous champion champion again, and return it; the two change places.

    Raises
    ------
    RegistryError
        There is no earlier champion to return to.
    """
    aliases = aliases_of(store, name)
    champion, previous = aliases.get(CHAMPION), aliases.get(PREVIOUS)
    if champion is None or previous is None or champion == previous:
        raise RegistryError(
            "there is no earlier champion to return to",
            where=name,
            got=", ".join(f"{key} ({number})" for key, number in sorted(aliases.items())) or "none",
            hint="promote a version by its number",
        )
    with guarded(store.uri):
        # The champion moves first here: a rollback that is killed has still rolled back.
        store.client.set_registered_model_alias(name, CHAMPION, str(previous))
        store.client.set_registered_model_alias(name, PREVIOUS, str(champion))
    return resolve(store, f"{name}/{previous}")


def _split(uri: str) -> tuple[str, int | None, str | None]:
    text = uri.removeprefix("models:").lstrip("/")
    name, sign, alias = text.rpartition("@")
    if sign and name and alias and "/" not in text:
        return name, None, alias.lower()
    name, slash, number = text.rpartition("/")
    if slash and name and "/" not in name and number.isdigit():
        return name, int(number), None
    raise UsageError(
        "this does not name a model version",
        got=uri,
        allowed="NAME@ALIAS or NAME/VERSION, e.g. shop-churn@champion or shop-churn/3",
    )


def _registered(store: Store, name: str) -> Any:
    with guarded(store.uri):
        models = store.client.search_registered_models(f"name = '{name}'")
        others = [] if models else [model.name for model in store.client.search_registered_models()]
    if not models:
        raise RegistryError(
            "there is no registered model of this name",
            where=store.label,
            got=name,
            allowed=", ".join(sorted(others)) or "none yet; train one first",
        )
    return models[0]
