"""Cards: escaped, the same in light and dark, and scikit-learn's own repr is left whole."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from winback.cards import Table, card
from winback.data.intake import read_transactions
from winback.data.policy import IntakePolicy
from winback.estimators.churn.churn_model import ChurnModel
from winback.estimators.tiers.value_tiers import ValueTiers
from winback.estimators.uplift.uplift_model import UpliftModel
from winback.estimators.value.customer_value import CustomerValueModel
from winback.estimators.value.learned_value import LearnedValueModel
from winback.evaluation.churn_contest import choose_churn
from winback.messages import Message

EVIL = "<script>alert('x')</script>"

SIMPLE = ("base_rate", "recency_rule")


@pytest.fixture(scope="module")
def customers():
    x = np.random.default_rng(0).poisson(3, 300)
    return pd.DataFrame(
        {
            "frequency": x * 1.0,
            "recency": 80.0 * (x > 0),
            "T": 100.0,
            "monetary_value": 20.0 * (x > 0),
            "basket_amount": 21.0,
            "clv": 1.0 + 10.0 * x,
        }
    )


def fitted(customers):
    gone = np.arange(300) % 2 == 0
    snapshot = customers.assign(
        customer_id=np.arange(300).astype(str),
        as_of="2024-01-01",
        days_since_last=40.0,
        overdue_ratio=1.0 + 3.0 * gone,
    )
    return {
        "value": CustomerValueModel("rate", "own_mean", horizon_days=91).fit(customers),
        "learned": LearnedValueModel(("btyd", "rate"), None, horizon_days=91).fit(customers),
        "churn": choose_churn(
            ChurnModel(91, candidates=("base_rate", "recency_rule")), snapshot, gone
        ),
        "tiers": ValueTiers().fit(customers),
    }


def test_whatever_stands_on_a_card_is_escaped():
    table = Table((EVIL,), [(EVIL,)], EVIL)
    text = card(EVIL, {EVIL: EVIL}, tables=[table], notes=[EVIL])
    assert "<script" not in text
    assert text.count("&lt;script&gt;") == 8  # the title also as the card's accessible name


def test_a_table_without_rows_is_left_out():
    assert card("a", {}, tables=[Table(("b", "c"), [])]) == card("a", {})


def test_a_card_sets_no_colour_of_its_own():
    text = card("a", {"b": 1}, tables=[Table(("c",), [(2,)])])
    assert "#" not in text
    assert "background:none" in text


def test_each_fitted_model_says_what_it_is(customers):
    said = {name: model._repr_html_() for name, model in fitted(customers).items()}
    for name in ("value", "learned", "tiers"):
        assert "300 customers" in said[name]
    for name in ("value", "learned", "churn"):
        assert "91 days" in said[name]
    assert "recency_rule" in said["churn"]
    assert "2024-01-01" in said["churn"]
    assert "strategic" in said["tiers"]


def test_an_uplift_says_what_it_measured_or_that_it_could_not():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"silence": rng.random(4000), "channel": EVIL})
    treated = rng.random(4000) < 0.5
    y = rng.random(4000) < 0.1 + 0.1 * treated
    model = UpliftModel(columns=("silence",), groups=("channel",)).fit(X, y, treated)
    html = model._repr_html_()
    assert f"{100 * model.overall_:+.1f} points" in html
    assert "<script" not in html
    few = UpliftModel(columns=("silence",), groups=()).fit(X[:50], y[:50], treated[:50])
    assert "too few" in few._repr_html_()
    assert "points, " not in few._repr_html_()
    assert "sk-top-container" in UpliftModel()._repr_html_()


def test_tiers_of_a_hostile_name_are_text(customers):
    tiers = fitted(customers)["tiers"]
    tiers.note_ = Message.of(EVIL)
    assert "<script" not in tiers._repr_html_()


def test_unfitted_models_and_pipelines_keep_scikit_learns_diagram(customers):
    for model in fitted(customers).values():
        unfitted = type(model)()
        assert "sk-top-container" in unfitted._repr_html_()
        assert 'role="group"' not in unfitted._repr_html_()
    pipeline = make_pipeline(FunctionTransformer(), ChurnModel())
    assert "ChurnModel" in pipeline._repr_html_()


def test_transactions_say_where_every_row_went():
    frame = pd.DataFrame(
        {
            "customer_id": ["a", "b", ""],
            "timestamp": ["2024-01-01", "2024-02-01", "2024-02-02"],
            "amount": [1.0, 2.0, 3.0],
        }
    )
    purchases = read_transactions(frame, policy=IntakePolicy(max_rejected_share=1.0))
    assert repr(purchases) == ("<Transactions: 2 of 3 rows, 2 customers, 2024-01-01 to 2024-02-01>")
    (reason,) = purchases.counts.rejected
    assert reason in purchases._repr_html_()
