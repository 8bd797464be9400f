import json
import re

import pandas as pd
import pytest

from winback.errors import OutputError, UsageError
from winback.reports.gallery import figures, quality_figures
from winback.reports.page import render, write_report
from winback.reports.quality import quality

PLANTED = "PLANTED"


def page_of(arguments):
    report = arguments.report()
    return render(report, figures(report))


def own_part(page):
    """Cut out plotly.js, which is the same on every page."""
    start = page.index("<script>/**")
    return page[:start] + page[page.index("</script>", start) :]


def words_of(arguments):
    body = own_part(page_of(arguments)).partition("<body>")[2]
    body = re.sub(r"<script[^>]*>.*?</script>", "", body, flags=re.DOTALL)
    return re.sub(r"<[^>]+>", "", body)


def test_the_page_is_whole_small_and_loads_nothing(arguments):
    page = page_of(arguments)
    assert 4_000_000 < len(page.encode()) < 8_000_000
    ours = own_part(page)
    assert len(ours) < 300_000
    assert "default-src 'none'" in ours
    assert not re.search(r"https?:|//cdn|@import|url\(|<link rel=.stylesheet|src=", ours)


def named(text):
    return set(re.findall(rf"{PLANTED}-\d+", text))


def test_nobody_is_named_but_those_who_come_first_on_the_lists(arguments):
    report = arguments.report()
    first = {f"{PLANTED}-{i}" for i in (*range(6), *range(10, 30))}
    told = json.dumps(report), own_part(render(report, figures(report)))
    assert named(told[0]) == named(told[1]) == first
    arguments["job"]["name_customers"] = False
    nameless = arguments.report()
    assert PLANTED not in json.dumps(nameless)
    assert "names no customer" in render(nameless, figures(nameless))


def test_the_same_report_gives_the_same_bytes_also_after_a_round_trip(arguments):
    report = arguments.report()
    again = json.loads(json.dumps(report))
    assert render(again, figures(again)) == render(report, figures(report))
    assert arguments.report() == report


def test_paths_and_frames_give_the_same_report(arguments, tmp_path):
    report = arguments.report()
    for name in ("scores", "predictions"):
        arguments[name].to_parquet(tmp_path / f"{name}.parquet")
        arguments[name] = tmp_path / f"{name}.parquet"
    assert arguments.report() == report


def test_every_chart_tells_its_size_date_reading_and_alternative_text(arguments):
    drawn = figures(arguments.report())
    assert list(drawn) == [
        "gain",
        "lift",
        "precision_recall",
        "reliability",
        "risk",
        "funnel",
        "left_out",
        "severity",
        "tiers",
        "stages",
        "deciles_revenue",
        "concentration",
    ]
    page = page_of(arguments)
    for name, figure in drawn.items():
        meta = figure.layout.meta
        assert meta["reading"].endswith(".")
        assert meta["reading"] in meta["alt"]
        assert meta["n"].replace(",", "").isdigit()
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", meta["as_of"])
        assert f'id="chart-{name}" role="img" aria-label="' in page


def test_the_verdict_says_what_the_numbers_say(arguments):
    text = words_of(arguments)
    assert "400 customers scored as of 1998-06-30" in text
    assert "Work through the churn warnings: 6 customers, from the top; 2 are red" in text
    assert "Send the win-back list: 20 customers" in text
    assert "In the comparison group, to be left alone: 5 customers" in text
    assert "Churn (LightGBM) has an error 25% lower than the best other model" in text
    assert "Revenue (own rate so far) has an error 23% HIGHER" in text
    assert "beats the chosen model" in text
    assert "45 rows (4.5%) of the data could not be read" in text
    assert "Of 100 dormant customers, 20 are" in text  # those who are active were never up for it
    assert "75 are left out, most often: over budget (68, 91%)" in text
    assert "12.3 percentage points" in text


def test_what_users_wrote_is_never_markup(arguments):
    arguments["lists"]["win_back_summary"]["excluded"] = {"</script><b>reason": 3}
    page = page_of(arguments)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<b>reason" not in page


def sections_of(page):
    found = re.findall(r'<section (?:class="\w+" )?id="(\w+)"', page)
    return [name for name in found if name != "lists"]


