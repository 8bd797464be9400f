import json
from datetime import date

import pandas as pd
import pytest

from winback.errors import DataError, UsageError

JOB = """\
name: shop
as_of: 2011-12-09
data: {transactions: {source: orders.csv}}
"""


@pytest.fixture
def shop(tmp_path, workshop_in):
    return workshop_in(tmp_path, JOB)


def leave(word, **more):
    """Return a workflow that leaves two results and something in the manifest."""

    def _workflow(results):
        for name in ("scores.csv", f"lists/{results.settings.job.as_of}/list.csv"):
            results.staged(name).write_text(word, encoding="utf-8")
        results.manifest.update(more or {"word": word})

    return _workflow


def test_the_manifest_gathers_commands_on_the_same_job_and_date_only(shop):
    shop.do(leave("a", trained=1))
    shop.do(leave("b", scored=2))
    both = shop.read("manifest.json")
    assert (both["trained"], both["scored"], both["as_of"]) == (1, 2, "2011-12-09")
    shop.do(leave("c", scored=3), as_of=date(2011, 12, 10))
    other = shop.read("manifest.json")
    assert "trained" not in other
    assert (other["scored"], other["as_of"]) == (3, "2011-12-10")
    shop.yaml.write_text(shop.yaml.read_text() + "margin: 0.5\n")
    shop.do(leave("d", scored=4))
    assert "trained" not in shop.read("manifest.json")


@pytest.mark.parametrize("noise", ["", "[]", "{", "null"])
def test_a_manifest_that_cannot_be_read_is_written_anew(shop, noise):
    shop.do(leave("a"))
    (shop.out / "manifest.json").write_text(noise)
    shop.do(leave("b"))
    assert json.loads((shop.out / "manifest.json").read_text())["word"] == "b"


def test_results_of_this_command_are_preferred_and_missing_ones_name_their_command(shop):
    shop.do(leave("old"))

    def look(results):
        assert results.find("scores.csv").read_text() == "old"
        results.staged("scores.csv").write_text("new")
        assert results.require("scores.csv", "score").read_text() == "new"
        with pytest.raises(UsageError, match=r"winback lists job.yaml"):
            results.require("win_back.csv", "lists")

    shop.do(look)


@pytest.mark.parametrize("kind", ["object", "datetime64[us]"])
def test_results_of_another_date_are_refused(shop, kind):
    frame = pd.DataFrame({"as_of": [date(2011, 12, 8)] * 3}).astype(kind)

    def stale(results):
        frame.to_parquet(results.staged("scores.parquet"))
        with pytest.raises(DataError, match=r"2011-12-08.*2011-12-09.*winback score job.yaml"):
            results.require("scores.parquet", "score")
        frame.head(0).to_parquet(results.staged("empty.parquet"))
        assert results.require("empty.parquet", "score")

    shop.do(stale)
