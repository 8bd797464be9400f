import hashlib
import hmac

import pytest

from winback.errors import ConfigError
from winback.personal_key import VARIABLE, PersonalKey, is_pseudonym, personal_key


def test_pseudonym_and_tombstone_are_hmac_of_keys_of_their_own():
    key = PersonalKey(b"0123456789abcdef")
    for use, made in (("pseudonym", key.pseudonym("é-7")), ("tombstone", key.tombstone("é-7"))):
        own = hmac.new(key.key, f"winback {use}".encode(), hashlib.sha256).digest()
        whole = hmac.new(own, "é-7".encode(), hashlib.sha256).hexdigest()
        assert made in (f"p{whole[:24]}", whole)
    assert is_pseudonym(key.pseudonym("x"))
    assert key.pseudonym("x") != PersonalKey(b"0123456789abcdeg").pseudonym("x")


def test_no_key_is_shown_and_a_missing_or_short_one_is_refused(tmp_path, monkeypatch):
    assert "0123" not in repr(PersonalKey(b"0123456789abcdef"))
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(ConfigError, match="there is no key"):
        personal_key()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "key"))
    with pytest.raises(ConfigError, match="cannot be read"):
        personal_key()
    (tmp_path / "key").write_bytes(b"short\n")
    with pytest.raises(ConfigError, match="too short"):
        personal_key()
    (tmp_path / "key").write_bytes(b"0123456789abcdef\n")
    assert personal_key() == PersonalKey(b"0123456789abcdef")
