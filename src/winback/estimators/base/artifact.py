"""Fitted estimators as text files, and recipes to make unfitted ones.

``model.json`` holds the class, its parameters and its fitted state; floats are written so that
they read back bit for bit. Trees stand beside it as LightGBM text. See `state` for how an
estimator takes part.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from importlib.metadata import version
from typing import Any

from winback.errors import ModelError, Sentence
from winback.estimators.base.state import (
    decode,
    encode,
    is_estimator,
    known_class,
    known_name,
    plain,
)

FORMAT = 4  # of model.json; raised when an older winback could not read it
MODEL_FILE = "model.json"


def to_files(estimator: Any) -> dict[str, str]:
    """Return a fitted estimator as ``{file name: text}``.

    Raises
    ------
    ModelError
        If it is not one of winback's, or holds something that cannot be written exactly.

    Examples
    --------
    >>> import pandas as pd
    >>> from winback.estimators.spend.spend_rule import SpendRule
    >>> frame = pd.DataFrame({"frequency": [3, 1], "monetary_value": [10.0, 30.0]})
    >>> files = to_files(SpendRule().fit(frame))
    >>> list(files), from_files(files).mean_
    (['model.json'], 15.0)
    """
    files = {MODEL_FILE: ""}
    document = {
        "format": FORMAT,
        "winback": version("winback"),
        "model": encode(estimator, files),
    }
    files[MODEL_FILE] = json.dumps(document, indent=1, allow_nan=False) + "\n"
    return files


def from_files(files: Mapping[str, str]) -> Any:
    """Return the fitted estimator that ``to_files`` wrote; it predicts bit for bit the same.

    Raises
    ------
    ModelError
        If the files are damaged, of a newer format, or name an unknown class.
    """
    if MODEL_FILE not in files:
        raise ModelError("the model has no file model.json", got=", ".join(files) or "no files")
    try:
        document = json.loads(files[MODEL_FILE])
        newer = document["format"] > FORMAT
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError("model.json is damaged", hint="register the model again") from error
    if newer:
        raise ModelError(
            "the model was written by a newer winback",
            got=Sentence(
                "format {format}, winback {version}",
                format=document["format"],
                version=document.get("winback"),
            ),
            allowed=Sentence("format {format} or older", format=FORMAT),
            hint="upgrade winback",
        )
    try:
        return decode(document["model"], files)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError("model.json is damaged", hint="register the model again") from error


def recipe_of(estimator: Any) -> dict[str, Any]:
    """Return how to make an unfitted estimator like this one, as plain data for JSON.

    Examples
    --------
    >>> from winback.estimators.spend.spend_rule import SpendRule
    >>> recipe_of(SpendRule("pooled_mean"))
    {'estimator': 'SpendRule', 'params': {'rule': 'pooled_mean'}}
    """
    params = estimator.get_params(deep=False)
    return {
        "estimator": known_name(estimator),
        "params": {name: _ingredient(value) for name, value in params.items()},
    }


def make(recipe: Mapping[str, Any]) -> Any:
    """Return the unfitted estimator of a recipe.

    Parameters
    ----------
    recipe
        ``{"estimator": class name, "params": {...}}``; a parameter may be a recipe itself, and
        a list becomes a tuple.

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
    params = {name: _prepared(value) for name, value in (recipe.get("params") or {}).items()}
    cls = known_class(recipe["estimator"])
    params = cls.current_params(params)
    unknown = sorted(set(params) - set(cls._get_param_names()))
    if unknown:
        raise ModelError(
            Sentence("{name} has no such parameter", name=cls.__name__),
            got=", ".join(unknown),
            allowed=", ".join(cls._get_param_names()),
        )
    return cls(**params)


def _ingredient(value: Any) -> Any:
    if is_estimator(value):
        return recipe_of(value)
    if isinstance(value, list | tuple):
        return [_ingredient(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, Mapping):
        return {str(name): _ingredient(item) for name, item in value.items()}
    return plain(value)


def _prepared(value: Any) -> Any:
    if isinstance(value, Mapping) and "estimator" in value:
        return make(value)
    if isinstance(value, list):
        return tuple(_prepared(item) for item in value)
    return value
