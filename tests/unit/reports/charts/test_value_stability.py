from winback.reports.charts.value_stability import MOST, stability_of
from winback.reports.gallery import figures


def run(version, r, *, estimator="beta_geo", half=0.05):
    rows = [
        {"name": "r", "value": r, "low": r - half, "high": r + half},
        {"name": "alpha", "value": 4.0, "low": None, "high": None},
    ]
    day = f"2024-{version:02}-01"
    return {"version": version, "as_of": day, "estimator": estimator, "parameters": rows}


def test_only_runs_of_the_model_in_use_are_compared_and_the_newest_count():
    runs = [run(1, 0.9, estimator="pareto_nbd"), *(run(n, 0.2) for n in range(2, MOST + 4))]
    stability = stability_of(runs, "beta_geo")
    assert [entry["version"] for entry in stability["runs"]] == list(range(4, MOST + 4))
    assert stability_of(runs[:2], "beta_geo") is None


def test_the_parameter_that_moved_the_most_is_named_and_drawn_with_its_interval(arguments):
    arguments["models"][0] |= {"role": "value", "estimator": "beta_geo"}
    arguments["runs"] = [run(1, 0.20), run(2, 0.30)]
    report = arguments.report()
    figure = figures(report)["stability"]
    assert "parameter r moved the most, between 0.2 and 0.3; bars" in figure.layout.meta["reading"]
    first = figure.data[0]
    assert list(first.y) == [0.20, 0.30]
    assert [round(up, 3) for up in first.error_y.array] == [0.05, 0.05]
    assert list(figure.data[1].error_y.array) == [0.0, 0.0]  # no interval is known
    arguments["runs"] = [run(1, 0.28), run(2, 0.30)]
    assert "within its newest" in figures(arguments.report())["stability"].layout.meta["reading"]
    arguments["runs"] = [run(1, 0.20)]
    assert "stability" not in figures(arguments.report())
