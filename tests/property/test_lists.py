"""What must hold of every list, whatever the customers."""

import csv
import math
from datetime import date

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from winback.economics import Economics
from winback.lists.at_risk import at_risk, select_at_risk, within_capacity
from winback.lists.columns import WIN_BACK
from winback.lists.control import draw_arms, in_holdout
from winback.lists.memory import Memory
from winback.lists.optimality import EXACT
from winback.lists.origin import Origin
from winback.lists.playbook import load_playbook
from winback.lists.severity import Thresholds, severity
from winback.lists.terms import Channel, Eligibility, Tables, WinBackTerms
from winback.lists.win_back import win_back
from winback.lists.write import write_csv, write_parquet

AS_OF = date(2011, 12, 9)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")

PLAYBOOK = load_playbook()

few = settings(max_examples=6, deadline=None)
quick = settings(max_examples=12, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def customers(seed, n):
    rng = np.random.default_rng(seed)
    tenure = rng.integers(0, 900, n).astype(float)
    p_churn = rng.choice([rng.uniform(0, 1, n), np.full(n, 0.9)])  # also many that are equal
    clv = rng.gamma(1, 50, n).round(rng.integers(0, 3))
    return pd.DataFrame(
        {
            "customer_id": rng.permutation([f"c{i}" for i in range(n)]),
            "as_of": AS_OF,
            "frequency": rng.poisson(2, n).astype(float),
            "recency": (tenure * rng.uniform(0, 1, n)).round(),
            "T": tenure,
            "monetary_value": rng.gamma(2, 20, n),
            "last_purchase_at": pd.Timestamp(AS_OF),
            "expected_purchases": rng.gamma(1, 1, n),
            "expected_spend": rng.gamma(1, 60, n).round(rng.integers(0, 3)),
            "clv": clv,
            "margin_lost": 1.5 * clv,
            "purchases_lost": clv / 10,
            "p_keepable": 1.0,
            "kept_share": 1.0,
            "clv_low": clv / 2,
            "clv_high": clv * 2,
            "p_churn": p_churn,
            "p_repurchase": 1 - p_churn,
            "overdue_ratio": rng.gamma(1, 2, n),
            "tier": rng.choice(["core", "potential", "dormant"], n),
        }
    )


def make(scores, *, as_of=AS_OF, customers=None, earlier=None, salt="winback", **over):
    terms = {
        "economics": Economics(contact_cost=0.1, offer_cost=0.7),
        "budget": 10.0,
        "capacity": 30,
        "control_share": 0.2,
        "eligibility": Eligibility(window_days=(60, 730), active_within_days=60),
    } | over
    return win_back(
        scores,
        as_of=as_of,
        terms=WinBackTerms(**terms),
        tables=Tables(customers=customers),
        memory=Memory(win_backs=earlier),
        playbook=PLAYBOOK,
        origin=Origin(salt=salt),
    )


populations = st.builds(customers, seeds, st.integers(0, 200))
budgets = st.floats(0.01, 100, allow_nan=False)
shares = st.sampled_from([0.05, 0.1, 0.5])


def reachable(scores, seed):
    """Say by which of two channels, if any, each customer can be reached."""
    names = np.random.default_rng(seed).choice(["email", "sms", "sms,email", ""], len(scores))
    return pd.DataFrame({"customer_id": scores["customer_id"], "contactable_channels": names})


CHANNELS = {"email": Channel(9), "sms": Channel(5, contact_cost=0.4)}


@quick
@given(populations, budgets, st.integers(1, 60), st.floats(0.05, 0.99))
def test_everybody_is_somewhere_and_only_once(scores, budget, capacity, share):
    lists = make(scores, budget=budget, capacity=capacity, control_share=share)
    parts = (lists.treated, lists.control, lists.excluded)
    everybody = pd.concat([part["customer_id"] for part in parts])
    assert sorted(everybody) == sorted(scores["customer_id"])
    assert lists.excluded["reason"].notna().all()
    assert (lists.treated["arm"] == "treated").all()
    assert (lists.control["arm"] == "control").all()
    # the limits hold, in all likelihood or whatever happens
    assert lists.summary["budget_committed"] <= budget + 1e-6
    certain = make(scores, budget=budget, capacity=capacity, commitment="worst_case").treated
    assert (certain["contact_cost"] + certain["offer_cost"]).sum() <= budget + 1e-6
    assert len(lists.treated) <= capacity
    # nobody is called back at an expected loss but by lot, and within what learning may cost
    profit = lists.treated["expected_incremental_margin"]
    by_lot = lists.treated["chosen_by"] == "exploration"
    assert (profit[~by_lot] > 0).all()
    assert -profit.clip(upper=0).sum() <= 0.02 * budget + 1e-6
    # the comparison group is ranked among the treated, never below those left out
    left_out = lists.excluded.loc[lists.excluded["reason"].str.startswith("over"), "rank"]
    for part in (lists.treated, lists.control):
        assert not len(left_out) or not len(part) or part["rank"].max() < left_out.min()


@few
@given(populations, seeds, budgets, budgets, shares)
def test_more_money_never_lowers_what_the_best_list_brings(scores, seed, budget, more, share):
    people = reachable(scores, seed)
    over = {"customers": people, "channels": CHANNELS, "exploration_share": share}
    small = make(scores, budget=min(budget, more), **over)
    large = make(scores, budget=max(budget, more), **over)
    can = dict(zip(people["customer_id"], people["contactable_channels"], strict=True))
    for lists, limit in ((small, min(budget, more)), (large, max(budget, more))):
        treated = lists.treated
        assert lists.summary["budget_committed"] <= limit + 1e-6
        for name, channel in CHANNELS.items():
            assert (treated["channel"] == name).sum() <= channel.capacity
        for row in treated.itertuples():
            assert row.channel in can[row.customer_id].split(",")
        gap, best = lists.summary["optimality_gap"], lists.summary["best_possible"]
        assert gap is None or 0 <= gap <= 1
        if best is not None:  # there are customers
            assert best["method"] == EXACT
            brought = treated["expected_incremental_margin"].sum()
            assert brought <= best["value"] * (1 + 1e-5) + 1e-9
        assert (treated["chosen_by"] == "exploration").sum() >= lists.summary["explored"]
    if small.summary["best_possible"]:  # customers may be exchanged, for dearer ones
        least = small.summary["best_possible"]["value"]
        reserve = small.summary["budget_committed"] - small.summary["expected_cost"]
        if max(budget, more) >= min(budget, more) + reserve:  # which depends on who is chosen
            assert large.summary["best_possible"]["value"] >= least * (1 - 1e-5) - 1e-9


@few
@given(populations, seeds)
def test_the_holdout_gets_no_contact_and_changes_nobody_elses_arm(scores, seed):
    salt = str(seed)
    alone, held = (make(scores, salt=salt, holdout_share=share) for share in (0.005, 0.3))
    out = in_holdout(scores["customer_id"], share=0.3, salt=salt)
    for part in (held.treated, held.control):
        assert not part["customer_id"].isin(scores["customer_id"][out]).any()
    parts = [pd.concat([one.treated, one.control, one.excluded]) for one in (alone, held)]
    before, after = (p.set_index("customer_id")["arm"].dropna() for p in parts)
    assert set(after.index) <= set(before.index)
    assert after.equals(before.loc[after.index])


@few
@given(populations, seeds, st.floats(0.01, 0.8))
def test_whatever_money_and_hands_say_most_are_left_alone(scores, seed, share):
    """Endless money, free contacts: still no more than a share of the eligible, in a whole week."""
    over = {
        "budget": 1e12,
        "capacity": 10**9,
        "economics": Economics(contact_cost=0, offer_cost=0),
        "control_share": 0.5,  # so that a list of 30 has controls
        "salt": str(seed),
        "max_share": share,
        "exploration_share": 0.05,
    }
    week, eligible = [], None
    for day in range(4, 7):  # AS_OF is a Friday: three lists of one week
        as_of = date(2011, 12, 2 + day)
        earlier = pd.concat(week) if week else None
        lists = make(scores.assign(as_of=as_of), as_of=as_of, earlier=earlier, **over)
        eligible = eligible or lists.summary["eligible"]
        week.append(lists.treated)
        together = pd.concat(week)["customer_id"]
        assert len(together) <= share * eligible
        assert together.is_unique


@settings(max_examples=12, deadline=None)
@given(populations, seeds)
def test_lists_do_not_depend_on_the_order_of_rows(scores, seed):
    shuffled = scores.sample(frac=1, random_state=seed)
    one, other = make(scores), make(shuffled)
    for part in ("treated", "control", "excluded"):
        pd.testing.assert_frame_equal(getattr(one, part), getattr(other, part))
    assert one.summary == other.summary
    arguments = {"as_of": AS_OF, "capacity": 20}
    pd.testing.assert_frame_equal(
        select_at_risk(scores, **arguments), select_at_risk(shuffled, **arguments)
    )


@settings(max_examples=8, deadline=None)
@given(seeds, st.floats(0.05, 0.95))
def test_the_control_share_is_kept_within_chance(seed, share):
    n = 20_000
    ids = pd.Series(np.arange(n)).astype(str)
    arms = draw_arms(ids, experiment_id=str(seed), control_share=share)
    stratum = np.random.default_rng(seed).integers(0, 4, n)
    for part in (np.full(n, True), *(stratum == s for s in range(4))):
        drawn, size = int((arms[part] == "control").sum()), int(part.sum())
        bound = 5.5 * math.sqrt(size * share * (1 - share))  # once in 25 million draws
        assert abs(drawn - size * share) < bound


@quick
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 20)), min_size=1), st.floats(0, 1))
def test_severity_never_falls_when_risk_or_silence_grow(pairs, step):
    risk, ratio = np.array(pairs).T
    level = Thresholds().level(risk, ratio)
    assert (Thresholds().level(np.minimum(risk + step, 1), ratio) >= level).all()
    assert (Thresholds().level(risk, ratio + 10 * step) >= level).all()


