"""Merged cells, currencies within cells, and discounts of lines are told, with a cell."""

import pandas as pd
import pytest

from winback.data.connect import load, open_engine
from winback.data.sniff import sniff


def test_merged_cells_are_told_and_the_expression_that_fills_them_is_right():
    names = [f"c{n // 3}" if n % 3 == 0 else "" for n in range(12)]
    frame = pd.DataFrame({"Customer No": names, "Date": "2024-01-05", "Total": "9.50"})
    told = next(note for note in sniff(frame).notes if note.code == "note.merged_cells")
    assert "'c0'" in str(told)
    said = sniff(frame, columns={"customer_id": told.facts["written"]})
    assert said.filter is None
    engine = open_engine(threads=1)
    raw = load(engine, frame)
    filled = engine.raw_sql(f"SELECT {told.facts['written']} FROM {raw.name}").fetchall()
    assert [name for (name,) in filled] == [f"c{n // 3}" for n in range(12)]


def test_guests_beside_customers_who_come_back_are_no_merged_cells():
    names = [f"c{n % 4}" if n % 3 == 0 else "" for n in range(24)]
    frame = pd.DataFrame({"Customer No": names, "Date": "2024-01-05", "Total": "9.50"})
    assert "note.merged_cells" not in [note.code for note in sniff(frame).notes]


@pytest.mark.parametrize(
    ("cells", "kept"),
    [
        (["€3.00", "5.00 EUR", "$4.00"], "regexp_matches(lower(Total), '€|eur')"),
        (["Rs.500", "Rs.1,200.00", "£4"], "regexp_matches(lower(Total), 'rs')"),
        (["$3.00", "USD 4.00", "$5"], None),
        (["¥30", "40元", "5.00"], None),
    ],
)
def test_several_currencies_within_cells_are_not_added_up_in_silence(cells, kept):
    frame = pd.DataFrame({"Customer": list("abc"), "Date": "2024-01-05", "Total": cells})
    sniffed = sniff(frame)
    told = [note for note in sniffed.notes if note.code == "note.currencies_in_cells"]
    assert (sniffed.filter, len(told)) == (kept, int(kept is not None))


def test_a_discount_of_a_line_is_told_and_offered():
    lines = {"Customer": list("abc"), "Date": "2024-01-05", "Qty": ["2", "1", "3"]}
    lines |= {"Unit Price": ["5.00", "8.00", "1.00"], "Discount": ["1.00", "0.00", "0.50"]}
    sniffed = sniff(pd.DataFrame(lines))
    written = 'Qty * "Unit Price"'
    assert sniffed.guesses["amount"].expression == written
    assert [offer.written for offer in sniffed.offers] == [f"{written} - coalesce(Discount, 0)"]
    assert "holds 1.50 in 2 rows ('1.00')" in " ".join(map(str, sniffed.notes))
