import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

from winback.errors import ModelError
from winback.estimators.base import state
from winback.estimators.base.artifact import from_files, make, recipe_of, to_files
from winback.estimators.churn.churn_card import churn_card
from winback.estimators.churn.churn_model import ChurnModel
from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.estimators.purchase.purchase_rule import PurchaseRule
from winback.estimators.spend.gamma_gamma import GammaGammaModel
from winback.estimators.tiers.value_tiers import ValueTiers
from winback.estimators.value.customer_value import CustomerValueModel
from winback.messages import Message, Words

DATASETS = Path(find_spec("lifetimes").origin).parent / "datasets"
SUMMARY = pd.read_csv(DATASETS / "cdnow_customers_summary_with_transactions.csv").rename(
    columns={"ID": "customer_id", "x": "frequency", "t_x": "recency", "zbar": "monetary_value"}
)
CDNOW = SUMMARY[::4].reset_index(drop=True)  # as good a proof of the same bits as all of them


def through_disk(estimator, folder):
    for name, text in to_files(estimator).items():
        (folder / name).write_text(text, encoding="utf-8")
    return from_files({path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()})


@pytest.mark.parametrize(
    "purchases",
    ["beta_geo", "modified_beta_geo", "pareto_nbd", "rate", PurchaseRule("zero")],
)
@pytest.mark.parametrize("spend", ["gamma_gamma", "own_mean", None])
def test_value_models_predict_the_same_bits(purchases, spend, tmp_path):
    model = CustomerValueModel(purchases, spend, horizon_days=39, margin=0.3).fit(CDNOW)
    loaded = through_disk(model, tmp_path)
    for frame in (CDNOW, CustomerValueModel.input_example()):
        pd.testing.assert_frame_equal(loaded.predict(frame), model.predict(frame), check_exact=True)
        pd.testing.assert_frame_equal(
            loaded.intervals(frame), model.intervals(frame), check_exact=True
        )
    assert str(loaded.get_params()) == str(model.get_params())
    assert to_files(loaded) == to_files(model)


def test_parts_and_fallbacks_come_back_whole(tmp_path):
    rng = np.random.default_rng(0)
    wild = pd.DataFrame({"frequency": 2.0, "monetary_value": rng.pareto(0.7, 500) + 0.01})
    spend = GammaGammaModel().fit(wild)
    assert spend.degenerate_
    loaded = through_disk(spend, tmp_path)
    pd.testing.assert_series_equal(
        loaded.expected_spend(wild), spend.expected_spend(wild), check_exact=True
    )
    assert loaded.degenerate_ == spend.degenerate_
    purchases = BetaGeoModel().fit(CDNOW)
    pd.testing.assert_frame_equal(
        through_disk(purchases, tmp_path).summary_, purchases.summary_, check_exact=True
    )


def test_no_customer_is_in_the_artifact():
    marked = CDNOW.assign(customer_id=[f"customer-{row}" for row in range(len(CDNOW))])
    files = to_files(CustomerValueModel(horizon_days=39).fit(marked))
    assert list(files) == ["model.json"]
    assert "customer-" not in files["model.json"]
    assert len(files["model.json"]) < 4_000  # does not grow with the customers


def test_recipes_go_through_json():
    model = CustomerValueModel(PurchaseRule("last_period", period=30), None, margin=0.25)
    recipe = json.loads(json.dumps(recipe_of(model)))
    assert recipe["estimator"] == "CustomerValueModel"
    assert recipe["params"]["purchase_model"]["params"] == {"rule": "last_period", "period": 30}
    assert recipe_of(make(recipe)) == recipe


class Trees(BaseEstimator):
    """An estimator whose state is a text beside the JSON."""

    def __init__(self, kind="oak"):
        self.kind = kind

    def to_state(self):
        return {"kind": self.kind, "pairs": (1, [2.5, float("nan")])}, {"trees.txt": self.text_}

    @classmethod
    def from_state(cls, data, texts):
        loaded = cls(data["kind"])
        loaded.pairs_, loaded.text_ = data["pairs"], texts["trees.txt"]
        return loaded


def test_texts_stand_beside_and_do_not_collide(monkeypatch):
    monkeypatch.setitem(state.ESTIMATORS, "Trees", __name__)
    files = {"model.json": ""}
    pair = []
    for text in ("one", "two"):
        tree = Trees(text)
        tree.text_ = text
        pair.append(tree)
    monkeypatch.setattr(state, "known_class", lambda _name: Trees)
    encoded = json.loads(json.dumps(state.encode(pair, files), allow_nan=False))
    assert files == {"model.json": "", "trees.txt": "one", "trees-2.txt": "two"}
    first, second = state.decode(encoded, files)
    assert (first.text_, second.text_, second.kind) == ("one", "two", "two")
    assert first.pairs_[0] == 1
    assert np.isnan(first.pairs_[1][1])
    with pytest.raises(ModelError, match=r"missing \(at trees-2.txt\)"):
        state.decode(encoded, {"trees.txt": "one"})


