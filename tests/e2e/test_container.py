"""The container file's own lines, in an empty environment: no engine for containers is needed."""

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OF_THE_SYSTEM = ("apt-get ", "useradd ")


def lines():
    """Yield each instruction of the file and what follows it."""
    for line in (ROOT / "Containerfile").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            instruction, _, rest = line.partition(" ")
            yield instruction, rest


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_its_install_and_entry_lines_run_in_an_empty_environment(tmp_path):
    place, shop = tmp_path / "winback", tmp_path / "shop"
    shop.mkdir()
    venv.create(tmp_path / "venv", with_pip=True)
    kept = {k: v for k, v in os.environ.items() if k.startswith("PIP_") or "proxy" in k.lower()}
    kept |= {"PATH": f"{tmp_path / 'venv' / 'bin'}:/usr/bin:/bin", "HOME": str(tmp_path)}

    def run(command, where, **options):
        done = subprocess.run(
            command, cwd=where, env=kept, capture_output=True, text=True, check=False, **options
        )
        return done.returncode, done.stdout + done.stderr

    installed, entry, default = 0, [], []
    for instruction, rest in lines():
        if instruction == "COPY":
            *names, to = rest.split()
            for name in names:
                target = place / to / ("" if name == to.strip("./") else name)
                target.parent.mkdir(parents=True, exist_ok=True)
                source = ROOT / name
                (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
        elif instruction == "RUN" and not rest.startswith(OF_THE_SYSTEM):
            code, said = run(rest, place, shell=True)
            assert code == 0, said
            installed += 1
        elif instruction == "ENTRYPOINT":
            entry = json.loads(rest)
        elif instruction == "CMD":
            default = json.loads(rest)
    assert installed == 1
    code, said = run([*entry, "init", "sample:cdnow-tenth"], shop)
    assert code == 0, said
    code, said = run([*entry, "validate", "cdnow-tenth.yaml"], shop)
    assert code == 0, said
    assert str(sys.prefix) not in said
    code, said = run([*entry, *default], shop)
    assert (code, "shop.yaml" in said) == (2, True)  # nothing but the job is missing