def test_sections_without_data_are_absent(arguments):
    arguments["scores"] = arguments["scores"].iloc[:0]
    empty = arguments["lists"]["churn_warning"].iloc[:0]
    arguments.update(
        evaluation=[],
        predictions=None,
        models=[],
        lists={"churn_warning": empty, "win_back": empty, "win_back_control": empty},
    )
    page = page_of(arguments)
    assert "No customer is known by then: the lists are empty" in page
    assert "Nothing to decide" in page
    assert len(page) < 100_000  # no chart, no plotly.js
    rest = ["verdict", "done", "rows"]
    assert sections_of(page) == ["first", "decide", "win_back", "churn_warning", *rest]
    arguments["lists"] = {}
    assert sections_of(page_of(arguments)) == ["first", "decide", *rest]


def test_without_amounts_no_money_is_spoken_of(arguments):
    arguments["intake"]["has_amounts"] = False
    arguments["job"]["currency"] = None
    arguments["scores"]["clv"] = float("nan")
    arguments["lists"]["churn_warning"] = arguments["lists"]["churn_warning"].drop(
        columns="value_at_risk"
    )
    arguments["evaluation"] = [e for e in arguments["evaluation"] if e["target"] != "revenue"]
    text = words_of(arguments)
    assert "purchase days within 365 days" in text
    assert "CLV" not in text
    assert "margin" not in text.lower()


def test_tracking_is_summed_by_week_and_split_at_the_cut_off(arguments):
    days = pd.date_range("2020-01-01", periods=28)
    arguments["tracking"] = pd.DataFrame(
        {"day": days, "actual": 2.0, "expected": 3.0, "held_out": days >= "2020-01-15"}
    )
    report = arguments.report()
    assert [(week["actual"], week["held_out"]) for week in report["tracking"]] == [
        (14, False),
        (14, False),
        (14, True),
        (14, True),
    ]
    reading = figures(report)["tracking"].layout.meta["reading"]
    assert "28 happened and 42 were expected (50% too high)" in reading


def test_a_page_appears_whole_or_not_at_all(arguments, tmp_path):
    report = arguments.report()
    path = write_report(report, tmp_path / "report.html")
    assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    with pytest.raises(OutputError):
        write_report(report, blocked)


def test_an_unknown_language_is_refused(arguments):
    arguments["job"]["language"] = "xx"
    report = arguments.report()
    with pytest.raises(UsageError, match="allowed: en, zh"):
        figures(report)


def test_targets_tested_on_different_days_are_told_apart(arguments):
    for entry in arguments["evaluation"]:
        if entry["target"] == "churn":
            entry["split"] = "1998-03-31/1998-06-30"
    text = words_of(arguments)
    assert "after 1998-03-31 until 1998-06-30: Churn" in text
    assert "after 1997-09-30 until 1998-06-30: Revenue" in text


def test_the_quality_figures_can_be_drawn_alone(arguments):
    figures = quality(arguments["evaluation"], arguments["predictions"])
    assert list(quality_figures(figures)) == [
        "gain",
        "lift",
        "precision_recall",
        "reliability",
        "deciles_revenue",
    ]


def test_tiers_show_what_they_brought_and_where_they_moved(arguments, tiers):
    arguments["tiers"] = tiers
    drawn = figures(arguments.report())
    assert {"tier_spend", "tier_rates", "migration", "flows"} <= drawn.keys()
    moved = drawn["migration"].layout.meta
    assert moved["n"] == "250"
    assert "80% have stayed in their tier, 4.0% have risen and 16% have fallen" in moved["reading"]
    text = words_of(arguments)
    assert "epsilon-squared 0.31, a large effect" in text
    assert "a customer of strategic brought USD 9, one of long-tail USD 1" in text


def churn_predictions(scores, churned):
    return pd.DataFrame(
        {
            "split": "1997-09-30/1998-06-30",
            "target": "churn",
            "model": "boosted",
            "customer_id": [str(i) for i in range(len(scores))],
            "predicted": scores,
            "actual": churned,
            "low_80": float("nan"),
            "high_80": float("nan"),
        }
    )


def test_gain_finds_all_at_once_in_a_perfect_order_and_nobody_sooner_by_lot(arguments):
    churned = [1.0] * 100 + [0.0] * 100
    perfect = arguments.report(predictions=churn_predictions(churned, churned))
    (curve,) = perfect["quality"]["churn"]["curves"]
    assert curve["churners"][25] == 50
    assert curve["churners"][50] == curve["churners"][100] == 100
    same = churn_predictions([0.5] * 200, churned)
    (lot,) = arguments.report(predictions=same)["quality"]["churn"]["curves"]
    assert lot["churners"] == [float(percent) for percent in range(101)]


