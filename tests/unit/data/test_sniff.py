"""Columns are guessed by their names and their cells."""

import datetime as dt

import pandas as pd
import pyarrow as pa
import pytest

from winback.data.intake import read_transactions
from winback.data.sniff import sniff


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            {"Order Date": ["2024-01-01"], "Customer ID": [1], "Sales": [3.5], "Order ID": ["x"]},
            {"customer_id": "Customer ID", "timestamp": "Order Date", "amount": "Sales",
             "order_id": "Order ID"},
        ),
        (
            {"会员编号": ["m1"], "订单金额": ["9.9"], "付款时间": ["2024年1月2日"], "订单号": ["1"],
             "渠道": ["app"]},
            {"customer_id": "会员编号", "timestamp": "付款时间", "amount": "订单金额",
             "order_id": "订单号", "channel": "渠道"},
        ),
        # a name alone is not enough: this total is text, this date is none
        (
            {"user_id": [1], "total": ["see note"], "date": ["n/a"], "created_at": ["2024-01-01"],
             "amount_paid": [1.0], "qty": ["2"], "Unit Price": ["1.5"]},
            {"customer_id": "user_id", "timestamp": "created_at", "amount": "amount_paid"},
        ),
        (
            {"client": ["a"], "time": [1704161100], "Order": ["1"], "price": [2.0], "qty": [1]},
            {"customer_id": "client", "timestamp": "time", "amount": "qty * price",
             "order_id": "Order"},
        ),
        ({"a": [1], "b": ["x"]}, {}),
        # no name that is on a list: parts of names, and cells, decide
        (
            {"Acct #": ["7"], "Country of account": ["DE"], "Date of birth": ["1970-01-31"],
             "Trans. Dt": ["20240131"], "VAT amt": ["1"], "Amt": ["5"]},
            {"customer_id": "Acct #", "timestamp": "Trans. Dt", "amount": "Amt"},
        ),
        (
            {"Buyer Email": ["a@x.org"], "Placed": ["31/01/2024"], "Order Total (GBP)": ["5.00"]},
            {"customer_id": "Buyer Email", "timestamp": "Placed", "amount": "Order Total (GBP)"},
        ),
        # ten digits are a telephone number here, no seconds since 1970
        ({"member": ["a"], "contact": ["1704161100"]}, {"customer_id": "member"}),
    ],
)  # fmt: skip
def test_guesses(source, expected):
    sniffed = sniff(pa.table(source))
    assert {ours: guess.expression for ours, guess in sniffed.guesses.items()} == expected
    missing = [ours for ours in ("customer_id", "timestamp", "amount") if ours not in expected]
    assert tuple(map(str, sniffed.notes)) == tuple(f"nothing looks like {ours}" for ours in missing)


def test_columns_that_no_guess_reads_are_told_whole():
    source = {"id": [1], "customer_id": [1], "date": ["2024-01-31"], "qty": [1], "price": [2.0]}
    sniffed = sniff(pa.table(source))
    assert sniffed.guesses["amount"].expression == "qty * price"
    assert sniffed.unused == ("id",)  # though it is a part of another's name


@pytest.mark.slow
def test_online_retail_reads_as_guessed(online_retail):
    sniffed = sniff(online_retail)
    assert sniffed.guesses["amount"].expression == "Quantity * UnitPrice"
    assert sniffed.filter == "CustomerID IS NOT NULL"
    assert (sniffed.rows, sniffed.first_day, sniffed.last_day) == (
        541_909,
        dt.date(2010, 12, 1),
        dt.date(2011, 12, 9),
    )
    columns = {ours: guess.expression for ours, guess in sniffed.guesses.items()}
    read = read_transactions(online_retail, columns=columns, filter=sniffed.filter)
    assert read.counts.rejected == {}


