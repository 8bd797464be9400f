"""A drill: results and store are lost, and come back as they were."""

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import date

import pytest

from winback.errors import OutputError, UsageError
from winback.personal_key import VARIABLE
from winback.publishing.backups import backups_of, read_backup
from winback.publishing.result_folder import files_of
from winback.publishing.verify import problems
from winback.workflows.backup import backup
from winback.workflows.erase import erase
from winback.workflows.restore import restore
from winback.workflows.score import score


@pytest.fixture
def own(trained, tmp_path):
    shop = trained.copy_to(tmp_path / "shop")
    shop.read("scores.parquet")
    return shop


def lose(shop):
    shutil.rmtree(shop.out)
    (shop.folder / "mlflow.db").unlink()
    shutil.rmtree(shop.folder / "artifacts")


def do(shop, workflow, **options):
    settings = options.pop("settings", {})
    with shop.work(**settings) as work:
        return work.do(workflow, **options)


def test_what_was_lost_comes_back_as_it_was_and_goes_on(own, tmp_path):
    before = files_of(own.out / "current")
    done = do(own, backup, to=tmp_path / "kept")
    assert done["store"]
    assert done["expired"] == []
    lose(own)
    restored = do(own, restore, backup=tmp_path / "kept" / done["folder"].rpartition("/")[2])
    assert (restored["files"], restored["erased_rows"]) == (len(before), 0)
    assert problems(own.out) == []
    assert files_of(own.out / "current") == before
    bytes_before = (own.out / "scores.parquet").read_bytes()
    own.do(score)  # the models are there again
    assert (own.out / "scores.parquet").read_bytes() == bytes_before


def test_it_comes_back_elsewhere_too(own, tmp_path, workshop_in):
    folder = do(own, backup, to=tmp_path / "kept")["folder"]
    other = own.copy_to(tmp_path / "other")
    lose(other)
    lose(own)
    do(other, restore, backup=tmp_path / "kept" / folder.rpartition("/")[2])
    other.do(score)
    assert problems(other.out) == []


def test_nothing_is_replaced_unless_told(own, tmp_path):
    folder = tmp_path / do(own, backup, to=tmp_path / "kept")["folder"]
    with pytest.raises(UsageError, match="something in the place"):
        do(own, restore, backup=folder)
    shutil.rmtree(own.out)  # the store is there still
    with pytest.raises(UsageError, match=r"something in the place.*mlflow\.db"):
        do(own, restore, backup=folder)
    do(own, restore, backup=folder, force=True)
    assert problems(own.out) == []


def test_a_store_that_is_open_elsewhere_is_the_restored_one_there_too(own, tmp_path):
    folder = tmp_path / do(own, backup, to=tmp_path / "kept")["folder"]
    with closing(sqlite3.connect(own.folder / "mlflow.db")) as elsewhere:
        count = "SELECT count(*) FROM registered_models"
        before = elsewhere.execute(count).fetchone()
        elsewhere.execute("DELETE FROM registered_models")
        elsewhere.commit()
        do(own, restore, backup=folder, force=True)
        assert elsewhere.execute(count).fetchone() == before
        elsewhere.execute("UPDATE registered_models SET description = 'still writes'")
        elsewhere.commit()
    (own.folder / "mlflow.db").write_bytes(b"no database at all" * 100)
    do(own, restore, backup=folder, force=True)
    own.do(score)


def test_a_damaged_backup_or_another_jobs_changes_nothing(own, tmp_path):
    folder = tmp_path / do(own, backup, to=tmp_path / "kept")["folder"]
    with pytest.raises(UsageError, match="of another job"):
        do(own, restore, backup=folder, settings={"name": "other"}, force=True)
    set_before = (own.out / "current").readlink()
    (folder / "store/mlflow.db").write_bytes(b"cut short")
    with pytest.raises(OutputError, match=r"store/mlflow\.db is not what was backed up"):
        do(own, restore, backup=folder, force=True)
    assert (own.out / "current").readlink() == set_before
    with pytest.raises(OutputError, match="this is no backup"):
        do(own, restore, backup=tmp_path, force=True)


@pytest.mark.parametrize("lost", [False, True])
def test_who_was_erased_since_or_before_does_not_come_back(own, tmp_path, monkeypatch, lost):
    (tmp_path / "key").write_bytes(b"0123456789abcdef")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "key"))
    gone, also = own.read("win_back.parquet")["customer_id"][:2]
    do(own, erase, ids=[gone])
    folder = tmp_path / do(own, backup, to=tmp_path / "kept")["folder"]
    do(own, erase, ids=[also])
    kept = None
    if lost:  # who was erased since is known by a copy alone
        kept = shutil.copy(own.out / "erased.json", tmp_path / "copy.json")
        lose(own)
    done = do(own, restore, backup=folder, force=not lost, erased=kept)
    left = set(own.read("win_back.parquet")["customer_id"])
    assert left & {gone, also} == set()
    assert done["erased_rows"] > 0
    assert len(own.read("erased.json")["tombstones"]) == 2
    assert own.read("manifest.json")["erased"]["ids"] == 2
    assert problems(own.out) == []
    with pytest.raises(UsageError, match="nothing of who was erased"):
        do(own, restore, backup=folder, erased=own.yaml, force=True)


def test_old_backups_expire_and_receipts_say_when(own, tmp_path, monkeypatch):
    (tmp_path / "key").write_bytes(b"0123456789abcdef")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "key"))
    settings = {"backups.folder": str(tmp_path / "kept"), "backups.keep_days": 30}
    first = do(own, backup, settings=settings)["folder"]
    receipt = do(own, erase, ids=["nobody"], settings=settings)
    assert receipt["backups"] == {"n": 1, "until": "2030-02-01"}  # made on 2030-01-01, as of tests
    old = tmp_path / "kept" / "shop-2029-12-01-0123abcd"
    shutil.copytree(first, old)
    shutil.copytree(first, tmp_path / "kept" / "shop-2-2029-12-01-0123abcd")  # another job's
    done = do(own, backup, settings=settings)
    assert done["expired"] == [old.name]
    assert [b.day for b in backups_of(tmp_path / "kept", "shop")] == [date(2030, 1, 1)] * 2
    assert len(backups_of(tmp_path / "kept", "shop-2")) == 1
    assert read_backup(tmp_path / first)["made"] == "2030-01-01"
    assert json.loads((tmp_path / first / "backup.json").read_text())["job"] == "shop"


def test_without_results_or_a_place_it_says_so(own, tmp_path):
    with pytest.raises(UsageError, match="nothing says where"):
        do(own, backup)
    shutil.rmtree(own.out)
    with pytest.raises(UsageError, match="nothing to back up"):
        do(own, backup, to=tmp_path / "kept")
