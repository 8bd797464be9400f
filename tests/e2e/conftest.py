"""The real command line, in a fresh folder."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest


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


@pytest.fixture(scope="session")
def shell_in():
    return Shell


@pytest.fixture
def shell(tmp_path):
    return Shell(tmp_path)