@pytest.mark.parametrize(
    ("cells", "forms", "days"),
    [
        (["1/2/2024", "3/2/2024"], ("%d/%m/%Y", "%m/%d/%Y"), ("2024-02-01", "2024-02-03")),
        (
            ["01-02-24 10:05", "03-02-24 09:00"],
            ("%d-%m-%y %H:%M", "%m-%d-%y %H:%M"),
            ("2024-02-01", "2024-02-03"),
        ),
    ],
)
def test_a_date_that_could_be_either_is_guessed_both_ways_and_noted(cells, forms, days):
    sniffed = sniff(pa.table({"customer": ["a", "b"], "order": ["1", "2"], "date": cells}))
    guess = sniffed.guesses["timestamp"]
    both = (guess.expression, guess.other)
    assert both == tuple(f"strptime(date, '{form}')" for form in forms)
    assert (str(sniffed.first_day), str(sniffed.last_day)) == days
    notes = [str(note) for note in sniffed.notes]
    assert any("the day or the month" in note and cells[0] in note for note in notes)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Kundennummer;Bestelldatum;Betrag;Bestellnummer", "k1;31.12.2023;1.234,50;b1"),
        ("Kunde;Datum;Umsatz;Bestellnr", "k1;31.12.2023;12,50 €;b1"),
        ("client;date;montant;commande", "k1;31/12/2023;1 234,50;b1"),
        ("cliente;fecha;importe;pedido", "k1;31/12/2023;12,50;b1"),
    ],
)
def test_european_files_read_as_guessed(tmp_path, header, row):
    path = tmp_path / "orders.csv"
    path.write_text(f"{header}\n{row}\n{row.replace('31', '30')}\n", encoding="utf-8")
    sniffed = sniff(path)
    columns = {ours: guess.expression for ours, guess in sniffed.guesses.items()}
    assert list(columns) == ["customer_id", "timestamp", "amount", "order_id"]
    read = read_transactions(path, columns=columns)
    assert (read.counts.accepted, read.counts.last_day) == (2, dt.date(2023, 12, 31))
    assert read.table.to_pyarrow()["amount"].to_pylist()[0] in {12.5, 1234.5}


@pytest.mark.parametrize(
    ("columns", "amount", "note"),
    [
        (
            {"Total": ["$1,234.50"]},
            "money(Total, '.')",
            (
                "Total looks like the amount but its cells are no plain numbers: '$1,234.50'; "
                "this reads them: money(Total, '.')"
            ),
        ),
        (
            {"Total": ["see note"]},
            None,
            "Total looks like the amount but its cells are no plain numbers: 'see note'",
        ),
        (
            {"qty": ["2"], "price": ["9,50 €"]},
            "qty * money(price, ',')",
            None,
        ),
    ],
)
def test_amounts_that_are_no_plain_numbers_are_told(columns, amount, note):
    source = pa.table({"customer": ["a"], "date": ["2024-01-01"], **columns})
    sniffed = sniff(source)
    guess = sniffed.guesses.get("amount")
    assert (guess and guess.expression) == amount
    assert note is None or note in map(str, sniffed.notes)
    if guess:
        read = read_transactions(
            source, columns={"customer_id": "customer", "timestamp": "date", "amount": amount}
        )
        assert read.table.to_pyarrow()["amount"].to_pylist()[0] in {1234.5, 19.0}


@pytest.mark.parametrize(
    ("names", "amount"),
    [
        (["Cart Discount Amount", "Order Subtotal Amount", "Order Refund Amount",
          "Order Total Amount", "Order Total Tax Amount"], "Order Total Amount"),
        (["tax_amount", "shipping_amount", "discount_amount", "order_amt"], "order_amt"),
        (["店铺优惠(元)", "用户实付金额(元)", "商家实收金额(元)"], "用户实付金额(元)"),
        (["Rabattbetrag", "Steuerbetrag", "Gesamtbetrag"], "Gesamtbetrag"),
    ],
)  # fmt: skip
def test_what_is_taken_off_or_put_on_is_no_amount(names, amount):
    source = {
        "手机": ["1", "2"],
        "date": ["2024-01-01"] * 2,
        **{name: [1.0, 2.0] for name in names},
    }
    guesses = sniff(pa.table(source)).guesses
    assert (guesses["customer_id"].expression, guesses["amount"].expression) == ("手机", amount)


@pytest.mark.parametrize(
    ("columns", "ours", "expected"),
    [
        # a number of a customer in any language before a bare noun in another
        ({"Cliente": ["Rossi"], "Cod. cliente": ["7"]}, "customer_id", "Cod. cliente"),
        ({"客户地址": ["北京"], "下单帐号": ["jd1"]}, "customer_id", "下单帐号"),
        ({"會員編號": ["M1"], "訂單金額": ["5"]}, "customer_id", "會員編號"),
        ({"Mobile No": ["98001"], "Customer Name": ["Mr Rao"]}, "customer_id", "Mobile No"),
        ({"k": ["1"], "Totaal incl. btw": ["5"]}, "amount", "Totaal incl. btw"),
    ],
)
def test_names_of_many_places(columns, ours, expected):
    found = sniff(pa.table({**columns, "Date": ["2024-01-01"]}))
    assert found.guesses[ours].expression == expected


def test_pieces_are_no_money():
    lines = {"CUSTOMER_ID": [f"c{n % 5}" for n in range(30)], "DATE": ["2024-01-01"] * 30,
             "AMOUNT": [str(1 + n % 3) for n in range(30)],
             "SALES_PRICE": [str(40 + n) for n in range(30)]}  # fmt: skip
    assert sniff(pa.table(lines)).guesses["amount"].expression == "SALES_PRICE"


