import logging
import os
import warnings

import pytest

from winback.errors import RegistryError
from winback.registry.guard import PATIENT, guarded, load_mlflow

SECRET = "http://ann:s3cret@localhost:5000"


def test_nothing_of_the_process_is_changed_afterwards():
    load_mlflow()
    logging.getLogger("mlflow").setLevel(logging.INFO)
    before = dict(os.environ), list(warnings.filters)
    with guarded(SECRET):
        assert os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "3"
        assert not logging.getLogger("mlflow").isEnabledFor(logging.WARNING)
    assert (dict(os.environ), list(warnings.filters)) == before
    assert logging.getLogger("mlflow").level == logging.INFO


def test_a_setting_of_the_users_wins(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "7")
    with guarded(SECRET, PATIENT):
        assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "7"
    assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "7"


def test_a_failure_is_one_line_without_the_password_even_in_its_trace():
    mlflow = load_mlflow()
    with pytest.raises(RegistryError) as caught, guarded(SECRET):
        raise mlflow.MlflowException(f"API request to {SECRET}/api\nfailed; s3cret was refused")
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__  # a trace would quote the address
    assert "s3cret" not in str(caught.value)


def test_errors_of_other_kinds_pass():
    with pytest.raises(ZeroDivisionError), guarded(SECRET):
        1 / 0  # noqa: B018
