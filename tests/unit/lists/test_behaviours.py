import pandas as pd

from winback.lists.behaviours import in_one_cell

ROWS = pd.DataFrame(
    [
        ("b", 1, "2011-08-03", "purchase", 1, 1234.5, None),
        ("a", 2, "2011-07-11", "visit", 3, None, None),
        ("a", 1, "2011-08-03", "purchase", 1, 34.2, "web"),
        ("a", 3, "2011-07-01", "complaint", 1, None, None),
    ],
    columns=["customer_id", "place", "day", "what", "times", "amount", "channel"],
)


def test_the_newest_comes_first_whatever_the_order_of_rows():
    assert in_one_cell(ROWS, currency="GBP").to_dict() == {
        "a": "2011-08-03 bought for 34.20 GBP (web); 2011-07-11 visit (3 times); "
        "2011-07-01 complaint",
        "b": "2011-08-03 bought for 1,234.50 GBP",
    }


def test_without_amounts_it_speaks_of_none():
    assert in_one_cell(ROWS, money=False)["b"] == "2011-08-03 bought"
