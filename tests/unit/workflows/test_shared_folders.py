"""Operators see lists, analysts see scores, and neither sees anything else."""

import grp
import os

import pytest

from winback.config.job import Job
from winback.errors import ConfigError
from winback.personal_key import VARIABLE, PersonalKey
from winback.publishing.verify import problems
from winback.workflows.erase import erase
from winback.workflows.shared_folders import share

KEY = PersonalKey(b"0123456789abcdef")


@pytest.fixture
def own(trained, tmp_path, monkeypatch):
    (tmp_path / "key").write_bytes(KEY.key)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "key"))
    return trained.copy_to(tmp_path / "shop")


def settings(tmp_path, **more):
    group = grp.getgrgid(os.getgid()).gr_name
    return {
        "data.pseudonyms": True,
        "folders.operators.path": str(tmp_path / "operators"),
        "folders.operators.group": group,
        "folders.analysts.path": str(tmp_path / "analysts"),
        **more,
    }


def seen(folder):
    return {path.name for path in folder.iterdir() if path.is_symlink()} - {"current"}


def test_each_role_has_what_it_needs_and_erasures_reach_it(own, tmp_path):
    before = own.read("win_back.parquet")["customer_id"]
    with own.work(**settings(tmp_path)) as work:
        share(work.settings, own.out)
    operators, analysts = tmp_path / "operators", tmp_path / "analysts"
    assert seen(operators) == {"churn_warning.csv", "win_back.csv", "lists.xlsx", "manifest.json"}
    assert {"scores.parquet", "evaluation.parquet", "report.html", "win_back.parquet"} <= seen(
        analysts
    )
    assert not {name for name in seen(analysts) if name.startswith(("rejected", "ident", "erased"))}
    for folder in (operators, analysts):
        assert problems(folder) == []
        for path in [folder, *folder.rglob("*")]:
            mode = path.lstat().st_mode & 0o777
            assert path.is_symlink() or mode == (0o750 if path.is_dir() else 0o640), path
    with own.work(**settings(tmp_path)) as work:
        work.do(erase, ids=[before[0]])
    for folder in (operators, analysts):
        assert len(list((folder / ".published").iterdir())) == 1
        assert problems(folder) == []
    assert f",{before[0]}," not in (operators / "win_back.csv").read_text(encoding="utf-8-sig")
    versions = [path.resolve() for path in (operators / "current", analysts / "current")]
    with own.work(**settings(tmp_path)) as work:
        work.results.keep_only(None)
    assert [p.resolve() for p in (operators / "current", analysts / "current")] == versions


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("folders.operators.group", "no such group", "there is no such group"),
        ("folders.operators.path", "out/lists", "lies among all results"),
    ],
)
def test_a_wrong_place_or_group_is_refused(own, tmp_path, key, value, said):
    with (
        pytest.raises(ConfigError, match=said),
        own.work(**settings(tmp_path, **{key: value})) as work,
    ):
        work.results.keep_only(None)


def test_parts_are_granted_under_pseudonyms_only():
    job = {"name": "shop", "as_of": "2024-06-30", "folders": {"operators": {"path": "a"}}}
    data = {"transactions": {"source": "orders.csv"}}
    with pytest.raises(ValueError, match=r"folders need data\.pseudonyms"):
        Job.model_validate({**job, "data": data})
    assert Job.model_validate({**job, "data": {**data, "pseudonyms": True}}).folders.any