@pytest.mark.parametrize(
    ("name", "sale", "other", "setting"),
    [
        ("type", "sale", "refund", ("amount", "CASE WHEN type IN ('refund') THEN -(total)")),
        ("Event Type", "Payment", "Refund", ("amount", 'CASE WHEN "Event Type" IN (')),
        ("Vorgang", "Verkauf", "Retoure", ("amount", "CASE WHEN Vorgang IN ('Retoure')")),
        ("S/H", "S", "H", ("amount", 'CASE WHEN "S/H" IN')),
        ("Debit/Credit", "C", "D", ("amount", 'CASE WHEN "Debit/Credit" IN')),
        ("收/支", "收入", "支出", ("filter", "coalesce(\"收/支\", '') NOT IN ('支出')")),
    ],
)
def test_money_that_went_back_is_told_where_only_a_word_says_so(name, sale, other, setting):
    rows = {
        "customer_id": [f"k{i % 9}" for i in range(40)],
        "date": "2024-01-02",
        "total": [i + 1.5 for i in range(40)],
        name: [sale if i % 4 else other for i in range(40)],
    }
    found = sniff(pd.DataFrame(rows))
    assert any(o.key == setting[0] and o.written.startswith(setting[1]) for o in found.offers)
    assert any(f"calls 10 rows {other}" in str(note) for note in found.notes)
    rows["total"] = [t if i % 4 else -t for i, t in enumerate(rows["total"])]
    signed = sniff(pd.DataFrame(rows))
    if setting[0] == "amount":
        assert not signed.offers, "the amounts bear their signs"
    else:  # what was spent is nobody's refund
        assert any(
            "negative (-" in n and "they count as refunds" in n for n in map(str, signed.notes)
        )


def test_a_word_for_most_of_the_rows_is_no_refund():
    kinds = ["Gutschrift"] * 30 + ["Lastschrift"] * 3
    rows = {"Kunde": ["a"] * 33, "Datum": "2024-01-02", "Betrag": 2.5, "not": "not refunded"}
    (offer,) = sniff(pd.DataFrame({**rows, "Text": kinds})).offers
    assert offer.written == "coalesce(Text, '') NOT IN ('Lastschrift')"


def test_numbers_of_orders_that_restart_hold_no_lines_together():
    rows = {"receipt_no": [1, 2, 3] * 20, "customer_id": [f"k{i % 11}" for i in range(60)]}
    found = sniff(pd.DataFrame({**rows, "date": "2024-01-02", "total": 2.5}))
    assert "order_id" not in found.guesses
    assert any("3 of the 3 values of receipt_no" in str(note) for note in found.notes)
    own = {"receipt_no": [i // 2 for i in range(60)]}
    own |= {"customer_id": [f"k{i // 4}" for i in range(60)]}
    assert "order_id" in sniff(pd.DataFrame({**own, "date": "2024-01-02", "total": 2.5})).guesses


def test_a_structure_is_no_identifier():
    rows = [{"customer": "a", "date": "2024-01-01", "amount": 9.5, "receipt": {"email": "a@x.com"}}]
    found = sniff(pa.Table.from_pylist(rows))
    assert set(found.guesses) == {"customer_id", "timestamp", "amount"}


def bought(days, who=("a", "b", "c")):
    rows = {"customer": [who[i % len(who)] for i in range(len(days))], "date": days}
    return sniff(pd.DataFrame({**rows, "total": 2.5}))


@pytest.mark.parametrize(("stray", "rows"), [("9999-12-31", 1), ("2204-03-01", 4)])
def test_a_few_days_long_after_all_others_are_not_the_newest(stray, rows):
    usual = [f"2024-{1 + i % 12:02d}-{1 + i % 28:02d}" for i in range(400)]
    found = bought([*usual, *[stray] * rows])
    assert found.last_day == bought(usual).last_day
    (note,) = (str(note) for note in found.notes if stray in str(note))
    assert note.startswith(f"{rows} row")


def test_a_shop_that_was_closed_for_a_year_is_not_cut_short():
    days = ["2022-01-05"] * 50 + ["2024-01-05"] * 5
    assert str(bought(days).last_day) == "2024-01-05"
    assert str(bought(["0202-01-05", *days]).last_day) == "2024-01-05"


def test_years_of_the_buddhist_era_become_ours_leap_days_too():
    found = bought(["13/01/2566", "29/02/2567", *["05/11/2566"] * 8])
    assert (str(found.first_day), str(found.last_day)) == ("2023-01-13", "2024-02-29")
    assert any("Buddhist era (13/01/2566)" in str(note) for note in found.notes)


def test_one_number_written_in_two_ways_is_told():
    two, other = ("+49 171 0001 55", "0171 000155"), ("100000000123", "200000000123")
    (note,) = (str(n) for n in bought(["2024-01-05"] * 6, two).notes if "same number" in str(n))
    assert "2 spellings of 1" in note
    assert not any("same number" in str(n) for n in bought(["2024-01-05"] * 6, other).notes)
