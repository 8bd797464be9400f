"""Where a table begins, what parts its columns, and whether it has names."""

import pytest

from winback.data.first_rows import (
    delimiter_of,
    first_row,
    is_headless,
    is_wrapped,
    second_names,
)


@pytest.mark.parametrize(
    ("lines", "sign"),
    [
        (["2,54;Apr 12, 2024;x@y.z", "3,10;May 1, 2024;a@b.c"], ";"),
        (["id,day,tags", "1,2024-01-01,a;b", "2,2024-01-02,c;d"], ","),
        (["c1,2024-01-01,9.5,a;b", "c2,2024-01-02,3.5,c;d"], ","),
        (['"Apr 2, 2024";"1,5"', '"May 3, 2024";"2,5"'], ";"),
        (["Report, of 2024", "", "a\tb\tc", "1\t2,5\t3", "1\t2,5\t3", "1\t2\t3"], "\t"),
        (["a  1  2", "b  3  4"], " "),
        (["Konto;DE1", "Stand;1,00 EUR", "tag;kunde;betrag", *['1.1.2023;k1;"2,50"'] * 8], ";"),
    ],
)
def test_what_parts_the_columns(lines, sign):
    assert delimiter_of(lines) == sign


def test_what_stands_above_a_table_is_none_of_it():
    rows = [["Report", "", ""], ["by", "me"], ["id", "day", "sum", "a", "b"], *[["1"] * 5] * 3]
    assert first_row(list(enumerate(rows)))[0] == 2


@pytest.mark.parametrize(
    ("first", "below", "headless"),
    [
        (["c0082", "31 Jan 2024", "12,50 €"], ["c0051", "1 Feb 2024", "1.012,00 €"], True),
        (["eva@x.org", "2024-01-31", "5"], ["tom@y.org", "2024-02-01", "-7.25"], True),
        (["Müller 7", "20240131", "(3.00)"], ["Groß 12", "20240201", "4.10"], True),
        (["customer", "date", "amount"], ["c1", "2024-01-01", "5"], False),
        (["Address 1", "Paid in 2024", "Date"], ["12 Main St", "5.10", "2024-01-01"], False),
        (["name", "city"], ["eva", "Köln"], False),
    ],
)
def test_whether_the_first_row_is_one_of_names(first, below, headless):
    assert is_headless(first, [below] * 4) is headless


@pytest.mark.parametrize(
    ("lines", "wrapped"),
    [
        (['"id,day,sum"', '"a,2024-01-01,3"', '"b,2024-01-02,4"'], True),
        (['"id,day,sum";;', '"a,2024-01-01,3";;', '"b,2024-01-02,4";;'], True),
        (['id;day;"sum"', '"a;""2024-01-01"";3"', '"b;""2024-01-02"";4"'], True),
        (['"id","day","sum"', '"a","2024-01-01","3,5"'], False),
        (['"note"', '"a, b"', '"c"', '"d, e, f"'], False),  # one column of texts
    ],
)
def test_whether_whole_lines_stand_in_quotation_marks(lines, wrapped):
    assert is_wrapped(lines) is wrapped


@pytest.mark.parametrize(
    ("first", "second", "names"),
    [
        (["Buyer", "Buyer", "Sum"], ["No", "Mail", ""], ["Buyer No", "Buyer Mail", "Sum"]),
        (["Mail", "Mail", "Sum"], ["a@x.org", "b@x.org", "five"], None),  # a row of values
        (["No", "Mail", "Sum"], ["a number", "an address", "money"], None),  # told elsewhere
    ],
)
def test_two_rows_of_names_are_read_together(first, second, names):
    assert second_names(first, [second, ["1", "a@x.org", "5"]]) == names
