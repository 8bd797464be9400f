"""`winback models` holds what was promised against what came, and says when it cannot."""

import pandas as pd
import pytest

from winback.workflows.models import models


@pytest.fixture(scope="module")
def later(shop):
    """Return the shop four months on; the customers with even numbers came back in July."""
    kept = shop.read("kept_scores/1998-06-30.parquet")
    came = pd.DataFrame(
        {"customer_id": kept["customer_id"][::2], "timestamp": "1998-07-20", "amount": 10.0}
    )
    orders = pd.read_csv(shop.yaml.parent / "orders.csv", dtype={"customer_id": str})
    pd.concat([orders, came]).to_csv(shop.yaml.parent / "orders.csv", index=False)
    return shop, kept


def asked(shop, day):
    text = shop.yaml.read_text(encoding="utf-8")
    shop.yaml.write_text(text.replace(text.split("as_of: ")[1][:10], day), encoding="utf-8")
    return shop.do(models)


def test_what_was_promised_is_judged_once_it_is_over(later):
    shop, kept = later
    early = asked(shop, "1998-07-05")
    assert all(model["realised"] == [] for model in early["models"])
    assert str(early["next_realised"]) == "1998-09-28"  # both horizons are 90 days
    said = asked(shop, "1998-10-31")
    assert said["next_realised"] is None
    champions = {m["role"]: m for m in said["models"] if m["alias"] == "champion"}
    bias = {row["metric"]: row for row in champions["value"]["realised"]}["bias"]
    promised = kept["expected_purchases"].sum()
    assert bias["value"] == pytest.approx(promised / len(kept[::2]))
    assert bias["low"] < bias["value"] < bias["high"]
    auc = {row["metric"]: row for row in champions["churn"]["realised"]}["auc"]
    assert auc["customers"] == kept["p_churn"].notna().sum()


def test_a_night_made_up_for_later_is_no_promise(later):
    shop, kept = later
    folder = shop.yaml.parent
    path = next(folder.glob("**/current")) / "kept_scores" / "1998-06-30.parquet"
    kept.assign(as_of=pd.Timestamp("1998-03-30").date()).to_parquet(path)
    said = asked(shop, "1998-10-31")
    assert all(model["realised"] == [] for model in said["models"])
