from pathlib import Path

import pandas as pd
import pytest

from winback.errors import ConfigError
from winback.lists.playbook import default_playbook, load_playbook, suggest
from winback.lists.playbook.schema import Costs
from winback.messages.catalogue import languages

TIERS = ("core", "potential", "dormant")
SAYS = "action: a, channel: b, offer: c, owner: d, cooldown_days: 7"
WIN_BACK = f"""
win_back:
  steps:
    - {{step: first, meaning: hello}}
  rules:
    - {{{SAYS}}}
"""


def written(tmp_path: Path, warnings: str, win_back: str = WIN_BACK) -> Path:
    path = tmp_path / "playbook.yaml"
    path.write_text(f"churn_warning:\n{warnings}{win_back}", encoding="utf-8")
    return path


EVERYBODY = f"  - {{{SAYS}}}"


@pytest.mark.parametrize(
    "tiers",
    [
        ("strategic", "potential", "long-tail"),
        ("core", "potential", "dormant"),
        ("high-value", "potential", "new", "lost"),
        ("tier-1", "tier-2"),
        ("anything", "at all"),
        None,
    ],
)
def test_the_default_answers_every_scheme(tiers):
    table = load_playbook(tiers=tiers).explain()
    assert table[["action", "channel", "offer", "owner"]].notna().all(axis=None)
    if tiers:
        assert len(table) == len(tiers) * (4 * 3 + 5 * 4)
        calls = table[table["channel"] == "phone"]
        assert set(calls["tier"]) == {tiers[0]}


def test_top_is_the_most_valuable_tier_whatever_its_name(tmp_path):
    path = written(tmp_path, f"  - {{tier: top, {SAYS.replace('a,', 'call,')}}}\n{EVERYBODY}")
    table = load_playbook(path, tiers=TIERS).explain()
    assert set(table.loc[table["action"] == "call", "tier"]) == {"core"}


def test_the_first_uncovered_combination_is_named(tmp_path):
    path = written(tmp_path, f"  - {{severity: [red, orange], {SAYS}}}")
    with pytest.raises(ConfigError, match="without an action") as caught:
        load_playbook(path, tiers=TIERS)
    assert caught.value.got == "tier core, stage new, severity yellow and 11 more combinations"


@pytest.mark.parametrize(
    "rules",
    [
        f"{EVERYBODY}\n  - {{severity: red, {SAYS}}}",
        # two rules that together leave nothing to the third
        f"  - {{severity: [red, yellow], {SAYS}}}\n  - {{severity: orange, {SAYS}}}\n{EVERYBODY}",
    ],
)
def test_a_rule_that_nobody_reaches_is_refused(tmp_path, rules):
    path = written(tmp_path, rules)
    with pytest.raises(ConfigError, match="never be reached") as caught:
        load_playbook(path, tiers=TIERS)
    assert f"{path}:{1 + len(rules.splitlines())}" in str(caught.value)


@pytest.mark.parametrize(
    ("mistake", "what", "hint"),
    [
        ("tier: cor", "unknown tier", "core"),
        ("stage: atrisk", "unknown stage", "at_risk"),
        ("stage: dormant", "unknown stage", None),  # the dormant are never warned about
        ("severity: rde", "unknown severity", "red"),
        ("severety: red", "unknown key", "severity"),
        ("step: first", "unknown key", None),
        ("severity: []", "not allowed", None),
    ],
)
def test_a_mistake_is_named_with_its_line_and_the_nearest_name(tmp_path, mistake, what, hint):
    path = written(tmp_path, f"{EVERYBODY}\n  - {{{mistake}, {SAYS}}}")
    with pytest.raises(ConfigError, match=what) as caught:
        load_playbook(path, tiers=TIERS)
    assert f"{path}:3" in str(caught.value)
    if hint:
        assert caught.value.hint == f"did you mean {hint!r}?"


@pytest.mark.parametrize(
    ("win_back", "what"),
    [
        ("\nwin_back: {steps: [], rules: []}", "not allowed"),
        (WIN_BACK.replace("meaning", "meening"), "unknown key"),
        (WIN_BACK.replace("action: a", "action: 'dear {name}'"), "braces"),
        (WIN_BACK.replace("action: a", "action: a {"), "not valid YAML"),
        (WIN_BACK.replace("action: a", 'action: "a {"'), "braces"),
        (WIN_BACK.replace("cooldown_days: 7", "cooldown_days: -1"), "not allowed"),
        (WIN_BACK.replace("owner: d, ", ""), "'owner' is missing"),
        (WIN_BACK.replace("meaning: hello", "meaning: hello, step: x"), "stands twice"),
        ("", "'win_back' is missing"),
    ],
)
def test_the_win_back_part_is_checked_as_well(tmp_path, win_back, what):
    with pytest.raises(ConfigError, match=what):
        load_playbook(written(tmp_path, EVERYBODY, win_back), tiers=TIERS)