@quick
@given(st.floats(0.4, 1), st.floats(0, 4), st.integers(0, 2**32 - 1))
def test_small_noise_does_not_make_a_colour_flap(risk, ratio, seed):
    """Within the ease of 10%, the colour may rise once, but never goes to and fro."""
    rng = np.random.default_rng(seed)
    previous, levels = None, []
    for week in range(12):
        day = pd.Timestamp(AS_OF) + pd.Timedelta(weeks=week)
        noise = rng.uniform(0.95, 1.0, 2)
        now = pd.DataFrame(
            {
                "customer_id": ["a"],
                "p_churn": [risk * noise[0]],
                "overdue_ratio": [ratio * noise[1]],
            }
        )
        row = severity(now, as_of=day.date(), previous=previous).assign(customer_id="a", as_of=day)
        levels.append(int(row["level"].iloc[0]))
        previous = row[row["level"] > 0]
    assert (np.diff(levels) >= 0).all()


@quick
@given(populations, st.integers(1, 40), st.integers(1, 6))
def test_a_week_of_lists_asks_no_more_of_the_team_than_its_capacity(scores, capacity, days):
    rng = np.random.default_rng(days)
    week, listed = None, []
    for _ in range(days):
        noisy = scores.assign(
            p_churn=np.clip(scores["p_churn"] + rng.normal(0, 0.2, len(scores)), 0, 1)
        )
        rows = at_risk(noisy, as_of=AS_OF)
        chosen = within_capacity(rows, capacity, listed_this_week=week)
        listed.append(chosen.assign(as_of=pd.Timestamp(AS_OF)))
        week = pd.concat(listed)
        assert week["customer_id"].nunique() <= capacity
        # whoever is still at risk keeps the place
        before = set(pd.concat(listed[:-1])["customer_id"]) if len(listed) > 1 else set()
        assert before & set(rows["customer_id"]) <= set(chosen["customer_id"])


