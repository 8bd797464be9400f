"""Folders of results, and what whoever opens them sees."""

import json

import pytest

from winback.workflows.output import OutputFolder

OLD = {
    "scores.parquet": "old",
    "tiers.json": "of the old set alone",
    "lists/2011-12-08/win_back.csv": "kept",
}
NEW = {
    "scores.parquet": "new",
    "alerts.csv": "of the new set alone",
    "lists/2011-12-09/win_back.csv": "added",
}


class Results:
    """A folder `out` that sets are published to, and somebody's own file in it."""

    def __init__(self, folder):
        self.out = folder

    def publish(self, results, *, without=(), **facts):
        with OutputFolder(self.out) as output:
            output._manifest = {"as_of": "2011-12-09", **facts}
            for name, text in results.items():
                output.staged(name).write_text(text)
            for name in without:
                output.drop(name)

    def publish_new(self):
        self.publish(NEW, without=["tiers.json"], config_hash="new")

    def leave_plain(self):
        """Leave what a winback leaves that does not know of sets."""
        facts = {"as_of": "2011-12-08", "config_hash": "old"}
        for name, text in {**OLD, "manifest.json": json.dumps(facts)}.items():
            (self.out / name).parent.mkdir(parents=True, exist_ok=True)
            (self.out / name).write_text(text)

    def seen(self):
        """Return what stands at the stable paths; the manifest's own name of the set apart."""
        return {
            path.relative_to(self.out).as_posix(): path.read_bytes()
            for path in sorted(self.out.rglob("*"))
            if path.is_file() and not path.relative_to(self.out).parts[0].startswith(".")
        }

    @property
    def versions(self):
        folder = self.out / ".published"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.fixture
def results_in():
    return Results


@pytest.fixture
def results(tmp_path):
    """Return a folder with the old set in it, and with a file of somebody's own."""
    made = Results(tmp_path / "out")
    made.publish(OLD, config_hash="old", as_of="2011-12-08")
    (made.out / "lists" / "notes.txt").write_text("mine")
    return made


@pytest.fixture
def plain(tmp_path):
    """Return the same as a winback left it that did not know of sets."""
    made = Results(tmp_path / "plain")
    made.leave_plain()
    (made.out / "lists" / "notes.txt").write_text("mine")
    return made
