"""The lists of a job: who is left out, whose place is kept, why one is where one is, and when."""

from datetime import date

import pandas as pd
import pytest

from winback.config import load_job
from winback.errors import ConfigError, OutputError, UsageError
from winback.workflows.backfill import backfill
from winback.workflows.churn_warning import churn_warning
from winback.workflows.explain import explain
from winback.workflows.lists import heeded, lists
from winback.workflows.playbook import job_playbook
from winback.workflows.reporter import Quiet
from winback.workflows.work import Work

AS_OF = date(1998, 6, 30)  # a Tuesday
OPTED_OUT = 100


def warn(shop, settings="{capacity: 20}", *, people="customers.csv", **options):
    """Make the list with other settings or people; nothing is published."""
    text = shop.yaml.read_text().replace("{capacity: 20}", settings)
    yaml = shop.yaml.with_name("other.yaml")
    yaml.write_text(text.replace("customers.csv", people))
    work = Work(load_job(yaml), out=shop.out, today=date(2030, 1, 1))
    with work:
        scores = pd.read_parquet(shop.out / "scores.parquet")
        made = work.do(
            churn_warning,
            work.models.that_scored(scores),
            scores,
            work.do(heeded, **options),
        )
        for path in (work.results.stage / "results").rglob("*"):
            if path.is_file():
                path.unlink()
    return made


def test_who_wants_no_contact_or_is_held_out_is_left_out_and_counted(shop):
    summary = shop.read("manifest.json")["churn_warning"]
    listed = shop.read("churn_warning.parquet")
    assert summary["left_out"]["opted out"] == OPTED_OUT
    assert summary["left_out"]["global holdout"] > 0
    people = pd.read_csv(shop.folder / "customers.csv", dtype={"customer_id": str})
    never = set(people.loc[people["opt_out"], "customer_id"])
    assert not never & set(listed["customer_id"])
    assert summary["threshold"]["by"] == "table"
    assert summary["threshold"]["meaning"]["text"].startswith(
        "P(churn) of 0.50 after a silence of 1.5 typical"
    )
    assert sum(summary["listed"].values()) == len(listed) == 20
    assert summary["capacity"] == 20


def test_a_refusal_after_as_of_is_heeded_but_by_lists_that_look_back(shop):
    people = pd.read_csv(shop.folder / "customers.csv", dtype={"customer_id": str})
    people["opt_out"] = people["opt_out"].map({True: "01.06.1998", False: ""})
    later = shop.read("churn_warning.parquet")["customer_id"].head(7)
    people.loc[people["customer_id"].isin(later), "opt_out"] = "05.07.1998"
    people.to_csv(shop.folder / "later.csv", index=False)
    now, then = (warn(shop, people="later.csv", looking_back=past) for past in (False, True))
    assert now.summary["left_out"]["opted out"] == OPTED_OUT + 7
    assert not set(later) & set(now.listed["customer_id"])
    assert then.summary["left_out"]["opted out"] == OPTED_OUT
    assert set(then.listed["customer_id"]) == set(shop.read("churn_warning.parquet")["customer_id"])


def test_everybody_else_has_one_reason(shop):
    listed, excluded = (shop.read(f"churn_warning{part}.parquet") for part in ("", "_excluded"))
    scored = shop.read("scores.parquet")["customer_id"]
    assert sorted([*listed["customer_id"], *excluded["customer_id"]]) == sorted(scored)
    summary = shop.read("manifest.json")["churn_warning"]
    counts = excluded["reason"].value_counts()
    assert counts["opted out"] == summary["left_out"]["opted out"]
    assert counts["over capacity"] == sum(summary["at_risk"].values()) - len(listed)
    assert excluded.loc[excluded["reason"] == "not active", "days_since_last"].min() > 180
    assert set(counts.index) == {
        "opted out", "global holdout", "not active", "not at risk", "at risk, but in rhythm",
        "over capacity",
    }  # fmt: skip
    assert set(excluded["list_id"]) == set(listed["list_id"])


