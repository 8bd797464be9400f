"""`--open` shows the report that a command has drawn, and only then."""

import webbrowser

import pytest
import typer
from typer.testing import CliRunner

from winback.cli import jobs


@pytest.fixture
def opened(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(webbrowser, "open", seen.append)
    monkeypatch.setattr(jobs, "work", lambda *_, **__: tmp_path)
    return seen


def invoke(*words):
    app = typer.Typer()
    jobs.add_to(app)
    return CliRunner().invoke(app, [*words])


@pytest.mark.parametrize("command", ["run", "report"])
def test_the_report_is_opened_where_it_is_asked_for(opened, tmp_path, command):
    assert invoke(command, "shop.yaml").exit_code == 0
    assert opened == []
    assert invoke(command, "shop.yaml", "--open").exit_code == 0
    assert opened == [(tmp_path / "report.html").as_uri()]


def test_nothing_is_opened_where_the_command_fails(opened, monkeypatch):
    def fail(*_, **__):
        raise typer.Exit(1)

    monkeypatch.setattr(jobs, "work", fail)
    assert invoke("run", "shop.yaml", "--open").exit_code == 1
    assert opened == []


def test_what_draws_no_report_has_no_such_option():
    assert invoke("score", "shop.yaml", "--open").exit_code == 2
