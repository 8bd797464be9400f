import json

from winback.messages import Message, Words
from winback.registry import version_notes
from winback.registry.aliases import ModelVersionRef
from winback.registry.version_notes import CAVEATS, GATE, as_text, read_notes

FEW = Message("error.got", said=Message("missing"), got=3)


def kept(text):
    return ModelVersionRef("shop-value", 1, "f00", "ab", {f"winback.{GATE}": text})


def test_a_message_is_read_as_it_was_kept_and_english_stands_beside_it():
    text = as_text([FEW, Message.of("an earlier sentence")])
    assert json.loads(text)[0]["text"] == str(FEW)
    assert read_notes(kept(text), GATE) == [FEW, Message.of("an earlier sentence")]
    assert read_notes(kept(text), GATE)[0].say(Words("zh")) != str(FEW)
    assert read_notes(kept(text), CAVEATS) == []


def test_of_versions_that_hold_english_only_it_is_shown_as_stored():
    (note,) = read_notes(kept('["4 checks passed"]'), GATE)
    assert [note.say(words) for words in (Words(), Words("zh"))] == ["4 checks passed"] * 2


def test_what_this_version_cannot_say_stays_english():
    for entry in (
        {"code": "no.such_code", "facts": {}, "text": "said then"},
        {"code": "error.got", "facts": {"other": 1}, "text": "said then"},
        {"code": "error.got", "facts": {"said": {"code": "no.such", "facts": {}}, "got": 1}},
    ):
        entry.setdefault("text", "said then")
        assert [str(note) for note in read_notes(kept(json.dumps([entry])), GATE)] == ["said then"]


def test_notes_are_written_over_earlier_ones(monkeypatch):
    written = {}

    class Store:
        uri = "sqlite:///x"

        class client:  # noqa: N801
            set_model_version_tag = staticmethod(lambda *args: written.update({args[2]: args[3]}))

    monkeypatch.setattr(version_notes, "guarded", lambda _: __import__("contextlib").nullcontext())
    version_notes.write_notes(Store, kept("[]"), GATE, [FEW])
    assert written == {"winback.gate": as_text([FEW])}