def test_every_row_says_why_what_and_what_came_before(shop):
    listed = shop.read("churn_warning.parquet")
    for name in ("reason_1", "last_behaviours", "action", "channel", "owner", "cooldown_until"):
        assert listed[name].notna().all(), name
    assert listed["last_behaviours"].str.contains(r"^\d{4}-\d\d-\d\d bought for ").all()
    newest = listed["last_behaviours"].str.slice(0, 10)
    assert (pd.to_datetime(newest) == pd.to_datetime(listed["last_purchase_at"])).all()
    assert (listed["value_at_risk_low"] <= listed["value_at_risk"]).all()
    assert (listed["value_at_risk"] <= listed["value_at_risk_high"]).all()


def test_a_list_made_again_is_the_same(shop):
    before = (shop.out / "churn_warning.parquet").read_bytes()
    shop.do(lists)
    assert (shop.out / "churn_warning.parquet").read_bytes() == before


@pytest.mark.parametrize(("day", "held"), [("1998-06-29", 20), ("1998-06-28", 0)])
def test_an_earlier_list_of_the_week_holds_places_and_one_of_last_week_colours(shop, day, held):
    first = shop.read("churn_warning.parquet").assign(as_of=pd.Timestamp(day), severity="red")
    other = first.assign(customer_id="gone" + first["customer_id"])  # at risk no more
    name = f"lists/{day}/churn_warning.parquet"
    shop.do(lambda results: other.to_parquet(results.staged(name)))
    assert len(warn(shop).listed) == 20 - held
    shop.do(lambda results: first.to_parquet(results.staged(name)))
    again = warn(shop).listed
    assert set(again["previous_severity"].dropna()) == {"red"}
    if held:
        assert set(again["customer_id"]) == set(first["customer_id"])
    shop.do(lambda results: results.drop(name))


def test_the_threshold_and_the_capacity_are_the_jobs(shop):
    made = warn(shop, "{capacity: {orange: 3}, warn_from: {risk: 0.7}}")
    assert made.listed["severity"].tolist() == ["orange"] * 3
    assert (made.listed["p_churn"] >= 0.7).all()
    made = warn(shop, "{capacity: 5000, warn_from: {risk: 0.4}}")
    scores = shop.read("scores.parquet").set_index("customer_id")
    active = scores["T"] - scores["recency"] <= 180
    risky = scores.index[active & (scores["p_churn"] >= 0.4)]
    people = pd.read_csv(shop.folder / "customers.csv", dtype={"customer_id": str})
    never = people.loc[people["opt_out"], "customer_id"]
    held = shop.read("churn_warning_excluded.parquet").query("reason == 'global holdout'")
    assert set(made.listed["customer_id"]) == set(risky) - set(never) - set(held["customer_id"])
    made = warn(shop, "{capacity: 500, warn_from: {profit: 1}, contact_cost: 0.5}")
    earns = 0.1 * made.listed["value_keepable"] - 0.5
    assert len(made.listed)
    assert (earns >= 1).all()
    assert made.summary["threshold"]["by"] == "profit"
    nobody = warn(shop, "{capacity: 5, warn_from: {profit: 100000}}")
    assert nobody.listed.empty
    assert nobody.summary["listed"] == {"red": 0, "orange": 0, "yellow": 0}


def test_the_limits_that_nobody_chose_stand_on_every_row(shop):
    assert set(shop.read("churn_warning.parquet")["limits"]) == {"set by the job"}
    by_colour = warn(shop, "{capacity: {orange: 3}}")  # red and yellow get none: that is chosen
    assert set(by_colour.listed["limits"]) == {"set by the job"}
    assert by_colour.summary["defaults"] == []
    unset = warn(shop, "{expires_days: 7}")
    assert set(unset.listed["limits"]) == {"defaults: capacity"}
    assert unset.summary["defaults"] == ["lists.churn_warning.capacity = 200"]


def test_who_is_on_the_win_back_list_or_had_a_contact_is_left_out(shop):
    first = shop.read("churn_warning.parquet")["customer_id"]
    taken, written, long_ago = first[0], first[1], first[2]
    text = shop.yaml.read_text().replace("lists:\n", "lists:\n  win_back: {budget: 9}\n")
    sent = pd.DataFrame(
        {
            "customer_id": [written, long_ago],
            "timestamp": ["1998-06-28", "1998-01-05"],
            "channel": "email",
        }
    )
    sent.to_csv(shop.folder / "contacts.csv", index=False)
    yaml = shop.yaml.with_name("contacts.yaml")
    yaml.write_text(text.replace("value:", "  contacts: {source: contacts.csv}\nvalue:", 1))
    with Work(load_job(yaml), out=shop.out, today=date(2030, 1, 1)) as work:
        scores = pd.read_parquet(shop.out / "scores.parquet")
        made = work.do(
            churn_warning,
            work.models.that_scored(scores),
            scores,
            work.tables.read_frame("customers"),
            on_win_back={taken, "nobody"},
        )
        out = pd.read_parquet(work.results.stage / "results" / "churn_warning_excluded.parquet")
        for path in (work.results.stage / "results").rglob("*"):
            if path.is_file():
                path.unlink()
    why = out.set_index("customer_id")["reason"]
    assert why[[taken, written]].tolist() == ["on the win-back list", "in cooldown"]
    assert long_ago in set(made.listed["customer_id"])
    assert made.summary["left_out"]["in cooldown"] == 1


