"""MBG/CNBD-k against print: CDNOW, of which the package BTYDplus prints that it is not regular.

Its demonstration of MBG/CNBD-k on the published tenth, calibrated to 1997-09-30, in weeks, ends in
k = 1; parameters and likelihood are then those of MBG/NBD (see `test_btyd`).
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from winback.estimators.purchase.regular_beta_geo import RegularBetaGeoModel

DATASETS = Path(find_spec("lifetimes").origin).parent / "datasets"


@pytest.fixture(scope="module")
def tenth():
    names = ["master", "id", "day", "cds", "amount"]
    rows = pd.read_csv(DATASETS / "CDNOW_sample.txt", sep=r"\s+", header=None, names=names)
    rows["day"] = pd.to_datetime(rows["day"].astype(str), format="%Y%m%d", errors="coerce")
    rows = rows[rows["day"] <= "1997-09-30"].drop_duplicates(["id", "day"]).sort_values("day")
    by, until = rows.groupby("id")["day"], pd.Timestamp("1997-09-30")
    gaps = rows["day"].sub(by.shift()).dt.days / 7
    return pd.DataFrame({
        "frequency": by.size() - 1, "recency": (by.max() - by.min()).dt.days / 7,
        "T": (until - by.min()).dt.days / 7,
        "log_gaps": np.log(gaps).groupby(rows["id"]).sum(),
    })  # fmt: skip


def test_no_regularity_is_found_in_cdnow(tenth):
    model = RegularBetaGeoModel().fit(tenth)
    assert model.k_ == 1
    printed = {"r": "0.525", "alpha": "6.183", "a": "0.891", "b": "1.614"}
    assert {name: f"{getattr(model, f'{name}_'):.3f}" for name in model.names} == printed
    assert f"{model.log_likelihood_:.1f}" == "-9582.1"
    later = model.diagnostics_["log_likelihood_of_k"]
    assert later[0] == max(later)
