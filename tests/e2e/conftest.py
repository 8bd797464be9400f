"""The real command line, in a fresh folder."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from winback import cli
from winback.cli import command


@dataclass
class Shell:
    """A folder in which `winback …` runs as a user would run it."""

    folder: Path

    def winback(self, *arguments, env=None, timeout=900):
        return subprocess.run(
            [sys.executable, "-m", "winback", *map(str, arguments)],
            cwd=self.folder,
            env={**os.environ, "NO_COLOR": "1", **(env or {})},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path


class Desk(Shell):
    """The same in this process: no interpreter is started, and nothing is imported anew."""

    def winback(self, *arguments, env=None):
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            patch.setattr(command, "signal", lambda *_: None)  # pytest's own stay
            runner = CliRunner(env={"NO_COLOR": "1", **(env or {})})
            before = os.umask(0o022)
            done = runner.invoke(cli.app, [*map(str, arguments)])
            os.umask(before)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return subprocess.CompletedProcess(
            arguments, done.exit_code, stdout=done.stdout, stderr=done.stderr
        )


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.fixture(scope="session")
def desk_in():
    return Desk


@pytest.fixture(scope="session")
def shell_in():
    return Shell


@pytest.fixture
def shell(tmp_path):
    return Shell(tmp_path)
