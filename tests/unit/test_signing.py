import hashlib
import hmac
import json

import pytest

from winback.errors import ConfigError, OutputError, RegistryError
from winback.publishing.verify import problems
from winback.registry.artifacts import demand_signed
from winback.signing import VARIABLE, sign
from winback.workflows.output import OutputFolder

KEY = b"0123456789abcdef0123456789abcdef"


@pytest.fixture
def key(tmp_path, monkeypatch):
    path = tmp_path / "signing.key"
    path.write_bytes(KEY + b"\n")
    monkeypatch.setenv(VARIABLE, str(path))
    return path


def publish(out):
    with OutputFolder(out) as output:
        output._manifest = {"as_of": "2024-06-30"}
        output.staged("scores.csv").write_text("1")


def test_a_manifest_that_somebody_without_the_key_altered_is_refused(key, tmp_path):
    out = tmp_path / "out"
    publish(out)
    assert problems(out) == []
    manifest = out / "current/manifest.json"
    record = json.loads(manifest.read_text())
    (out / "current/scores.csv").write_text("2")  # as long, and with its digest in the manifest
    record["files"]["scores.csv"]["sha256"] = hashlib.sha256(b"2").hexdigest()
    manifest.write_text(json.dumps(record))
    assert [problem.what for problem in problems(out)] == [
        "the manifest is not signed with the key"
    ]
    with pytest.raises(OutputError, match=r"not signed with the key.*got another signature"):
        publish(out)


def test_what_was_published_without_the_key_is_refused_with_it_and_well_without(
    key, tmp_path, monkeypatch
):
    monkeypatch.delenv(VARIABLE)
    publish(tmp_path / "out")
    assert problems(tmp_path / "out") == []
    monkeypatch.setenv(VARIABLE, str(key))
    assert "got no signature" in str(problems(tmp_path / "out")[0])


def test_a_model_is_loaded_only_if_the_key_signed_its_digest(key, monkeypatch):
    own = hmac.new(KEY, b"d1", hashlib.sha256).hexdigest()
    demand_signed("d1", own, "shop-churn/1")
    for signature in (None, "", own[:-1] + "x", sign("d2")):
        with pytest.raises(RegistryError, match="not signed with the key"):
            demand_signed("d1", signature, "shop-churn/1")
    monkeypatch.delenv(VARIABLE)
    demand_signed("d1", None, "shop-churn/1")


@pytest.mark.parametrize(("content", "said"), [(b"short", "too short"), (None, "cannot be read")])
def test_a_key_that_is_none_stops_the_job(key, content, said):
    key.unlink()
    if content:
        key.write_bytes(content)
    with pytest.raises(ConfigError, match=said):
        sign("text")
