from datetime import date, timedelta

import pytest

from winback.errors import DataError, ModelError
from winback.evaluation.windows import Window, gate_window, inner_windows
from winback.messages import Message

FIRST, AS_OF = date(1997, 1, 1), date(1997, 9, 30)


def test_a_window_that_reaches_past_the_known_is_refused():
    window = Window(date(1997, 7, 1), date(1997, 10, 1))
    with pytest.raises(ModelError, match="ends after what is known"):
        window.assert_known_by(AS_OF)
    window.assert_known_by(date(1997, 10, 1))


def test_the_gap_is_not_judged():
    window = Window(date(1997, 7, 1), date(1997, 7, 31), gap_days=10)
    assert (window.start, window.horizon_days) == (date(1997, 7, 11), 20)
    with pytest.raises(DataError, match="at least one day"):
        Window(date(1997, 7, 1), date(1997, 7, 11), gap_days=10)


@pytest.mark.parametrize("horizon", [14, 30, 90, 365])
@pytest.mark.parametrize("gap", [0, 14])
def test_inner_windows_lie_in_the_known_past_and_leave_history_to_fit_on(horizon, gap):
    windows = inner_windows(FIRST, AS_OF, horizon_days=horizon, gap_days=gap, count=6)
    assert 3 <= len(windows) <= 6
    assert windows[0].until == AS_OF
    for window in windows:
        assert window.until <= AS_OF
        assert window.horizon_days == min(horizon, (272 - gap) // 3)
        assert window.as_of - FIRST >= timedelta(days=window.horizon_days)


def test_a_short_history_shortens_the_gates_window_and_says_so():
    window, note = gate_window(FIRST, AS_OF, horizon_days=365)
    assert window is not None
    assert (window.as_of, window.until, window.horizon_days) == (date(1997, 5, 17), AS_OF, 136)
    assert "365 asked for; history has 273" in str(note)
    window, note = gate_window(FIRST, AS_OF, horizon_days=60, gap_days=5)
    assert window is not None
    assert window.until == AS_OF
    assert window.as_of == AS_OF - timedelta(days=65)
    assert "asked for" not in str(note)
    assert gate_window(FIRST, FIRST + timedelta(days=12), horizon_days=60) == (
        None,
        Message("window.too_short", days=13),
    )
