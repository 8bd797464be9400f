import numpy as np
import pytest

from winback.errors import UsageError
from winback.sequential import LOOKS, Plan, boundaries, spent

# Jennison and Turnbull (2000); Reboussin et al. (2000), doi:10.1016/S0197-2456(00)00057-X
FIVE = [4.8769, 3.3569, 2.6803, 2.2898, 2.0310]


def test_the_boundaries_are_those_of_the_books():
    assert boundaries([0.2, 0.4, 0.6, 0.8, 1.0]) == pytest.approx(FIVE, abs=2e-3)
    assert boundaries([1.0]) == pytest.approx([1.959964], abs=1e-4)
    assert boundaries([0.5, 1.0]) == pytest.approx([2.9626, 1.9686], abs=2e-3)


def test_all_looks_together_spend_the_error_and_no_more():
    rng = np.random.default_rng(0)
    for times in (np.arange(1, 13) / 12, np.array([0.05, 0.31, 0.33, 0.9, 1.0])):
        steps = np.sqrt(np.diff(times, prepend=0.0))
        paths = np.cumsum(rng.standard_normal((200_000, len(times))) * steps, axis=1)
        crossed = (np.abs(paths / np.sqrt(times)) >= boundaries(times.tolist())).any(axis=1).mean()
        assert crossed == pytest.approx(0.05, abs=0.0015)


def test_the_error_is_spent_late():
    assert spent(0.0) == 0
    assert spent(0.25) < 0.0002
    assert spent(2.0) == spent(1.0) == pytest.approx(0.05)


def test_looks_that_do_not_rise_are_refused():
    for wrong in ([0.5, 0.4], [0.0, 1.0], [0.5, 1.2]):
        with pytest.raises(UsageError, match="rising"):
            boundaries(wrong)
    assert boundaries([]) == []


def test_a_plan_ends_where_it_knows_what_it_was_to_know():
    plan = Plan(0.02)
    information = np.linspace(0, 3, 400) * plan.information
    due = plan.due(information)
    assert len(due) == LOOKS
    assert information[due[-1]] >= plan.information
    assert plan.judge(information[due].tolist(), [1.0] * LOOKS) == (-1, 0)
    assert plan.judge(information[due].tolist(), [1.0] * (LOOKS - 1) + [-2.2]) == (LOOKS - 1, -1)
