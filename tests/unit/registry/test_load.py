import pandas as pd
import pytest

from winback.errors import ModelError
from winback.registry import load, promote, training_run


@pytest.fixture
def uri(folder, store, tiny):
    with (
        training_run(store, "shop", "key", models=["churn"]) as training,
        training.model("churn") as run,
    ):
        promote(store, run.register(tiny(0.1)))
    return f"sqlite:///{folder}/mlflow.db"


def test_anyone_with_the_store_can_predict_from_anywhere(uri, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    model = load("shop-churn@champion", uri)
    assert (model.name, model.version, model.input_columns) == ("shop-churn", 1, ["frequency", "T"])
    frame = pd.DataFrame(
        {"customer_id": ["a", "b"], "T": [3, 7], "frequency": pd.array([1, None], dtype="Int64")},
        index=["x", "y"],
    )
    expected = pd.DataFrame({"value": [0.1 * 3.0, 0.1 * 7.0]}, index=["x", "y"])
    pd.testing.assert_frame_equal(model.predict(frame), expected, check_exact=True)
    assert model.predict(frame.head(0)).empty


def test_a_frame_that_cannot_be_read_is_refused(uri):
    model = load("shop-churn/1", uri)
    with pytest.raises(ModelError, match=r"lacks columns.*frequency"):
        model.predict(pd.DataFrame({"T": [1.0]}))
    with pytest.raises(ModelError, match=r"needs numbers.*T"):
        model.predict(pd.DataFrame({"T": ["long"], "frequency": [1]}))
