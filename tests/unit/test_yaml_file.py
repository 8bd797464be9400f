import pytest
from pydantic import BaseModel, ValidationError

from winback.errors import ConfigError
from winback.yaml_file import explain, read_yaml


class Rule(BaseModel, extra="forbid"):
    tier: str
    days: int = 1


class Rules(BaseModel, extra="forbid"):
    rules: list[Rule]
    other: Rule | None = None


@pytest.fixture
def read(tmp_path):
    def _read(text):
        (tmp_path / "rules.yaml").write_text(text, encoding="utf-8")
        return read_yaml(tmp_path / "rules.yaml", "rules", allowed="rules", hint="write", name="R")

    return _read


def explained(file, **options):
    with pytest.raises(ValidationError) as caught:
        Rules.model_validate(file.content)
    return str(explain(caught.value, file, Rules, **options))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n", "the rules is empty or not a mapping (at R); allowed: rules"),
        ("", "the rules is empty or not a mapping (at R); allowed: rules"),
        ("a: 1\nb: {c: 1,\n  c: 2}", "the same key stands twice (at R:3): got b.c"),
        ("a: [1\n", "the rules is not valid YAML (at R:2)"),
        ("day: 2011-13-09", "the rules holds a date or number that does not exist (at R)"),
    ],
)
def test_what_is_no_mapping_is_refused(read, text, message):
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert str(caught.value).startswith(message)


def multiplying(make, levels):
    lines = [f"a0: &a0 {make('1', '1')}", *(
        f"a{i}: &a{i} {make(f'*a{i - 1}', f'*a{i - 1}')}" for i in range(1, levels)
    )]  # fmt: skip
    return "\n".join(lines)


@pytest.mark.timeout(20)  # written out they would fill the memory
@pytest.mark.parametrize(
    "text",
    [
        multiplying(lambda a, b: f"[{a}, {b}]", 40),
        multiplying(lambda a, b: f"{{x: {a}, y: {b}}}", 40),
        "a0: &a0 {x: 1}\n"
        + "\n".join(f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}]}}" for i in range(1, 40)),
        "a: &a [*a]",
        "a: " + "[" * 5000 + "]" * 5000,
        '{"a":' * 5000 + "1" + "}" * 5000,
        "a0: &a0 [1]\n" + "\n".join(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 2000)),
    ],
)
def test_what_multiplies_or_nests_without_end_is_refused_in_one_line(read, text):
    with pytest.raises(ConfigError, match="nested too deeply, or repeats") as caught:
        read(text)
    assert len(str(caught.value)) < 300


def test_what_is_too_large_is_refused_unread(tmp_path):
    (tmp_path / "data.yaml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(ConfigError, match="too large"):
        read_yaml(tmp_path / "data.yaml", "rules", allowed="", hint="")


def test_what_is_repeated_by_an_alias_is_read(read):
    file = read("first: &x {a: 1, b: [2]}\nsecond: *x\nthird: {<<: *x, a: 3}")
    assert file.content["second"] == {"a": 1, "b": [2]}
    assert file.content["third"] == {"a": 3, "b": [2]}


def test_no_tag_runs_anything(read, tmp_path):
    with pytest.raises(ConfigError, match="not valid YAML"):
        read(f"a: !!python/object/apply:os.mkdir ['{tmp_path}/made']")
    assert not (tmp_path / "made").exists()


def test_what_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot read the rules \(at .*none.*Next: write one"):
        read_yaml(tmp_path / "none", "rules", allowed="", hint="write one")
    (tmp_path / "latin").write_bytes(b"a: \xe9")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_yaml(tmp_path / "latin", "rules", allowed="", hint="write one")


def test_a_misspelt_key_is_named_before_the_one_that_it_leaves_missing(read):
    assert explained(read("rules:\n- tier: a\n- teir: b\n")) == (
        "unknown key 'teir' (2 mistakes in all) (at R:3, rules.2.teir); allowed: tier, days. "
        "Next: did you mean 'tier'?"
    )
    assert explained(read("rules:\n- tier: a\n- days: 3\n")) == (
        "the key 'tier' is missing (at R:3, rules.2.tier)"
    )


def test_a_value_is_shown_masked_beside_what_is_allowed(read):
    file = read("rules:\n- tier: a\n  days: s3cret\n")
    shown = explained(file, hint=lambda keys: f"see {keys}", masked=lambda text: text[:3])
    assert shown == (
        "not allowed (at R:3, rules.1.days): got 's3; allowed: a whole number. "
        "Next: see ('rules', 0, 'days')"
    )


def test_a_group_that_may_be_missing_has_its_own_keys(read):
    message = explained(read("rules: []\nother: {tier: a, dais: 2}\n"))
    assert "allowed: tier, days. Next: did you mean 'days'?" in message
