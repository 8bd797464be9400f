"""Fitted estimators as text files: exact, readable, without pickle and without customers.

``model.json`` holds the class, its parameters and its fitted attributes (those that end in
``_``); floats are written so that they read back bit for bit. An estimator with state of another
kind (trees) puts it into further files by two methods of its own::

    def _dump_state(self, put):        # put("trees.txt", text) returns the file's name
        return {"trees": put("trees.txt", self.booster_.model_to_string())}

    def _load_state(self, state, get): # called on an unfitted estimator; get(name) is the text
        self.booster_ = lightgbm.Booster(model_str=get(state["trees"]))
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from winback.errors import ModelError

FORMAT = 1  # of model.json; raised when an older winback could not read it
MODEL_FILE = "model.json"

# What may be written and read, and where it lives: loading imports nothing else.
ESTIMATORS: dict[str, str] = {
    "BetaGeoModel": "winback.estimators.beta_geo",
    "GammaGammaModel": "winback.estimators.gamma_gamma",
    "PurchaseRule": "winback.estimators.baselines",
    "SpendRule": "winback.estimators.baselines",
    "CustomerValueModel": "winback.estimators.customer_value",
    "ChurnModel": "winback.estimators.churn",
    "ValueTiers": "winback.estimators.tiers",
}

Put = Callable[[str, str], str]
Get = Callable[[str], str]


def to_files(estimator: BaseEstimator) -> dict[str, str]:
    """Return a fitted estimator as ``{file name: text}``.

    Raises
    ------
    ModelError
        If it is not one of winback's, or holds something that cannot be written exactly.

    Examples
    --------
    >>> from winback.estimators.baselines import SpendRule
    >>> frame = pd.DataFrame({"frequency": [3, 1], "monetary_value": [10.0, 30.0]})
    >>> files = to_files(SpendRule().fit(frame))
    >>> list(files), from_files(files).mean_
    (['model.json'], 15.0)
    """
    files: dict[str, str] = {}

    def put(stem: str, text: str) -> str:
        name = stem
        base, dot, suffix = stem.partition(".")
        while name in files or name == MODEL_FILE:
            name = f"{base}-{len(files) + 1}{dot}{suffix}"
        files[name] = text
        return name

    document = {
        "format": FORMAT,
        "winback": version("winback"),
        "model": _encode(estimator, put),
    }
    return {MODEL_FILE: json.dumps(document, indent=1, allow_nan=False) + "\n", **files}


def from_files(files: Mapping[str, str]) -> Any:
    """Return the fitted estimator that ``to_files`` wrote; it predicts bit for bit the same.

    Raises
    ------
    ModelError
        If the files are damaged, of a newer format, or name an unknown class.
    """
    if MODEL_FILE not in files:
        raise ModelError("the model has no file model.json", got=", ".join(files) or "no files")

    def get(name: str) -> str:
        if name not in files:
            raise ModelError("a file of the model is missing", where=name)
        return files[name]

    try:
        document = json.loads(files[MODEL_FILE])
        newer = document["format"] > FORMAT
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError("model.json is damaged", hint="register the model again") from error
    if newer:
        raise ModelError(
            "the model was written by a newer winback",
            got=f"format {document['format']}, winback {document.get('winback')}",
            allowed=f"format {FORMAT} or older",
            hint="upgrade winback",
        )
    try:
        return _decode(document["model"], get)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError("model.json is damaged", hint="register the model again") from error


def recipe_of(estimator: BaseEstimator) -> dict[str, Any]:
    """Return how to make an unfitted estimator like this one, as plain data for JSON.

    Examples
    --------
    >>> from winback.estimators.baselines import SpendRule
    >>> recipe_of(SpendRule("pooled_mean"))
    {'estimator': 'SpendRule', 'params': {'rule': 'pooled_mean'}}
    """
    params = {}
    for name, value in estimator.get_params(deep=False).items():
        params[name] = recipe_of(value) if isinstance(value, BaseEstimator) else _plain(value)
    return {"estimator": _known_name(estimator), "params": params}


def make(recipe: Mapping[str, Any]) -> Any:
    """Return the unfitted estimator of a recipe.

    Parameters
    ----------
    recipe
        ``{"estimator": class name, "params": {...}}``; a parameter may be a recipe itself.

    Raises
    ------
    ModelError
        If the class or a parameter is unknown.

    Examples
    --------
    >>> make({"estimator": "CustomerValueModel", "params": {"purchase_model": "rate"}})
    CustomerValueModel(purchase_model='rate')
    """
    if "estimator" not in recipe:
        raise ModelError("a recipe names no estimator", got=dict(recipe))
    params = {
        name: make(value) if isinstance(value, Mapping) and "estimator" in value else value
        for name, value in (recipe.get("params") or {}).items()
    }
    cls = _known_class(recipe["estimator"])
    try:
        return cls(**params)
    except TypeError as error:
        allowed = ", ".join(cls._get_param_names())
        raise ModelError(
            f"a parameter of {cls.__name__} is unknown", got=", ".join(params), allowed=allowed
        ) from error


def _known_name(estimator: object) -> str:
    name = type(estimator).__name__
    if ESTIMATORS.get(name) != type(estimator).__module__:
        raise ModelError("not an estimator that winback can write", got=name)
    return name


def _known_class(name: str) -> Any:
    if name not in ESTIMATORS:
        raise ModelError("unknown estimator", got=name, allowed=", ".join(ESTIMATORS))
    return getattr(import_module(ESTIMATORS[name]), name)


def _encode(value: Any, put: Put) -> Any:  # noqa: PLR0911 - one return per kind
    """Return plain JSON; what JSON does not know becomes an object with one key ``$kind``."""
    if isinstance(value, BaseEstimator):
        params = value.get_params(deep=False)
        if hasattr(value, "_dump_state"):
            state = value._dump_state(put)  # noqa: SLF001 - the contract of this room
        else:
            state = {key: item for key, item in vars(value).items() if _is_fitted(key)}
        return {
            "$estimator": _known_name(value),
            "params": {name: _encode(item, put) for name, item in params.items()},
            "state": {name: _encode(item, put) for name, item in state.items()},
        }
    if isinstance(value, np.ndarray):
        items = [_plain(item) for item in value.ravel().tolist()]
        return {"$array": items, "shape": list(value.shape), "dtype": str(value.dtype)}
    if isinstance(value, pd.DataFrame):
        columns = {str(name): _encode(value[name].to_list(), put) for name in value.columns}
        return {"$frame": columns, "index": _encode(value.index.to_list(), put)}
    if isinstance(value, tuple):
        return {"$tuple": [_encode(item, put) for item in value]}
    if isinstance(value, list):
        return [_encode(item, put) for item in value]
    if isinstance(value, dict):
        return {_key(key): _encode(item, put) for key, item in value.items()}
    return _plain(value)


def _plain(value: Any) -> Any:
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


def _is_fitted(name: str) -> bool:
    return name.endswith("_") and not name.startswith("_")


def _decode(value: Any, get: Get) -> Any:  # noqa: PLR0911 - one return per kind
    if isinstance(value, list):
        return [_decode(item, get) for item in value]
    if not isinstance(value, dict):
        return value
    if "$float" in value:
        return float(value["$float"])
    if "$tuple" in value:
        return tuple(_decode(item, get) for item in value["$tuple"])
    if "$array" in value:
        items = [_decode(item, get) for item in value["$array"]]
        return np.array(items, dtype=value["dtype"]).reshape(value["shape"])
    if "$frame" in value:
        columns = {name: _decode(items, get) for name, items in value["$frame"].items()}
        return pd.DataFrame(columns, index=_decode(value["index"], get))
    if "$estimator" in value:
        params = {name: _decode(item, get) for name, item in value["params"].items()}
        estimator = _known_class(value["$estimator"])(**params)
        state = {name: _decode(item, get) for name, item in value["state"].items()}
        if hasattr(estimator, "_load_state"):
            estimator._load_state(state, get)  # noqa: SLF001 - the contract of this room
        else:
            for name, item in state.items():
                setattr(estimator, name, item)
        return estimator
    return {name: _decode(item, get) for name, item in value.items()}
