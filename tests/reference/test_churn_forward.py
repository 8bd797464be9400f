"""Churn judged forward in time on real shops: what the model card promises."""

import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "models" / "churn" / "measure.py"
MOST_ECE = {"cdnow": 0.015, "online_retail": 0.11}
WORSE = {"Online Retail, 90 days": {"logistic"}}  # in Brier score, before a season not yet seen


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("churn_measure", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["churn_measure"] = module  # dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.parametrize(
    "title", ["CDNOW, 90 days", "Online Retail, 90 days", "Online Retail, 60 days"]
)
def test_the_model_used_is_significantly_worse_only_where_its_card_says_so(
    script, title, real_data, monkeypatch
):
    name, as_of, days = script.SPLITS[title]
    if name == "online_retail":
        monkeypatch.setenv("ONLINE_RETAIL", str(real_data("online_retail.parquet")))
    split = script.measure(script.purchases(name), as_of, days)
    auc, brier = split.against.loc["auc"], split.against.loc["brier"]
    assert set(auc.index) >= {"base_rate", "recency_rule", "beta_geo", "logistic"} - {split.chosen}
    assert (auc["high"] >= 0).all(), auc
    assert set(brier.index[brier["low"] > 0]) == WORSE.get(title, set()), brier
    assert split.metrics.loc[split.chosen, "ece"] <= MOST_ECE[name]
    if name == "cdnow":
        assert auc.loc["beta_geo", "low"] > 0 or brier.loc["beta_geo", "high"] < 0
