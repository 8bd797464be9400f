"""Nobody who reads the results learns who is who; whoever may has a file that leads back."""

import pandas as pd
import pytest

from winback.errors import ConfigError, UsageError
from winback.personal_key import VARIABLE, PersonalKey
from winback.workflows.identities import identities
from winback.workflows.pseudonymise import pseudonymise
from winback.workflows.validate import validate

KEY = PersonalKey(b"0123456789abcdef")
JOB = """\
name: shop
as_of: 2024-06-30
data:
  pseudonyms: true
  transactions: {source: orders.csv, max_rejected_share: 0.5}
  customers: {source: customers.csv}
  identities: {source: seen.csv, region: CN}
"""


@pytest.fixture
def shop(tmp_path, workshop_in, monkeypatch):
    (tmp_path / "key").write_bytes(KEY.key)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "key"))
    days = pd.date_range("2024-01-05", periods=5, freq="14D").astype(str).to_list()
    who = ["ann-1", "ann-2", "bob-3", "cid-4"]
    return workshop_in(
        tmp_path / "shop",
        JOB,
        orders=pd.DataFrame(
            {"customer_id": [*who, "dan-5"], "timestamp": [*days[:4], "x"], "amount": 5}
        ),
        customers=pd.DataFrame({"customer_id": who, "opt_out": [0, 1, 0, 0]}),
        seen=pd.DataFrame(
            {"customer_id": who[:3], "phone": ["13800138000", "+8613800138000", "13900139000"],
             "timestamp": days[:3]}
        ),
    )  # fmt: skip


def test_one_pseudonym_a_person_in_every_table_and_every_file(shop, tmp_path):
    with shop.work() as work:
        work.do(validate)
        work.do(identities)
        bought = work.tables.transactions.table.customer_id.to_pyarrow().to_pylist()
        people = work.tables.read_frame("customers").set_index("customer_id")["opt_out"]
        assert work.tables.personal.shown("ann-1") == KEY.pseudonym("ann-1")
        assert work.tables.personal.shown(KEY.pseudonym("ann-1")) == KEY.pseudonym("ann-1")
    ann, bob, cid = map(KEY.pseudonym, ("ann-1", "bob-3", "cid-4"))
    assert sorted(bought) == sorted([ann, ann, bob, cid])
    assert people.to_dict() == {ann: True, bob: False, cid: False}
    merges = shop.read("identities.parquet")
    assert merges[["person_id", "customer_id", "spent"]].to_numpy().tolist() == [
        [ann, KEY.pseudonym("ann-2"), 5.0]
    ]
    assert shop.read("rejected.parquet")["customer_id"].tolist() == [KEY.pseudonym("dan-5")]
    for path in shop.out.rglob("*"):
        if path.is_file() and path.suffix != ".parquet":
            content = path.read_bytes()
            assert not any(name in content for name in (b"ann-", b"bob-", b"cid-", b"dan-")), path


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_file_that_leads_back_is_for_its_owner_only(shop, tmp_path, suffix):
    to = tmp_path / f"who.{suffix}"
    to.write_text("of before")
    to.chmod(0o644)
    with shop.work(access="everyone") as work:
        done = work.do(pseudonymise, to=to)
    assert (done["pseudonyms"], done["ids"]) == (3, 4)
    assert to.stat().st_mode & 0o777 == 0o600
    read = pd.read_csv if suffix == "csv" else pd.read_parquet
    who = read(to).set_index("customer_id")["pseudonym"].to_dict()
    ann = KEY.pseudonym("ann-1")
    assert who == {
        "ann-1": ann, "ann-2": ann, "bob-3": KEY.pseudonym("bob-3"), "cid-4": KEY.pseudonym("cid-4")
    }  # fmt: skip


def test_it_is_not_written_among_the_results_nor_without_pseudonyms(shop, tmp_path):
    with shop.work() as work, pytest.raises(UsageError, match="cannot be written there"):
        work.do(pseudonymise, to=shop.out / "who.csv")
    with (
        shop.work(**{"data.pseudonyms": False}) as work,
        pytest.raises(UsageError, match="gives no pseudonyms"),
    ):
        work.do(pseudonymise, to=tmp_path / "who.csv")


def test_without_the_key_or_with_one_among_the_results_nothing_is_read(shop, monkeypatch):
    monkeypatch.delenv(VARIABLE)
    with shop.work() as work, pytest.raises(ConfigError, match="there is no key"):
        work.do(validate)
    (shop.out / "key").write_bytes(KEY.key)
    monkeypatch.setenv(VARIABLE, str(shop.out / "key"))
    with shop.work() as work, pytest.raises(ConfigError, match="lies with what it protects"):
        work.do(validate)


def test_another_key_than_before_is_told(shop, tmp_path, monkeypatch):
    shop.do(validate)
    assert "personal.other_names" not in {warning.code for warning in shop.warnings}
    (tmp_path / "other").write_bytes(b"another key of some length")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "other"))
    shop.do(validate)
    assert "personal.other_names" in {warning.code for warning in shop.warnings}
