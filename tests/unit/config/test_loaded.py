import re
from datetime import date

import pytest

from winback.config import load_job
from winback.errors import ConfigError

LEAST = """\
name: shop
as_of: 2011-12-09
data:
  transactions:
    source: orders.csv
"""


@pytest.fixture
def write(tmp_path):
    def _write(text):
        path = tmp_path / "shop.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return _write


def test_the_least_job_runs_on_defaults_and_names_them(write):
    loaded = load_job(write(LEAST))
    assert loaded.job.as_of == date(2011, 12, 9)
    assert loaded.job.churn_horizon_days == 90
    assert "lists.win_back.budget = 250.0" in loaded.defaults
    assert not any(line.startswith(("name", "as_of")) for line in loaded.defaults)


def test_a_setting_that_was_written_is_no_default(write):
    loaded = load_job(write(LEAST + "lists: {win_back: {budget: 250}}\n"))
    assert not any(line.startswith("lists.win_back.budget") for line in loaded.defaults)


def test_the_language_is_read_where_it_used_to_stand(write):
    old = load_job(write(LEAST + "report: {language: zh}\n"))
    assert old.job.language == "zh"
    assert "language = zh" in old.written
    assert load_job(write(LEAST)).job.language == "en"


def test_settings_are_shown_in_the_letters_that_they_were_written_in(write, monkeypatch):
    monkeypatch.setenv("SHOP_SECRET", "schlüssel")
    columns = "columns: {amount: 实付金额, customer_id: \"'${SHOP_SECRET}'\"}"
    loaded = load_job(write(LEAST.replace("source:", f"{columns}\n    source:")))
    (line,) = (line for line in loaded.written if "columns" in line)
    assert "实付金额" in line
    assert "${SHOP_SECRET}" in line
    assert "schl" not in line


