"""The state of a fitted estimator as plain data: exact, readable, no pickle, no customers.

Every estimator that is kept has two methods: ``to_state()`` returns plain data and texts by
name (trees), the class method ``from_state(state, texts)`` rebuilds the fitted estimator.
`PlainState` provides both for estimators whose fitted attributes are plain data, arrays,
frames or other estimators.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from importlib import import_module
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from winback.errors import ModelError, Sentence
from winback.messages import Message

# What may be written and read, and where it lives: reading imports nothing else.
ESTIMATORS: dict[str, str] = {
    "BetaGeoModel": "winback.estimators.purchase.beta_geo",
    "ModifiedBetaGeoModel": "winback.estimators.purchase.modified_beta_geo",
    "ParetoNBDCovariatesModel": "winback.estimators.purchase.pareto_nbd_covariates",
    "RegularBetaGeoModel": "winback.estimators.purchase.regular_beta_geo",
    "ParetoNBDModel": "winback.estimators.purchase.pareto_nbd",
    "BetaGeoBetaBinomialModel": "winback.estimators.purchase.beta_binomial",
    "GammaGammaModel": "winback.estimators.spend.gamma_gamma",
    "PurchaseRule": "winback.estimators.purchase.purchase_rule",
    "SpendRule": "winback.estimators.spend.spend_rule",
    "CustomerValueModel": "winback.estimators.value.customer_value",
    "LearnedValueModel": "winback.estimators.value.learned_value",
    "LogLinear": "winback.estimators.value.value_learners",
    "CountTrees": "winback.estimators.value.value_learners",
    "RevenueTrees": "winback.estimators.value.value_learners",
    "TwoStageTrees": "winback.estimators.value.value_learners",
    "ChurnModel": "winback.estimators.churn.churn_model",
    "ValueTiers": "winback.estimators.tiers.value_tiers",
}


class PlainState:
    """Parameters, and the fitted attributes (instance attributes that end in ``_``)."""

    messages: ClassVar[tuple[str, ...]] = ()
    """Fitted attributes that hold messages; earlier formats have English there."""

    def to_state(self) -> tuple[dict[str, Any], dict[str, str]]:
        """Return plain data, and the trees as texts by name."""
        return {
            "params": self.get_params(deep=False),  # type: ignore[attr-defined]
            "fitted": {k: v for k, v in vars(self).items() if is_fitted(k)},
        }, {}

    @classmethod
    def from_state(cls, state: dict[str, Any], texts: dict[str, str]) -> Self:  # noqa: ARG003 - has none
        """Rebuild what `to_state` gave."""
        estimator = cls(**cls.current_params(state["params"]))
        for name, value in state["fitted"].items():
            setattr(estimator, name, as_message(value) if name in cls.messages else value)
        return estimator

    @classmethod
    def current_params(cls, params: dict[str, Any]) -> dict[str, Any]:
        """Return the parameters that an earlier version wrote, under today's names."""
        return params

    def _check_fitted(self) -> None:
        if not any(is_fitted(name) for name in vars(self)):
            from sklearn.exceptions import NotFittedError  # noqa: PLC0415 - heavy, rarely raised

            raise NotFittedError(
                Sentence("{name} is not fitted; call fit first", name=type(self).__name__)
            )


def as_message(kept: Any) -> Any:
    """Return a message, or several by name, where an earlier format kept English, or nothing."""
    if isinstance(kept, dict):
        return {name: Message.of(text) for name, text in kept.items()}
    return Message.of(kept) if kept else None


def is_fitted(name: str) -> bool:
    """Return whether an attribute of this name is learned."""
    return name.endswith("_") and not name.startswith("_")


def is_estimator(value: object) -> bool:
    """Return whether a value is an estimator, of winback or of scikit-learn."""
    return hasattr(value, "get_params") and not isinstance(value, type)


def known_name(estimator: object) -> str:
    """Return the name that an estimator is written under."""
    name = type(estimator).__name__
    if ESTIMATORS.get(name) != type(estimator).__module__:
        raise ModelError("not an estimator that winback can write", got=name)
    return name


def known_class(name: str) -> Any:
    """Return the class of this name."""
    if name not in ESTIMATORS:
        raise ModelError("unknown estimator", got=name, allowed=", ".join(ESTIMATORS))
    return getattr(import_module(ESTIMATORS[name]), name)


def encode(value: Any, files: dict[str, str]) -> Any:  # noqa: PLR0911 - one return per kind
    """Return plain JSON; what JSON does not know becomes an object with a key ``$kind``.

    Texts of estimators are added to ``files``.
    """
    if is_estimator(value):
        state, texts = value.to_state()
        return {
            "$estimator": known_name(value),
            "state": encode(state, files),
            "texts": {name: _add(files, name, text) for name, text in texts.items()},
        }
    if isinstance(value, Message):
        return {"$message": value.code, "facts": encode(dict(value.facts), files)}
    if isinstance(value, np.ndarray):
        items = [encode(item, files) for item in value.ravel().tolist()]
        return {"$array": items, "shape": list(value.shape), "dtype": str(value.dtype)}
    if isinstance(value, pd.DataFrame):
        columns = {str(name): encode(value[name].to_list(), files) for name in value.columns}
        index = {"index": encode(value.index.to_list(), files)}
        if value.index.name is not None:
            index["index_name"] = str(value.index.name)
        return {"$frame": columns, **index}
    if isinstance(value, tuple):
        return {"$tuple": [encode(item, files) for item in value]}
    if isinstance(value, list):
        return [encode(item, files) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, dict):
        return {_key(key): encode(item, files) for key, item in value.items()}
    return plain(value)


def decode(value: Any, files: Mapping[str, str]) -> Any:  # noqa: PLR0911 - one return per kind
    """Return what ``encode`` was given."""
    if isinstance(value, list):
        return [decode(item, files) for item in value]
    if not isinstance(value, dict):
        return value
    if "$float" in value:
        return float(value["$float"])
    if "$message" in value:
        return Message(value["$message"], **decode(value["facts"], files))
    if "$tuple" in value:
        return tuple(decode(item, files) for item in value["$tuple"])
    if "$array" in value:
        items = [decode(item, files) for item in value["$array"]]
        return np.array(items, dtype=value["dtype"]).reshape(value["shape"])
    if "$frame" in value:
        columns = {name: decode(items, files) for name, items in value["$frame"].items()}
        index = pd.Index(decode(value["index"], files), name=value.get("index_name"))
        return pd.DataFrame(columns, index=index)
    if "$estimator" in value:
        missing = [file for file in value["texts"].values() if file not in files]
        if missing:
            raise ModelError("a file of the model is missing", where=", ".join(missing))
        texts = {name: files[file] for name, file in value["texts"].items()}
        estimator = known_class(value["$estimator"])
        return estimator.from_state(decode(value["state"], files), texts)
    return {name: decode(item, files) for name, item in value.items()}


def plain(value: Any) -> Any:
    """Return a scalar for JSON, or refuse it."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return {"$float": repr(value)}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise ModelError("a model holds something that cannot be written", got=type(value).__name__)


def _key(key: object) -> str:
    if not isinstance(key, str) or key.startswith("$"):
        raise ModelError("a model holds a key that cannot be written", got=repr(key))
    return key


def _add(files: dict[str, str], name: str, text: str) -> str:
    """Add a text under its own name, or, if that is taken, a numbered one."""
    base, dot, suffix = name.partition(".")
    number = 1
    while name in files:
        number += 1
        name = f"{base}-{number}{dot}{suffix}"
    files[name] = text
    return name