def test_groups_profit_snapshots_and_reasons_of_churn_are_told(arguments):
    split = {"split": "1997-09-30/1998-06-30", "target": "churn"}
    arguments["groups"] = [
        split
        | {"grouping": by, "group": group, "model": model, "chosen": model == "boosted"}
        | {"n": n, "churn_rate": 0.5, "mean_predicted": 0.5 + miss, "auc": auc, "note": note}
        for by, group, n, miss, note in (
            ("repeat", "one order", 120, 0.02, "little"),
            ("repeat", "repeat", 80, 0.01, None),
            ("tier", "strategic", 50, 0.2, None),
            ("tier", "long-tail", 149, 0.1, None),
            ("tier", "tiny", 1, 0.5, None),
        )
        for model, auc in (("boosted", 0.8), ("logistic", 0.7))
    ]
    arguments["profit"] = [
        split
        | {"model": "boosted", "chosen": True, "depth": depth, "n": 200 * depth, "profit": profit}
        | {"margin": 0.4, "save_rate": 0.1, "contact_cost": 1.0, "offer_cost": 0.0}
        for depth, profit in ((0.5, 70.0), (1.0, 40.0))
    ]
    arguments["evidence"] = [
        {"candidate": model, "snapshot": day, "n": 90, "base_rate": rate, "brier": brier}
        for model, brier in (("boosted", 0.1), ("logistic", 0.2))
        for day, rate in (("1997-03-31", 0.4), ("1997-06-30", 0.6))
    ]
    arguments["lists"]["churn_warning_summary"] = {"capacity": {"red": 5, "orange": 5, "yellow": 0}}
    warned = arguments["lists"]["churn_warning"]
    warned["reason_1_code"] = ["overdue"] * 4 + ["event:complaint"] * 2
    warned["reason_2_code"], warned["reason_3_code"] = "basket", ""
    report = arguments.report()
    readings = {name: figure.layout.meta["reading"] for name, figure in figures(report).items()}
    assert "furthest off for strategic: 70% predicted, 50% left" in readings["groups_tier"]
    assert "highest, USD 70, by warning about 50%" in readings["profit"]
    assert report["churn"]["capacity_share"] == pytest.approx(
        10 / report["population"]["summary"]["active"]
    )
    assert "lowest Brier score on 2 of 2 snapshots" in readings["snapshots"]
    assert "overdue: 4 of 6 warnings (67%)" in readings["reasons"]
    assert [row["further"] for row in report["churn"]["reasons"]] == [0, 0, 6]
    text = words_of(arguments)
    assert "one-order customers" in text
    assert "The score knows little" in text


def test_what_became_of_the_last_lists_is_told(arguments, tmp_path):
    scores = arguments["scores"]
    silent = (scores["T"] - scores["recency"]).to_numpy()
    last = scores[["customer_id"]].assign(bought=silent < 30)
    paths = {}
    for name, rows in (
        ("churn_warning", last.iloc[4:104]),
        ("win_back", last.iloc[100:140]),
        ("win_back_control", last.iloc[140:150]),
    ):
        paths[name] = tmp_path / f"{name}.parquet"
        rows[["customer_id"]].to_parquet(paths[name])
    arguments["earlier_lists"] = {"as_of": "1998-05-31", **paths}
    lists = arguments.report()["changes"]["lists"]
    assert lists["churn_warning"] == {
        "n": 100,
        "bought": int(last["bought"][4:104].sum()),
        "again": 2,
        "new": 4,
    }
    assert lists["win_back"] == {"n": 40, "bought": int(last["bought"][100:140].sum())}
    assert "Of 100 warned about on 1998-05-31" in words_of(arguments)


def test_figures_of_the_last_run_stand_beside_todays_also_when_it_is_repeated(arguments):
    now = arguments.report()
    then = json.loads(json.dumps(now))
    then["job"]["as_of"] = "1998-05-31"
    then["population"]["summary"]["active"] -= 12
    arguments["earlier"] = then
    first = arguments.report()
    assert first["changes"]["before"]["as_of"] == "1998-05-31"
    said = words_of(arguments)
    assert "+12" in said
    assert "Margin at risk, USD" in said
    arguments["earlier"] = json.loads(json.dumps(first))
    assert arguments.report()["changes"] == first["changes"]


