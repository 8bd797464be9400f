"""`Scores`: a frame that says what it is, whatever its names hold, with amounts and without."""

import pandas as pd
import pytest

from winback.errors import UsageError
from winback.scoring.view import Scores, read_scores


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "as_of": pd.Timestamp("2024-06-30").date(),
            "customer_id": ["a", "b", "c"],
            "tier": ["<b>high</b>", "low", "low"],
            "clv": [90.0, 6.0, 4.0],
            "p_churn": [0.25, 0.5, 0.75],
            "value_version": 3,
        }
    )


def test_scores_say_how_many_as_of_when_and_what_each_tier_holds(frame, tmp_path):
    frame.to_parquet(tmp_path / "scores.parquet")
    scores = read_scores(tmp_path)
    html = scores._repr_html_()
    assert repr(scores) == "<Scores: 3 customers as of 2024-06-30>"
    assert len(scores) == 3
    assert scores.top(2)["customer_id"].tolist() == ["a", "b"]
    assert "&lt;b&gt;high" in html
    assert "value 3" in html
    assert "0.9" in html  # of the value in the first tier
    assert "0.625" in html  # mean P(churn) in the second


def test_scores_without_amounts_or_anybody_say_so(frame):
    html = Scores(frame.assign(clv=float("nan")))._repr_html_()
    assert "there are no amounts" in html
    assert "share of clv" not in html
    assert repr(Scores(frame[:0])) == "<Scores: 0 customers as of None>"
    assert "Scores" in Scores(frame[:0])._repr_html_()


def test_a_folder_without_scores_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no scores here"):
        read_scores(tmp_path)
