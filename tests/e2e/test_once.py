"""A run asks for each frame, outcome, scan, fit and model once, whoever needs it."""

from collections import Counter
from importlib import import_module

import pytest

from winback.evaluation import past as room
from winback.evaluation import value_judged
from winback.evaluation.description import Description
from winback.evaluation.past import Past
from winback.workflows.run import run

JOB = """
name: once
as_of: 1998-06-30
horizon_days: 90
value: {horizon_days: 90}
data: {transactions: {source: "sample:cdnow-tenth"}}
"""


def text(value):
    """Name what a call depends on; of a table it matters whether there is one."""
    return "table" if hasattr(value, "schema") else str(value)


@pytest.fixture
def calls(monkeypatch):
    counted = Counter()

    def count(owner, name, key):
        original = getattr(owner, name)

        def counting(*args, **kwargs):
            counted[name, key(*args, **kwargs)] += 1
            return original(*args, **kwargs)

        monkeypatch.setattr(owner, name, counting)

    def of_all(*args, **kwargs):
        return str([*map(text, args)]), str({k: text(v) for k, v in kwargs.items()})

    for name in ("outcomes_table", "gate_window"):
        count(room, name, of_all)
    count(Description, "at", lambda _, *asked: str(asked))
    for name in ("_first_day", "_purchase_days", "_purchase_model", "_repeat_customers", "_rfm"):
        count(Past, name, lambda past: past.as_of)
    count(import_module("winback.registry.load"), "load_version", lambda _, ref: ref.label)
    count(value_judged, "choose_value", lambda past, **more: (past.as_of, more["horizon_days"]))
    return counted


@pytest.mark.slow
def test_each_frame_outcome_scan_and_fit_of_a_run_is_made_once(calls, workshop_in, tmp_path):
    workshop_in(tmp_path, JOB).do(run)
    assert {name for name, _ in calls} == {
        "at",
        "outcomes_table",
        "gate_window",
        "_first_day",
        "_purchase_days",
        "_purchase_model",
        "_repeat_customers",
        "_rfm",
        "choose_value",
        "load_version",
    }
    assert {call: n for call, n in calls.items() if n > 1} == {}
