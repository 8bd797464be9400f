"""What is wrong with a command line is said in the reader's language."""

import re

import pytest
from typer.testing import CliRunner

from winback.cli import app
from winback.cli.usage import COMPLAINTS, in_language
from winback.messages.catalogue import texts

LINES = {
    "--nosuch": "没有选项 --nosuch",
    "ru": "是不是 'run'",
    "zzz": "没有命令 'zzz'",
    "run": "缺少参数 'JOB.yaml'",
    "run a.yaml b.yaml": "多出了参数(b.yaml)",
    "run a.yaml --asof today": "是不是:--as-of, --json",
    "run a.yaml --quiet=3": "选项 '--quiet' 后面不写值",
    "score a.yaml --as-of": "选项 '--as-of' 后面要写一个值",
    "train a.yaml --tune x": "'--tune' 的值不符合要求:应为整数",
    "train a.yaml --tune 0": "不得小于 1",
    "init a.csv --language de": "'de' 不在可用的值之内:en, zh",
    "alerts a b c": "给一个任务,或先写 `test`",
}
NARROW = str.maketrans("（）：，。", "():,.")  # noqa: RUF001 - Chinese is written with wide marks


def told(line):
    result = CliRunner().invoke(app, line.split())
    assert result.exit_code == 2
    return " ".join(result.output.split())


@pytest.mark.parametrize("line", LINES)
def test_a_complaint_is_chinese_where_the_locale_is_and_only_there(monkeypatch, line):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    said = told(line)
    assert LINES[line] in said.translate(NARROW)
    assert re.findall(r"[A-Z]?[a-z]+ [a-z]{3,}", re.sub(r"'[^']*'|winback \w*", "", said)) == []
    monkeypatch.setenv("LC_ALL", "C")
    assert not re.search(r"[\u4e00-\u9fff]", told(line))


def test_every_complaint_has_its_chinese():
    assert [text for text in COMPLAINTS if text not in texts("errors", "zh")] == []


def test_what_is_not_known_stays_as_it_is():
    assert in_language("Something of a later version", "zh") == "Something of a later version"
