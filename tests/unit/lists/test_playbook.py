import itertools

import pandas as pd
import pytest

from winback.errors import UsageError
from winback.lists.playbook import CHURN_WARNING, WIN_BACK, Rule, suggest


@pytest.mark.parametrize("rules", [CHURN_WARNING, WIN_BACK])
def test_nobody_falls_through(rules):
    combinations = itertools.product(
        ["yellow", "orange", "red"], ["strategic", "core", "dormant", "tier-1", None]
    )
    rows = pd.DataFrame(combinations, columns=["severity", "tier"], index=range(5, 20))
    actions = suggest(rows, rules)
    assert actions.notna().all(axis=None)
    assert actions.index.equals(rows.index)


def test_the_first_rule_that_fits_decides():
    rules = (
        Rule("call", "phone", "none", "ann", "red", ("core",)),
        Rule("write", "email", "none", "bob", "red"),
        Rule("wait", "none", "none", "bob"),
    )
    rows = pd.DataFrame({"severity": ["red", "red", "yellow"], "tier": ["core", "new", "core"]})
    assert suggest(rows, rules)["action"].tolist() == ["call", "write", "wait"]


@pytest.mark.parametrize("rules", [(), (Rule("call", "phone", "none", "ann", "red"),)])
def test_a_playbook_with_a_hole_is_refused(rules):
    with pytest.raises(UsageError, match="without an action"):
        suggest(pd.DataFrame({"severity": [], "tier": []}), rules)