def test_a_playbook_that_cannot_be_read(tmp_path):
    with pytest.raises(ConfigError, match="cannot read"):
        load_playbook(tmp_path / "none.yaml")
    (tmp_path / "empty.yaml").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match="empty"):
        load_playbook(tmp_path / "empty.yaml")


def test_a_rule_may_ask_who_buys_at_a_discount_only_and_then_everybody_is_asked(tmp_path):
    rules = f"  - {{buys: at_discount, {SAYS.replace('offer: c', 'offer: none')}}}\n{EVERYBODY}"
    playbook = load_playbook(written(tmp_path, rules), tiers=TIERS)
    table = playbook.explain()
    assert set(table.loc[table["list"] == "churn_warning", "buys"]) == {"at_discount", "otherwise"}
    rows = pd.DataFrame(
        {
            "severity": "red",
            "tier": "core",
            "lifecycle_stage": "active",
            "discount_share": [1.0, 1.0, 0.5, None],
            "frequency": [4.0, 1.0, 4.0, 4.0],
        }
    )
    assert suggest(rows, playbook, "churn_warning")["offer"].tolist() == ["none", "c", "c", "c"]
    known_nothing = suggest(rows.drop(columns="discount_share"), playbook, "churn_warning")
    assert known_nothing["offer"].tolist() == ["c"] * 4
    with pytest.raises(ConfigError, match="at_discount"):
        load_playbook(written(tmp_path, f"  - {{buys: cheap, {SAYS}}}\n{EVERYBODY}"))


def test_a_rule_may_say_what_is_bought_next_to_whom_it_is_known(tmp_path):
    known = SAYS.replace("action: a", 'action: "{next} is new"')
    rules = f"  - {{next_category: known, {known}}}\n{EVERYBODY}"
    playbook = load_playbook(written(tmp_path, rules), tiers=TIERS)
    table = playbook.explain()
    assert set(table.loc[table["list"] == "churn_warning", "next_category"]) == {"known", "unknown"}
    rows = pd.DataFrame(
        {"severity": "red", "tier": "core", "lifecycle_stage": "active"}, index=[4, 2]
    )
    asked = rows.assign(next_category=["shoes", None])
    assert suggest(asked, playbook, "churn_warning")["action"].tolist() == ["shoes is new", "a"]
    assert suggest(rows, playbook, "churn_warning")["action"].tolist() == ["a", "a"]
    for rule in (known, f"next_category: [known, unknown], {known}"):
        with pytest.raises(ConfigError, match="may not be known"):
            load_playbook(written(tmp_path, f"  - {{{rule}}}"), tiers=TIERS)


@pytest.mark.parametrize("language", languages())
def test_the_default_playbook_is_the_same_in_every_language(language):
    ours, english = load_playbook(language=language), load_playbook()
    plain = ("list", "tier", "stage", "severity", "step", "rule", "channel", "offer")
    table, same = ours.explain(), english.explain()
    assert table[[*plain, "cooldown_days"]].equals(same[[*plain, "cooldown_days"]])
    assert [(s.step, s.after_days, s.silent_days) for s in ours.steps] == [
        (s.step, s.after_days, s.silent_days) for s in english.steps
    ]
    assert ours.costs == english.costs == Costs()  # as documented, and as it is without the key
    if default_playbook(language) != default_playbook():
        assert not set(table["action"]) & set(same["action"])
        assert not set(table["owner"]) & set(same["owner"])


def test_a_playbook_may_say_what_acting_costs(tmp_path):
    path = written(tmp_path, EVERYBODY, WIN_BACK + "costs: {contact: {b: 4}, offer: 1}\n")
    costs = load_playbook(path).costs
    assert (costs.of_contact("B"), costs.of_contact("other"), costs.offer) == (4.0, 4.0, 1.0)
    path = written(tmp_path, EVERYBODY, WIN_BACK + "costs: {contact: {b: -4}}\n")
    with pytest.raises(ConfigError, match=r"costs\.contact\.b"):
        load_playbook(path)