def test_days_of_warning_are_measured(shop):
    threshold = warn(shop, "{capacity: 9, warn_from: {days: 20}}").summary["threshold"]
    assert threshold["measured"]["lead_median"] >= 20
    assert "median of" in str(threshold["meaning"])
    assert 0 < threshold["risk"] < 1


def test_a_playbook_of_the_job_decides_and_knows_its_tiers(shop):
    says = "action: call {purchases} times, channel: phone, offer: none, owner: me"
    rule = f"{{{says}, cooldown_days: 3}}".replace("call {purchases} times", "'{purchases} times'")
    text = (
        f"churn_warning: [{rule}]\nwin_back: {{steps: [{{step: a, meaning: b}}], rules: [{rule}]}}"
    )
    (shop.folder / "ours.yaml").write_text(text)
    rows = warn(shop, "{capacity: 20}\n  playbook: ours.yaml").listed
    assert (rows["action"] == (rows["frequency"] + 1).astype(str) + " times").all()
    assert (rows["cooldown_until"] == pd.Timestamp("1998-07-03")).all()
    wrong = text.replace("[{action", "[{tier: core, action", 1)
    (shop.folder / "ours.yaml").write_text(wrong)  # a tier of another naming scheme
    with pytest.raises(ConfigError, match="unknown tier"):
        warn(shop, "{capacity: 20}\n  playbook: ours.yaml")
    assert job_playbook(load_job(shop.yaml)).name == "the default playbook"


def test_the_offer_of_a_warning_costs_only_where_the_playbook_makes_one(shop):
    def listed(offer, cost):
        says = f"{{action: write, channel: mail, offer: {offer}, owner: me, cooldown_days: 3}}"
        steps = f"{{steps: [{{step: a, meaning: b}}], rules: [{says}]}}"
        (shop.folder / "ours.yaml").write_text(f"churn_warning: [{says}]\nwin_back: {steps}")
        terms = f"warn_from: {{profit: 1}}, contact_cost: 0.5, offer_cost: {cost}"
        return warn(shop, f"{{capacity: 500, {terms}}}\n  playbook: ours.yaml").listed

    free = listed("none", 0)
    assert len(free)
    assert listed("none", 3)["customer_id"].tolist() == free["customer_id"].tolist()
    dear = listed("voucher", 3)
    redeems = 1 - (1 - 0.1 * dear["p_keepable"]) * dear["p_churn"]
    earns = 0.1 * dear["value_keepable"] - 0.5 - redeems * 3
    assert (earns >= 1).all()
    assert set(dear["customer_id"]) < set(free["customer_id"])


def told_of(shop, customer):
    before = {path: path.stat().st_mtime_ns for path in shop.out.rglob("*") if path.is_file()}
    with shop.work() as work:
        answer = work.do(explain, customer=customer)
    after = {path: path.stat().st_mtime_ns for path in shop.out.rglob("*") if path.is_file()}
    assert {p: t for p, t in after.items() if p.name != ".lock"} == {
        p: t for p, t in before.items() if p.name != ".lock"
    }
    return answer


def test_one_customer_is_told_on_which_list_and_why(shop):
    warned = shop.read("churn_warning.parquet").iloc[0]
    answer = told_of(shop, warned["customer_id"])
    assert answer["lists"]["churn_warning"]["on"]
    assert answer["lists"]["churn_warning"]["row"]["rank"] == 1
    assert answer["lists"]["win_back"]["why"] == "not dormant"
    assert answer["scores"]["p_churn"] == warned["p_churn"]
    assert "; ".join(answer["last_behaviours"][:3]) == warned["last_behaviours"]