def test_a_forecast_a_past_matrices_and_cohorts_are_drawn(arguments):
    days = pd.date_range("1998-01-01", periods=28)
    arguments["tracking"] = pd.DataFrame(
        {"day": days, "actual": 2.0, "expected": 3.0, "high": 5.0, "held_out": days > "1998-01-14"}
    )
    arguments["forecast"] = [
        {"day": f"1998-07-{day:02}", "cumulative": 2.0 * day}
        | {"cumulative_low": 1.0 * day, "cumulative_high": 3.0 * day}
        for day in range(1, 11)
    ]
    arguments["matrices"] = {
        "T": 100,
        "frequencies": [0, 1],
        "recencies": [0, 50, 100],
        "p_alive": [[1.0, None], [1.0, 0.3], [1.0, 0.9]],
        "expected_purchases": [[0.1, None], [0.1, 0.5], [0.1, 1.5]],
    }
    arguments["cohorts"] = {
        "unit": "M",
        "cohorts": [
            {
                "cohort": f"1998-0{month}-01",
                "customers": 100,
                "retention": [1.0, 0.2][: 7 - month],
                "cumulative": [5.0, 7.0][: 7 - month],
                "mature": 7 - month,
            }
            for month in (5, 6)
        ],
    }
    report = arguments.report()
    assert report["tracking"][0]["spread"] == pytest.approx((7 * 2.0**2) ** 0.5)
    assert [row["day"] for row in report["value"]["forecast"]] == ["1998-07-07", "1998-07-10"]
    drawn = figures(report)
    assert "84 were expected (50% too high)" in drawn["cumulative"].layout.meta["reading"]
    assert "bring 20 repeat purchase days" in drawn["forecast"].layout.meta["reading"]
    alive = drawn["matrix_p_alive"]
    assert "is 90% if the last was today, and 30% after 50 days" in alive.layout.meta["reading"]
    assert [row[0] for row in alive.data[0].z] == [None, None, None]  # frequency 0 says nothing
    assert "20% bought again in the month after" in drawn["retention"].layout.meta["reading"]
    assert "USD 5 a customer in the first period, USD 7" in words_of(arguments)
    assert len(drawn["retention"].layout.shapes) == 0  # every month is over
    arguments["cohorts"]["cohorts"][0]["mature"] = 1
    assert len(figures(arguments.report())["retention"].layout.shapes) == 3


def test_chinese_is_spoken_throughout(arguments, tiers):
    arguments["job"]["language"] = "zh"
    arguments["tiers"] = tiers
    arguments["warnings"] = []
    arguments["intake"]["rejected"] = {"no customer": 40, "duplicate line": 5}
    page = page_of(arguments)
    assert '<html lang="zh">' in page
    text = words_of(arguments)
    assert "其中 2 位为红色" in text
    named = r"shop(-value)?|winback|csv|value|timezone|alpha|epsilon|data|horizon|days"
    left = set(re.findall(r"\b[a-z]{3,}\b", re.sub(rf"\b({named})\b", "", text)))
    assert left == set()


def test_a_handful_of_customers_has_no_curves_by_percent(arguments):
    few = churn_predictions([0.9, 0.8, 0.1, 0.2], [1.0, 1.0, 0.0, 0.0])
    report = arguments.report(predictions=few)
    assert report["quality"]["churn"]["curves"] == []
    assert "reliability" in figures(report)
    assert "gain" not in figures(report)


def test_the_model_in_use_is_told_where_another_was_tested_as_chosen(arguments):
    model = {**arguments["models"][0], "role": "churn"}
    for estimator, differs in (("boosted", False), ("logistic", True)):
        arguments["models"] = [{**model, "estimator": estimator}]
        assert ("In use today: logistic regression" in words_of(arguments)) is differs


def test_baselines_lie_beside_the_chosen_model_in_the_reliability_chart(arguments):
    rows = arguments["predictions"]
    other = rows[rows["target"] == "churn"].assign(model="logistic", predicted=0.5)
    arguments["predictions"] = pd.concat([rows, other], ignore_index=True)
    drawn = figures(arguments.report())["reliability"]
    assert [trace.name for trace in drawn.data[1:3]] == ["LightGBM", "logistic regression"]
    assert set(drawn.data[2].x) == {0.5}


def test_revenue_to_come_is_told_in_money(arguments):
    arguments["forecast_revenue"] = [
        {"day": f"1998-07-{n:02}", "cumulative": 10.0 * n}
        | {"cumulative_low": 9.0 * n, "cumulative_high": 11.0 * n}
        for n in range(1, 9)
    ]
    drawn = figures(arguments.report())["forecast_revenue"]
    assert "bring USD 80 of revenue (80% interval USD 72 to USD 88" in drawn.layout.meta["reading"]
