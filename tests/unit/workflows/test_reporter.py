"""Whoever reads a log knows what is going on while it goes on, and where it ended."""

# ruff: noqa: RUF001 - Chinese is written with fullwidth marks

import pytest

from winback.messages import Message, Words
from winback.workflows.evaluate import Evaluation
from winback.workflows.reporter import Quiet, Terminal
from winback.workflows.run import TITLES


def test_a_log_has_a_line_at_the_start_of_each_stage_and_step(capsys):
    terminal = Terminal()
    terminal.stage(2, 5, TITLES["score"], 64.4)
    assert capsys.readouterr().err == "stage 2 of 5: scoring every customer, about 1 min 4 s\n"
    terminal.stage(3, 5, TITLES["lists"])
    assert capsys.readouterr().err == "stage 3 of 5: making the lists\n"
    with terminal.step(Message("doing.score")):
        assert capsys.readouterr().err == "  Scoring\n"
    assert capsys.readouterr().err == "", "what was quick needs no more words"


def test_the_quiet_hear_of_warnings_only(capsys):
    terminal = Terminal(quiet=True)
    terminal.stage(1, 5, TITLES["train"])
    with terminal.step(Message("doing.read_purchases")):
        terminal.warn(Message("log.past_dates"))
    assert capsys.readouterr().err.startswith("warning: past dates are scored with today's")


def test_a_log_speaks_the_language_of_its_words(capsys, monkeypatch):
    monkeypatch.setattr("winback.workflows.reporter.LONG", -1)
    terminal = Terminal(Words("zh"))
    terminal.stage(2, 5, TITLES["score"], 64.4)
    with terminal.step(Message("doing.read_table", table="customers")):
        terminal.warn(Message("log.rejected_of", n=3, table="customers", reason="no customer_id"))
    terminal.say(Message("end.next", command="winback run 店铺2.yaml"))
    out, err = capsys.readouterr()
    assert out == "下一步：winback run 店铺2.yaml\n", "a name of a file stays as it is"
    assert err.splitlines() == [
        "阶段 2/5：为每位客户评分，约 1 分 4 秒",
        "  读取客户表",
        "警告：客户表中 3 行被拒绝：缺少 `customer_id`",
        "  读取客户表：用时 1 秒",
    ]


class Heard(Quiet):
    def __init__(self):
        super().__init__()
        self.stages = []

    def stage(self, at, of, title, about=None):
        self.stages.append((at, of, title, about))


def test_a_run_counts_its_stages_and_says_how_long_each_took_the_last_time(trained, tmp_path):
    from winback.workflows.run import run

    shop, heard = trained.copy_to(tmp_path / "shop"), Heard()
    with shop.work() as work:
        work.reporter = heard
        work.do(run)
    assert [stage[:3] for stage in heard.stages] == [
        (at, len(TITLES), title) for at, title in enumerate(TITLES.values(), 1)
    ]
    before = [about for *_, about in heard.stages]
    assert all(seconds >= 0 for seconds in before)
    assert shop.read("manifest.json")["seconds"].keys() == TITLES.keys()


@pytest.mark.parametrize(("p", "told"), [(0.5, "win_back.as_drawn"), (0.031, "win_back.doubtful")])
def test_arms_that_hardly_come_by_chance_are_not_said_to_fit(p, told):
    from winback.lists.win_back_summary import _checked

    summary = {"warnings": [], "sample_ratio": {"p_value": p}, "balance": {"p_value": 0.6}}
    assert [message.code for message in _checked(summary)] == [told]


def test_models_that_share_a_caveat_are_counted_when_they_are_many():
    same = Message("fitness.constant")
    few, many = ([{"model": f"m{i}", "caveat": same} for i in range(n)] for n in (2, 13))
    assert str(Evaluation(few).caveats[0]).startswith("m0, m1: ")
    assert str(Evaluation(many).caveats[0]).startswith("13 models: ")
