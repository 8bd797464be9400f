"""`winback erase`: who is meant, what is refused, and what stays."""

import json

import pandas as pd
import pytest

from winback.errors import ConfigError, UsageError
from winback.personal_key import VARIABLE, PersonalKey
from winback.publishing.verify import problems
from winback.workflows.erase import erase
from winback.workflows.erased_persons import asked_for
from winback.workflows.identities import identities
from winback.workflows.lists import lists
from winback.workflows.validate import validate

KEY = PersonalKey(b"0123456789abcdef")
JOB = """\
name: shop
as_of: 2024-06-30
data:
  transactions: {source: orders.csv, max_rejected_share: 0.5}
  identities: {source: seen.csv, region: CN}
"""


@pytest.fixture(autouse=True)
def key(tmp_path, monkeypatch):
    (tmp_path / "key").write_bytes(KEY.key)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "key"))
    return tmp_path / "key"


@pytest.fixture
def small(tmp_path, workshop_in):
    days = pd.date_range("2024-01-05", periods=4, freq="14D").astype(str).to_list()
    who = ["ann@a.de", "ann-2", "bob-3", "cid-4"]
    return workshop_in(
        tmp_path / "shop",
        JOB,
        orders=pd.DataFrame({"customer_id": who, "timestamp": [*days[:3], "x"], "amount": 5}),
        seen=pd.DataFrame(
            {"customer_id": who[:3], "phone": ["13800138000", "+8613800138000", "13900139000"],
             "timestamp": days[:3]}
        ),
    )  # fmt: skip


def test_an_id_stands_for_its_person_however_it_is_written(small):
    with small.work() as work:
        asked = asked_for(work.tables, [" ANN@A.de ", "bob-3", "ann-2", "not known"])
    assert asked.ids == {"ann@a.de", "ann-2", "bob-3", "not known"}
    assert len(asked.persons) == 3
    assert asked.names == asked.ids | {KEY.pseudonym(name) for name in asked.ids}
    with small.work(**{"data.pseudonyms": True}) as work:
        asked = asked_for(work.tables, [KEY.pseudonym("ann@a.de"), KEY.pseudonym("bob-3")])
    assert asked.ids == {"ann@a.de", "ann-2", KEY.pseudonym("bob-3")}


@pytest.mark.parametrize("pseudonyms", [False, True])
def test_who_was_erased_never_comes_in_again(small, pseudonyms):
    settings = {"data.pseudonyms": pseudonyms}
    with small.work(**settings) as work:
        work.do(validate)
        work.do(identities)
    assert len(small.read("identities.parquet")) == 1
    with small.work(**settings) as work:
        receipt = work.do(erase, ids=["ann-2", "cid-4", "nobody"])
    assert (receipt["persons"], receipt["ids"], receipt["not_found"]) == (3, 4, 1)
    assert receipt["rows"]["rejected.parquet"] == 1
    assert len(small.read("identities.parquet")) == 0
    assert problems(small.out) == []
    record = small.read("erased.json")
    assert set(record["tombstones"]) == {
        KEY.tombstone(name) for name in ("ann@a.de", "ann-2", "cid-4", "nobody")
    }
    with small.work(**settings) as work:
        counts = work.do(validate)
    assert (counts["customers"], counts["erased"], counts["rejected"]) == (1, 3, {})
    assert "of persons who were erased (3)" in " ".join(counts["said"])
    assert small.read("manifest.json")["erased"]["ids"] == 4
    # in another folder, too
    other = load_in_another_folder(small, settings)
    assert other["erased"] == 3


def load_in_another_folder(small, settings):
    from winback.config import load_job
    from winback.workflows.work import Work

    loaded = load_job(small.yaml, overrides={**settings, "output": str(small.out)})
    with Work(loaded, out=small.folder / "elsewhere") as work:
        return work.do(validate)


def test_nobody_no_key_and_another_key_are_refused(small, monkeypatch, key):
    with small.work() as work, pytest.raises(UsageError, match="nobody is named"):
        work.do(erase)
    with small.work() as work, pytest.raises(UsageError, match="cannot be read"):
        work.do(erase, file=small.folder / "none.txt")
    with small.work() as work:
        work.do(erase, ids=["bob-3"])
    key.write_bytes(b"another key of some length")
    with small.work() as work, pytest.raises(ConfigError, match="under another key"):
        work.do(validate)
    monkeypatch.delenv(VARIABLE)
    with small.work() as work, pytest.raises(ConfigError, match="there is no key"):
        work.do(validate)


def test_it_may_be_done_again_and_the_counts_go_on(small):
    small.do(validate)
    for name in ("ann-2", "bob-3", "bob-3"):
        with small.work() as work:
            work.do(erase, ids=[name])
    assert len(small.read("erased.json")["tombstones"]) == 3
    assert len(list((small.out / ".published").iterdir())) == 1  # the set before goes at once


def test_the_results_of_another_day_stay_those_of_that_day(shop):
    before = shop.read("manifest.json")
    gone = shop.read("win_back.parquet")["customer_id"][0]
    with shop.work(as_of=pd.Timestamp("2024-01-01").date()) as work:
        receipt = work.do(erase, ids=[gone])
    after = shop.read("manifest.json")
    changes = {"files", "published", "erased"}
    assert {k: v for k, v in after.items() if k not in changes} == {
        k: v for k, v in before.items() if k not in changes
    }
    assert receipt["rows"]["win_back.csv"] == receipt["rows"]["lists.xlsx"] == 1
    assert gone not in shop.read("win_back.parquet")["customer_id"].tolist()
    assert json.dumps(gone) not in json.dumps(shop.read("report.json")["week"])
    page = (shop.out / "report.html").read_text(encoding="utf-8")
    assert f">{gone}<" not in page
    assert problems(shop.out) == []
    untouched = {"tiers.json", "tracking.json", "report.json"} - receipt["rows"].keys()
    for name in untouched:
        assert after["files"][name] == before["files"][name]
    with pytest.raises(UsageError, match="other data"):  # the next run goes on from what is left
        shop.do(lists)