def test_one_left_out_is_told_the_reason(shop):
    excluded = shop.read("churn_warning_excluded.parquet")
    row = excluded[excluded["reason"] == "over capacity"].iloc[0]
    answer = told_of(shop, row["customer_id"])
    assert answer["lists"]["churn_warning"] | {"row": None} == {
        "on": False,
        "why": "over capacity",
        "row": None,
    }


def test_a_customer_that_is_not_there_is_said_so_with_those_like_it(shop):
    customer = shop.read("scores.parquet")["customer_id"].iloc[0]
    with pytest.raises(UsageError, match=f"nobody .* called so.*{customer}"):
        told_of(shop, "0" + customer)
    with pytest.raises(UsageError, match=f"ids are texts, .* such as {customer}"):
        told_of(shop, "nobody-at-all")


def test_who_names_nobody_is_told_of_the_first_of_each_list(shop):
    files = ("churn_warning.parquet", "win_back.parquet")
    first = [shop.read(name).query("rank == rank.min()")["customer_id"] for name in files]
    answer = told_of(shop, None)["customers"]
    assert answer == [told_of(shop, name) for ids in first for name in ids]
    assert answer[0]["lists"]["churn_warning"]["row"]["rank"] == 1


def test_where_both_lists_are_empty_an_id_is_named(shop):
    kept = {name: shop.out / name for name in ("churn_warning.parquet", "win_back.parquet")}
    whole = {name: pd.read_parquet(path) for name, path in kept.items()}

    def publish(n):
        shop.do(lambda results: [f.head(n).to_parquet(results.staged(k)) for k, f in whole.items()])

    publish(0)
    customer = shop.read("scores.parquet")["customer_id"].iloc[0]
    try:
        with pytest.raises(UsageError, match=f"both lists are empty.*{shop.yaml} {customer}$"):
            told_of(shop, None)
    finally:
        publish(None)


def test_a_history_is_made_up_for_and_the_newest_list_stays_on_top(shop):
    top = {name: (shop.out / name).read_bytes() for name in ("scores.parquet", "win_back.csv")}
    manifest = shop.read("manifest.json")
    reporter = Quiet()
    days = [date(1998, 6, 16), date(1998, 6, 23)]
    jobs = [load_job(shop.yaml, overrides={"as_of": day}) for day in days]
    made = backfill(jobs, out=shop.out, reporter=reporter, today=date(2030, 1, 1))
    assert list(made["dates"]) == ["1998-06-16", "1998-06-23"]
    assert any("not a test" in str(warning) for warning in reporter.warnings)
    second = shop.read("lists/1998-06-23/churn_warning.parquet")
    assert (pd.to_datetime(second["as_of"]) == "1998-06-23").all()
    stayed = second[second["previous_severity"].notna()]
    assert len(stayed)
    assert stayed["days_at_severity"].isin([0, 7]).all()
    assert {name: (shop.out / name).read_bytes() for name in top} == top
    kept = manifest.keys() - {"files", "published"}
    assert {key: shop.read("manifest.json")[key] for key in kept} == {k: manifest[k] for k in kept}


def in_database(shop, url, name="other"):
    text = shop.yaml.read_text()
    yaml = shop.yaml.with_name(f"{name}.yaml")
    yaml.write_text(text.replace("lists:\n", f"lists:\n  database: {{url: '{url}'}}\n"))
    with Work(load_job(yaml), out=shop.out, today=date(2030, 1, 1)) as work:
        work.do(lists)


def test_lists_are_in_the_database_once_however_often_they_are_made(shop):
    import duckdb

    for _ in range(2):
        in_database(shop, "duckdb://lists.duckdb")
    with duckdb.connect(shop.folder / "lists.duckdb") as database:
        for name in ("churn_warning", "win_back", "win_back_control"):
            kept = database.sql(f"SELECT customer_id, rank FROM winback_{name} ORDER BY rank").df()
            filed = shop.read(f"{name}.parquet")
            assert kept["customer_id"].tolist() == filed["customer_id"].tolist()


def test_a_database_that_cannot_be_written_leaves_the_files(shop):
    made = shop.out / "win_back.csv"
    made.unlink()
    with pytest.raises(OutputError, match="lists"):
        in_database(shop, "duckdb://orders.csv/lists.duckdb")
    assert made.exists()
