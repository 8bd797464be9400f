"""Talk with MLflow behind a guard: it stays quiet, and its failures become one line."""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Final
from urllib.parse import urlsplit

from winback.errors import RegistryError
from winback.masking import mask

# A user's own setting wins over these; MLflow's defaults would wait for minutes.
PATIENT: Final = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_UV_AUTO_DETECT": "false",  # or the working directory's uv.lock lands in the model
}
HASTY: Final = {
    **PATIENT,
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}


def load_mlflow() -> ModuleType:
    """Import MLflow on first use (it takes two seconds), with its telemetry switched off.

    Examples
    --------
    >>> load_mlflow().__name__
    'mlflow'
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow  # noqa: PLC0415  # two seconds, paid by those who use the store
        import mlflow.artifacts  # noqa: PLC0415
        import mlflow.pyfunc  # noqa: PLC0415
    return mlflow


@contextmanager
def guarded(uri: str, settings: Mapping[str, str] = PATIENT) -> Iterator[None]:
    """Keep MLflow quiet inside the block, and raise its failures as one-line `RegistryError`s.

    Log levels, warnings filters and environment are as before afterwards. A cause that may quote a
    password is not chained.
    """
    mlflow = load_mlflow()
    sqlalchemy = __import__("sqlalchemy.exc")  # in MLflow's own dependencies
    try:
        with ExitStack() as stack:
            stack.enter_context(_environment(settings))
            stack.enter_context(_silence("mlflow", "alembic", "urllib3"))
            stack.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
            yield
    except (mlflow.MlflowException, sqlalchemy.exc.SQLAlchemyError, OSError) as error:
        raise _in_one_line(error, uri) from (None if urlsplit(uri).password else error)


def _in_one_line(error: Exception, uri: str) -> RegistryError:
    message = mask(" ".join(str(error).split()))
    if secret := urlsplit(uri).password:
        message = message.replace(secret, "***")
    what = "the model store did not answer as it should"
    if "Max retries exceeded" in message or isinstance(error, OSError):
        what = "the model store cannot be reached"
        message = re.findall(r"Errno -?\d+\] ([\w ]+)|$", message)[0] or message
    return RegistryError(
        what,
        where=mask(uri),
        got=message[:300],
        hint="check tracking.uri, and that the store is there",
    )


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    ours = {key: value for key, value in settings.items() if key not in os.environ}
    os.environ.update(ours)
    try:
        yield
    finally:
        for key in ours:
            os.environ.pop(key, None)


@contextmanager
def _silence(*names: str) -> Iterator[None]:
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
