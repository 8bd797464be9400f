"""The way back to lifetimes: its fitters, set to our parameters, predict and draw as before."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from winback.estimators.base.frames import FloatArray, read_columns, read_weight

SIMULATORS = {
    "BetaGeoFitter": "beta_geometric_nbd_model",
    "ModifiedBetaGeoFitter": "modified_beta_geometric_nbd_model",
    "ParetoNBDFitter": "pareto_nbd_model",
}


def lifetimes_fitter(
    name: str,
    parameters: Mapping[str, float],
    covariance: FloatArray,
    *,
    frame: pd.DataFrame | None = None,
    columns: Sequence[str] = (),
) -> Any:
    """Return a ``lifetimes`` fitter with its parameters and their errors set.

    Parameters
    ----------
    name
        A class of ``lifetimes``, such as ``BetaGeoFitter``.
    parameters
        In the order and under the names that this class uses.
    covariance
        Of the parameters; what its ``summary`` shows is made of it. (Its own has the
        off-diagonals wrong: it scales rows and columns by one parameter, squared.)
    frame
        Customers, for those of its plots that draw them beside the model.
    columns
        Which columns of the frame its ``data`` has.

    Raises
    ------
    ModelError
        If a column is missing or a row is impossible.
    """
    with warnings.catch_warnings():
        # on import, lifetimes sets a pandas option that pandas 3 deprecates
        warnings.simplefilter("ignore")
        import lifetimes  # noqa: PLC0415 - heavy, and rarely wanted
        from lifetimes import generate_data  # noqa: PLC0415
    fitter = getattr(lifetimes, name)()
    names = list(parameters)
    fitter.params_ = pd.Series(dict(parameters))
    fitter.variance_matrix_ = pd.DataFrame(covariance, index=names, columns=names)
    fitter.standard_errors_ = pd.Series(np.sqrt(np.diag(covariance)), index=names)
    half = 1.96 * fitter.standard_errors_  # symmetric and rounded, as there
    fitter.confidence_intervals_ = pd.DataFrame(
        {"lower 95% bound": fitter.params_ - half, "upper 95% bound": fitter.params_ + half}
    )
    if frame is None:
        return fitter
    data = read_columns(frame, columns, reader=name)
    weight = read_weight(frame, reader=name)
    fitter.data = pd.DataFrame(
        data | {"weights": np.ones(len(frame)) if weight is None else weight}, index=frame.index
    )
    if name in SIMULATORS:
        simulate = getattr(generate_data, SIMULATORS[name])
        fitter.generate_new_data = lambda size=1: simulate(
            fitter.data["T"], *fitter.params_.to_numpy(), size=size
        )
    return fitter
