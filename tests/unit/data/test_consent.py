"""Who has said yes: a clear yes, or the day of one; never a day that is none."""

import pytest

from winback.data.connect import open_engine


@pytest.fixture(scope="module")
def refused():
    engine = open_engine(threads=1)
    yield lambda cell: engine.con.execute("SELECT no_consent(?)", [cell]).fetchone()[0]
    engine.disconnect()


@pytest.mark.parametrize(
    "day",
    ["2024-01-03", "2024-01-03 10:00:00 +0000", "31/12/2024", "3 Jan 2024", "2024年1月3日",
     "01/01/19", "1970-01-10"],
)  # fmt: skip
def test_the_day_of_a_consent_is_a_yes(refused, day):
    assert not refused(day)


@pytest.mark.parametrize(
    "empty",
    ["0000-00-00", "0000-00-00 00:00:00", "0001-01-01", "1900-01-01", "1899-12-30", "30.12.1899",
     "1970-01-01 00:00:00", "01.01.1970", "1/1/1970 0:00", "00/00/0000", "",
     "2024-01-01 withdrawn", "2024-13-45", "31.12.2024 widerrufen", "2024-01-03, then no"],
)  # fmt: skip
def test_what_a_database_holds_where_there_is_no_day_is_no_consent(refused, empty):
    assert refused(empty)
