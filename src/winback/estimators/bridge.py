"""The way back to lifetimes: its fitters, set to our parameters, predict and draw as before."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import pandas as pd


def lifetimes_fitter(name: str, parameters: Mapping[str, float]) -> Any:
    """Return a ``lifetimes`` fitter with its parameters set.

    Parameters
    ----------
    name
        A class of ``lifetimes``, such as ``BetaGeoFitter``.
    parameters
        In the order and under the names that this class uses.
    """
    with warnings.catch_warnings():
        # on import, lifetimes sets a pandas option that pandas 3 deprecates
        warnings.simplefilter("ignore")
        import lifetimes  # noqa: PLC0415 - heavy, and rarely wanted
    fitter = getattr(lifetimes, name)()
    fitter.params_ = pd.Series(dict(parameters))
    return fitter