def as_before_there_were_messages(files):
    """The files as format 2 wrote them: messages were English, and none was an empty text."""

    def older(value, name=""):
        if isinstance(value, dict) and "$message" in value:
            return str(state.decode(value, {}))
        if isinstance(value, dict):
            named = {"message": "sentence"} if name == "base_rate_drift_" else {}
            return {named.get(key, key): older(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [older(item) for item in value]
        return "" if name == "note_" and value is None else value

    document = older(json.loads(files["model.json"])) | {"format": 2}
    return files | {"model.json": json.dumps(document)}


def said(*messages):
    return [message.say(Words("zh")) for message in messages]


def test_messages_come_back_as_messages_and_the_english_of_earlier_formats_as_stored():
    spend = GammaGammaModel()
    wild = np.random.default_rng(0).pareto(0.7, 500) + 0.01
    spend.fit(pd.DataFrame({"frequency": 2.0, "monetary_value": wild}))
    files = to_files(spend)
    assert from_files(files).degenerate_ == spend.degenerate_
    assert spend.degenerate_.code == "fit.own_mean"
    old = from_files(as_before_there_were_messages(files)).degenerate_
    assert said(old) == [str(spend.degenerate_)]  # in English, whoever asks
    rate = PurchaseRule("rate").fit(CDNOW)
    assert from_files(as_before_there_were_messages(to_files(rate))).rate_ == rate.rate_


def test_a_churn_model_and_tiers_of_an_earlier_format_say_what_they_said():
    churn = ChurnModel.from_purchase_model(BetaGeoModel().fit(CDNOW))
    churn.dropped_ = {"lightgbm": Message("churn.needs", least=500, n=3)}
    churn.base_rate_drift_ = {"notable": True, "message": Message("base_rate.one_snapshot")}
    old = from_files(as_before_there_were_messages(to_files(churn)))
    assert said(old.reasons_, old.evidence_note_, *old.dropped_.values()) == [
        *map(str, (churn.reasons_, churn.evidence_note_, *churn.dropped_.values()))
    ]
    assert said(old.base_rate_drift_["message"]) == [str(churn.base_rate_drift_["message"])]
    assert "one snapshot only" in churn_card(old)
    tiers = ValueTiers().fit(CDNOW.assign(clv=CDNOW["frequency"]))
    tiers.note_ = Message("cut.one_tier")
    files = as_before_there_were_messages(to_files(tiers))
    assert said(from_files(files).note_) == [str(tiers.note_)]
    tiers.note_ = None
    assert from_files(as_before_there_were_messages(to_files(tiers))).note_ is None


def test_floats_arrays_and_frames_are_exact():
    value = {
        "tiny": 5e-324,
        "third": 1 / 3,
        "infinite": [float("inf"), -float("inf")],
        "array": np.array([[0.1, np.nan], [np.inf, -0.0]]),
        "counts": np.array([1, 2**62]),
        "names": np.array(["a", "b"], dtype=object),
        "frame": pd.DataFrame({"x": [0.1, 0.2], "name": ["a", "b"]}, index=["r", "s"]),
        "named": pd.DataFrame({"x": [1.5]}, index=pd.Index(["r"], name="tier")),
    }
    back = state.decode(json.loads(json.dumps(state.encode(value, {}), allow_nan=False)), {})
    assert (back["tiny"], back["third"], back["infinite"]) == (
        value["tiny"],
        value["third"],
        value["infinite"],
    )
    for name in ("array", "counts", "names"):
        np.testing.assert_array_equal(back[name], value[name])
        assert back[name].dtype == value[name].dtype
    assert np.signbit(back["array"][1, 1])
    for name in ("frame", "named"):
        pd.testing.assert_frame_equal(back[name], value[name], check_exact=True)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda d: d | {"format": 99, "winback": "9.9"}, "newer winback.*format 99"),
        (lambda d: d | {"model": d["model"] | {"$estimator": "os.system"}}, "unknown estimator"),
        (lambda d: d | {"model": d["model"] | {"state": {}}}, "damaged"),
        (lambda _: {}, "damaged"),
        (lambda _: [], "damaged"),
    ],
)
def test_a_strange_file_is_refused(damage, words):
    files = to_files(PurchaseRule().fit(CDNOW))
    document = damage(json.loads(files["model.json"]))
    with pytest.raises(ModelError, match=words):
        from_files({"model.json": json.dumps(document)})


def test_refusals():
    with pytest.raises(ModelError, match=r"no file model.json"):
        from_files({"trees.txt": ""})
    with pytest.raises(ModelError, match="damaged"):
        from_files({"model.json": "not JSON"})
    with pytest.raises(ModelError, match="unknown estimator"):
        make({"estimator": "Oracle"})
    with pytest.raises(ModelError, match=r"no such parameter.*marign.*margin"):
        make({"estimator": "CustomerValueModel", "params": {"marign": 0.2}})
    with pytest.raises(ModelError, match="names no estimator"):
        make({"params": {}})
    with pytest.raises(ModelError, match="cannot be written"):
        recipe_of(CustomerValueModel(margin=object()))
    model = PurchaseRule().fit(CDNOW)
    model.secret_ = object()
    with pytest.raises(ModelError, match="cannot be written"):
        to_files(model)
