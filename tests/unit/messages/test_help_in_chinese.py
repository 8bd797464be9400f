"""Every command and every option explains itself in Chinese."""

import re
import subprocess
import sys

import pytest
import typer
from typer import rich_utils
from typer.testing import CliRunner

from winback.cli import app, first
from winback.cli.spoken_help import FRAME, PIECES, USAGE, paragraphs, texts_of
from winback.messages.catalogue import texts

OF_TYPER = {"Show this message and exit."}


def commands(command):
    yield command
    for below in getattr(command, "commands", {}).values():
        yield from commands(below)


def standing():
    found = {"Example: ", first.GUIDE, *OF_TYPER}
    for command in commands(typer.main.get_command(app)):
        for _, _, text in texts_of(command):
            found |= {part for part in paragraphs(text) if not part.startswith("Example: ")}
    return found | {getattr(rich_utils, name) for name in FRAME} | {USAGE, *PIECES}


def test_every_help_has_its_chinese_and_none_is_stale():
    assert len(standing()) > 60
    assert texts("help", "zh").keys() == standing()


@pytest.mark.parametrize("command", ["", "run", "init", "promote", "playbook check", "config"])
def test_help_is_chinese_where_the_locale_is(monkeypatch, command):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    told = CliRunner().invoke(app, [*command.split(), "--help"]).output
    lines = [line for line in told.splitlines() if re.search(r"[A-Z][a-z]+ [a-z]+ ", line)]
    assert re.search(r"[\u4e00-\u9fff]{6}", told)
    assert lines == []
    assert "Usage" not in told
    assert "…" not in told, "cut off: Chinese has no blanks to wrap at"
    monkeypatch.setenv("LC_ALL", "C")
    assert not re.search(
        r"[\u4e00-\u9fff]", CliRunner().invoke(app, [*command.split(), "--help"]).output
    )


def test_english_help_reads_no_catalogue():
    asked = "import sys, winback.cli as c; sys.argv = ['winback', '--help']\ntry: c.main()\n"
    asked += "finally: assert not {'babel', 'numpy'} & set(sys.modules), 'slow to start'"
    environment = {"LC_ALL": "C", "PYTHONPATH": ":".join(sys.path)}
    subprocess.run([sys.executable, "-c", asked], check=True, env=environment, capture_output=True)
