"""Who has said yes: a clear yes, or the day of one; never a day that is none, or not yet."""

import datetime as dt

import pandas as pd
import pytest

from winback.data.connect import open_engine
from winback.data.events import read_table


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


AS_OF = dt.date(2024, 6, 30)
# who said no, who said yes; then what is known at as_of, and what is heeded though it came later
SAID = {
    "no long ago": ("01/05/2024", "", True, False),
    "no on the day": ("30/06/2024 23:59", "2024-01-01", True, False),
    "no afterwards": ("02/07/2024", "2024-01-01", False, True),
    "yes afterwards": ("", "2024-07-01", True, False),
    "yes on the day": ("", "2024-06-30 23:59:59", False, False),
    "both afterwards": ("01/08/2024", "2024-07-05", True, False),
    "never a no": ("00/00/0000", "yes", False, False),
    "never a yes": ("0000-00-00", "0000-00-00 00:00:00", True, False),
}


def known(people, expression):
    rows = read_table("customers", people, columns={"opt_out": expression}, as_of=AS_OF).table
    return {
        row["customer_id"]: (row["opt_out"], row["opted_out_later"])
        for row in rows.to_pyarrow().to_pylist()
    }


def test_what_is_said_after_as_of_changes_nothing_that_was_known():
    both = "opted_out(no) OR no_consent(yes)"
    people = pd.DataFrame(
        [(who, no, yes) for who, (no, yes, *_) in SAID.items()],
        columns=["customer_id", "no", "yes"],
    )
    first = known(people, both)
    assert first == {who: tuple(meant) for who, (_, _, *meant) in SAID.items()}
    # the future is another: whoever said something then, says the contrary, or something later
    later = people.replace(
        {"02/07/2024": "", "2024-07-01": "2025-01-01", "01/08/2024": "", "2024-07-05": ""}
    )
    assert {w: now for w, (now, _) in known(later, both).items()} == {
        w: now for w, (now, _) in first.items()
    }
    alone = known(people, "no")
    assert alone["no on the day"] == (True, False)
    assert alone["no afterwards"] == (False, True)
    assert alone["never a no"] == alone["never a yes"] == (False, False)
