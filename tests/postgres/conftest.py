"""PostgreSQL: the server that WINBACK_TEST_POSTGRES names, or a throw-away one on loopback."""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

PASSWORD = "s3cr3t:w@rd"


@pytest.fixture(scope="session")
def postgres():
    """The URL of a database in which tables may be made."""
    url = os.environ.get("WINBACK_TEST_POSTGRES")
    if url:
        yield url
        return
    pytest.importorskip("psycopg")
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = binaries[-1] if binaries else shutil.which("initdb")
    if not initdb:
        pytest.skip("no PostgreSQL: set WINBACK_TEST_POSTGRES, or apt-get install postgresql")
    binary = Path(initdb).parent
    with tempfile.TemporaryDirectory(prefix="winback-postgres-") as folder:
        Path(folder).chmod(0o755)
        data, secret = Path(folder) / "data", Path(folder) / "secret"
        data.mkdir()
        secret.write_text(PASSWORD + "\n")
        user = []
        if os.geteuid() == 0:  # initdb refuses root
            user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
            for path in (data, secret):
                shutil.chown(path, "nobody", "nogroup")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]

        def run(*command):
            done = subprocess.run(
                [*user, *command], cwd=folder, stdout=subprocess.DEVNULL, check=False
            )
            assert done.returncode == 0, f"{command[0]} failed"

        run(binary / "initdb", "-D", data, "-U", "bot", "--auth=scram-sha-256",
            f"--pwfile={secret}", "--no-sync", "--encoding=UTF8", "--locale=C")  # fmt: skip
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c fsync=off"
        options += f" -c unix_socket_directories={data}"
        control = (binary / "pg_ctl", "-D", data, "-w")
        run(*control, "-o", options, "-l", data / "log", "start")
        try:
            # the password is not encoded, as one that comes from an environment variable
            yield f"postgresql://bot:{PASSWORD}@127.0.0.1:{port}/postgres"
        finally:
            run(*control, "-m", "immediate", "stop")
