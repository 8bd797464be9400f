from datetime import date

import pandas as pd
import pytest

from winback.errors import DataError, OutputError, UsageError

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


def make(stage, **of):
    def _workflow(results):
        results.staged(f"{stage}.csv").write_text("made", encoding="utf-8")
        results.record(stage, **of)

    return _workflow


def test_what_was_made_of_other_settings_is_refused_with_what_differs_and_the_commands(shop):
    shop.do(make("score", data="f00"))
    shop.do(make("lists", data="f00"))
    shop.do(lambda results: results.demand("score", "lists", score={"data": "f00"}))
    written = shop.yaml.read_text()

    def refused(*stages, **of):
        with pytest.raises(UsageError) as error:
            shop.do(lambda results: results.demand(*stages, **of))
        return str(error.value)

    shop.yaml.write_text(written + "margin: 0.5\n")
    said = refused("score", "lists")
    assert "score: other margin; lists: other margin" in said
    assert "`winback score job.yaml`, then `winback lists job.yaml`" in said
    shop.yaml.write_text(written + "lists: {churn_warning: {capacity: 7}}\n")
    assert "got lists: other lists.churn_warning. Next" in refused("score", "lists")
    shop.yaml.write_text(written)
    assert "got score: other data. Next" in refused("score", score={"data": "bad"})


def test_what_only_says_where_and_how_fast_changes_nothing(shop):
    shop.do(make("lists"))
    more = "compute: {chunk_rows: 1000}\nreport_names: false\n"
    shop.yaml.write_text(shop.yaml.read_text() + more)
    shop.do(lambda results: results.demand("lists"))


@pytest.mark.parametrize("noise", ["", "[]", "{", "null"])
def test_a_manifest_that_cannot_be_read_loses_nobody_their_results(shop, noise):
    shop.do(leave("a"))
    (shop.out / "manifest.json").write_text(noise)
    with pytest.raises(OutputError, match=r"manifest cannot be read.*Next: restore it"):
        shop.do(leave("b"))
    assert (shop.out / "scores.csv").read_text() == "a"


@pytest.mark.parametrize("damage", [b"", b"PAR1 cut", None])
def test_a_result_that_is_not_what_was_published_is_not_read(shop, damage):
    shop.do(leave("a"))
    (shop.out / "current/scores.csv").unlink()
    if damage is not None:
        (shop.out / "current/scores.csv").write_bytes(damage)
        with pytest.raises(OutputError, match=r"scores.csv has changed.*make it anew") as caught:
            shop.do(lambda results: results.find("scores.csv"))
        assert caught.value.exit_code == 1
    else:
        shop.do(lambda results: results.find("scores.csv"))


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
