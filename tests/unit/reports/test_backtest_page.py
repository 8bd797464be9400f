import pytest

from winback.reports.backtest_page import METRICS, WIDEST, backtest_page, coverage, differences


def record(model, split="2024-01-01/2024-02-01", *, chosen=False, worse=0.1, target="revenue"):
    row = {"split": split, "target": target, "model": model, "chosen": chosen, "n": 1234}
    for metric in METRICS:
        ends = {"": worse, "_low": worse - 0.05, "_high": worse + 0.05}
        row |= {f"{metric}_worse{end}": value for end, value in ends.items()}
    shares = {"coverage": 0.81, "coverage_top": 0.79, "above": 0.1, "above_top": 0.12}
    if chosen:
        row |= {f"{name}_{level}": value for name, value in shares.items() for level in (80, 90)}
    return row


RECORDS = [
    record("zero", worse=3.0),
    record("chosen", chosen=True, worse=0.0),
    record("other", worse=-0.02),
    record("chosen", chosen=True, target="churn"),
    record("chosen", "2024-02-01/2024-03-01", chosen=True, worse=0.0),
]


def test_every_candidate_stands_beside_the_chosen_with_its_interval():
    figure = differences(RECORDS)
    assert len(figure.data) == 2 * len(METRICS)  # churn has its own pages
    first = figure.data[0]
    assert list(first.y) == ["zero", "<b>chosen</b>", "other"]
    assert list(first.x) == [WIDEST, 0.0, -0.02]
    assert list(first.marker.symbol) == ["triangle-right", "circle", "circle"]
    assert first.error_x.array[2] == pytest.approx(0.05)
    assert first.error_x.arrayminus[2] == pytest.approx(0.05)


def test_coverage_is_drawn_against_what_was_promised():
    figure = coverage(RECORDS)
    assert [trace.x[0] for trace in figure.data][:4] == [0.81, 0.79, 0.1, 0.12]
    lines = [shape.x0 for shape in figure.layout.shapes]
    assert lines == pytest.approx([0.8, 0.1, 0.9, 0.05])


def test_the_page_is_one_file_of_its_own():
    page = backtest_page(RECORDS)
    assert page.count("plotly-graph-div") >= 2
    assert "<script src=" not in page
    assert len(differences([]).data) == 0