@quick
@given(populations, st.integers(1, 40))
def test_capacity_keeps_those_worth_the_most(scores, capacity):
    everybody = select_at_risk(scores, as_of=AS_OF, capacity=10_000)
    limited = select_at_risk(scores, as_of=AS_OF, capacity=capacity)
    pd.testing.assert_frame_equal(limited, everybody.head(capacity))
    assert everybody["expected_profit"].is_monotonic_decreasing


hostile = st.text(
    st.one_of(st.sampled_from([*FORMULA, *" ;,|\"'\ufeff\u200b"]), st.characters(codec="utf-8")),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(hostile, st.floats(0, 1e6)), max_size=8),
    st.sampled_from([(",", "."), (";", ","), ("\t", ".")]),
    st.booleans(),
)
def test_no_cell_of_a_csv_begins_a_formula(tmp_path_factory, rows, signs, bom):
    path = tmp_path_factory.mktemp("csv") / "list.csv"
    separator, decimal = signs
    frame = pd.DataFrame(rows, columns=["customer_id", "margin"])
    frame = frame.assign(list_id="list", frequency=3.0)
    columns = {"list_id": "text", "customer_id": "text", "margin": "money", "frequency": "count"}
    write_csv(frame, path, columns, bom=bom, decimal=decimal, separator=separator)
    with path.open(encoding="utf-8-sig", newline="") as file:
        read = list(csv.reader(file, delimiter=separator))
    assert read[0] == list(columns)
    assert len(read) == len(rows) + 1  # one customer, one line
    for (_, margin), (_, customer, cell, count) in zip(rows, read[1:], strict=True):
        assert not customer.lstrip(" \ufeff\u200b").startswith(FORMULA)
        assert abs(float(cell.replace(decimal, ".")) - margin) < 0.00501
        assert count == "3"
    # nor in a program that cuts at another separator
    for other in {",", ";", "\t"} - {separator}:
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = [cell for row in csv.reader(file, delimiter=other) for cell in row]
        assert not [cell for cell in cells if cell.lstrip(" \t\ufeff\u200b").startswith(FORMULA)]


@settings(max_examples=5, deadline=None)
@given(populations)
def test_the_same_lists_are_the_same_bytes(tmp_path_factory, scores):
    folder = tmp_path_factory.mktemp("bytes")
    for name, table in (("a", scores), ("b", scores.iloc[::-1])):
        write_csv(make(table).treated, folder / f"{name}.csv", WIN_BACK)
        write_parquet(make(table).treated, folder / f"{name}.parquet", WIN_BACK)
    assert (folder / "a.csv").read_bytes() == (folder / "b.csv").read_bytes()
    assert (folder / "a.parquet").read_bytes() == (folder / "b.parquet").read_bytes()