def test_the_command_line_overrides_a_setting_inside_a_group(write):
    loaded = load_job(write(LEAST + "churn: {gap_days: 7}\n"), overrides={"churn.tune": 20})
    assert (loaded.job.churn.tune, loaded.job.churn.gap_days) == (20, 7)
    assert loaded.config_hash != load_job(write(LEAST + "churn: {gap_days: 7}\n")).config_hash


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LEAST + "horizn_days: 3\n", r"shop.yaml:6, horizn_days.*did you mean 'horizon_days'"),
        (LEAST + "    colums: {}\n", r"shop.yaml:6, data.transactions.colums.*'columns'"),
        (
            LEAST + "backtest:\n  splits:\n  - {as_of: 2011-01-01, untl: 2011-02-01}\n",
            r"unknown key 'untl'.*shop.yaml:8.*'until'",
        ),
        (LEAST + "lists: {win_back: {budget: null}}\n", r"budget.*`budget: 250`"),
        (LEAST + "lists: {win_back: {control_share: 0}}\n", r"`control_share: 0.2`"),
        (LEAST + "lists: {win_back: {control_share: 1.0e-9}}\n", r"`control_share: 0.2`"),
        (LEAST + "lists: {win_back: {max_share: 1}}\n", r"`max_share: 0.5`"),
        (LEAST + "lists: {win_back: {max_share: null}}\n", r"`max_share: 0.5`"),
        (LEAST + "lists: {win_back: {exploration_share: 0}}\n", r"`exploration_share: 0.1`"),
        (LEAST + "lists: {holdout_share: 1.0e-9}\n", r"`holdout_share: 0.02`"),
        (LEAST + "lists: null\n", r"`lists: {win_back: {budget: 250}}`"),
        (LEAST + "lists: {win_back: null}\n", r"`win_back: {budget: 250}`"),
        (LEAST + "lists: {holdout_share: 0}\n", r"`holdout_share: 0.02`"),
        (
            LEAST + "lists: {churn_warning: {capacity: 0}}\n",
            r"lists.churn_warning.capacity\): got 0; allowed: greater than 0. .*`capacity: 200`",
        ),
        (
            LEAST + "lists: {churn_warning: {capacity: {red: 0}}}\n",
            r"at least one colour needs a capacity of 1 or more",
        ),
        (
            LEAST + "lists: {churn_warning: {capacity: {rad: 3}}}\n",
            r"unknown key 'rad'.*churn_warning.capacity.rad\).*did you mean 'red'",
        ),
        (
            LEAST + "lists: {churn_warning: {warn_from: {risk: 0.4, days: 3}}}\n",
            r"exactly one of risk, profit, days",
        ),
        (LEAST + "tiers: {n_tiers: 9}\n", r"less than or equal to 6 or 'auto'"),
        (
            LEAST + "lists: {win_back: {channels: {email: {capacity: 0}}}}\n",
            r"channels.email.capacity\): got 0.*`channels: {email: {capacity: 150}}`",
        ),
        (LEAST + "name: again\n", r"same key stands twice \(at .*:6\)"),
        (LEAST + "language: fr\n", r"language\): got 'fr'; allowed: 'en' or 'zh'"),
        (LEAST + "report: {language: fr}\n", "got 'fr'; allowed: 'en' or 'zh'"),
        (LEAST + "language: en\nreport: {language: zh}\n", "are one setting: keep language"),
        (
            LEAST + "timezone: Asia/Shangai\n",
            r"allowed: a time zone's name, such as",
        ),
        (LEAST + "margin: .nan\n", r"margin"),
        (LEAST.replace("12-09", "13-09"), r"a date or number that does not exist"),
        (LEAST.replace("name: shop", "name: ../shop"), r"shop.yaml:1, name"),
        ("a: [1\n", r"not valid YAML \(at .*shop.yaml:2\)"),
        ("", "empty or not a mapping"),
        ("name: shop\n", "missing"),
    ],
)
def test_a_mistake_is_named_with_its_line(write, text, message):
    with pytest.raises(ConfigError, match=message) as caught:
        load_job(write(text))
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_mistake_is_said_in_the_language_of_the_job(write):
    for language in ("zh", "en"):
        with pytest.raises(ConfigError) as caught:
            load_job(write(LEAST + f"language: {language}\nmargin: 2\n"))
        assert caught.value.language == language
    with pytest.raises(ConfigError) as caught:
        load_job(write(LEAST + "language: [zh]\n"))
    assert caught.value.language is None


def test_a_secret_is_filled_in_and_never_shown(write, monkeypatch):
    monkeypatch.setenv("SHOP_PASSWORD", "s3cr3t-word")
    text = LEAST.replace("orders.csv", "postgresql://bot:${SHOP_PASSWORD}@db/shop")
    loaded = load_job(write(text))
    assert loaded.job.data.transactions.source == "postgresql://bot:s3cr3t-word@db/shop"
    assert "s3cr3t-word" not in repr(loaded.raw)
    assert "s3cr3t-word" not in loaded.scrub("could not reach bot:s3cr3t-word@db")
    with pytest.raises(ConfigError) as caught:
        load_job(write(text + "currency: ${SHOP_PASSWORD}\n"))
    assert "s3cr3t-word" not in str(caught.value)


def test_a_missing_variable_is_named(write):
    with pytest.raises(ConfigError, match=re.escape("NOT_SET_ANYWHERE is not set")):
        load_job(write(LEAST.replace("orders.csv", "${NOT_SET_ANYWHERE}")))


def test_the_command_line_overrides_as_of(write):
    loaded = load_job(write(LEAST), overrides={"as_of": date(2011, 6, 1)})
    assert loaded.job.as_of == date(2011, 6, 1)
    assert loaded.config_hash != load_job(write(LEAST)).config_hash


def test_paths_resolve_against_the_yaml_but_urls_do_not(write):
    loaded = load_job(write(LEAST))
    assert loaded.resolve("orders.csv") == str(loaded.path.parent / "orders.csv")
    assert loaded.resolve("sample:cdnow") == "sample:cdnow"
    assert loaded.resolve("duckdb:///x.db") == "duckdb:///x.db"
