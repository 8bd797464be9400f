"""Kinds of files that shops have, written small: read right, or told."""

import gzip
import json

import pytest
import xlsxwriter

from winback.config.loaded import load_job
from winback.data.events import read_table
from winback.errors import DataError
from winback.workflows.init import init


def written(tmp_path, lines, *, name="orders.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes("\r\n".join([*lines, ""]).encode(encoding))
    return init(str(path), tmp_path / "job.yaml")


def rows(pattern, n=24):
    return [pattern.format(n=n, c=n % 7, day=1 + n % 28) for n in range(n)]


@pytest.mark.parametrize(
    ("header", "state"),
    [
        ("Nr zamówienia;Login kupującego;Data zamówienia;Kwota;Status zamówienia", "Anulowane"),
        ("No. Pesanan;Username (Pembeli);Waktu Pesanan Dibuat;Total;Status Pesanan", "Batal"),
        ("Order;Customer ID;Date;Total;Where it stands", "Cancelled"),
    ],
)
def test_states_are_told_wherever_the_name_says_so_and_by_their_cells(tmp_path, header, state):
    lines = rows("{n};k{c};2024-01-{day:02};9.50;done")
    lines[3] = lines[3].replace("done", state)
    begun = written(tmp_path, [header, *lines])
    assert f"{state} (1)" in " ".join(map(str, begun.notes))
    assert begun.sniffed.offers[0].written.endswith(f"NOT IN ('{state}')")


@pytest.mark.parametrize(
    ("encoding", "header", "cell"),
    [
        ("cp1252", "Ordrenr.;Kundenr.;Ordredato;Beløb", "12,50"),
        ("cp1252", "Ordernr;Kundnummer;Orderdatum;Belopp;Namn", "12,50;Åsa"),
        ("cp1250", "Nr zamówienia;Login kupującego;Data zamówienia;Kwota;Imię", "12,50;Łucja"),
        ("cp1251", "Номер заказа;Код клиента;Дата заказа;Сумма заказа;ФИО", "12,50;Анна"),
    ],
)
def test_names_of_columns_tell_the_encoding(tmp_path, encoding, header, cell):
    lines = [f"{row};{cell}" for row in rows("{n};k{c};{day:02}.01.2024")]
    begun = written(tmp_path, [header, *lines], encoding=encoding)
    names = header.split(";")
    assert [begun.sniffed.guesses[n].expression for n in ("order_id", "customer_id")] == names[:2]
    assert begun.sniffed.guesses["amount"].expression == f"money({names[3]}, ',')".replace(
        "(Сумма заказа", '("Сумма заказа"'
    )
    assert "24 of 24 rows accepted: 7 customers" in begun.read


def test_each_cell_of_a_bill_may_begin_with_a_tick(tmp_path):
    lines = rows("`2024-01-{day:02} 10:00:00,`T{n},`oUp{c},`SUCCESS,`12.50")
    bill = [
        "交易时间,商户订单号,用户标识,交易状态,订单金额",
        *lines,
        "总交易单数,总额",
        "`24,`300.00",
    ]
    begun = written(tmp_path, bill)
    assert "24 of 26 rows accepted: 7 customers" in begun.read
    assert "add up to 300.00" in begun.read


def test_a_line_break_within_a_name_loses_no_rows(tmp_path):
    header = 'Customer ID,"Order\ndate",Total'  # the lines end in CR LF, the break is LF alone
    begun = written(tmp_path, [header, *rows("k{c},2024-01-{day:02},9.50")])
    assert "24 of 24 rows accepted" in begun.read


@pytest.mark.parametrize("half", ["p. m.", "p.\u00a0m.", "p.m.", "PM"])
def test_halves_of_days_may_be_written_with_a_blank(tmp_path, half):
    lines = rows("{n};{c};{day:02}/01/2024 02:30:00 " + half + ";9,50")
    begun = written(tmp_path, ["Pedido;Cédula;Fecha;Valor total", *lines])
    assert begun.sniffed.guesses["customer_id"].expression == "Cédula"
    assert "14:30" in begun.sniffed.examples["timestamp"][0]


def test_a_year_of_two_digits_behind_a_month_in_words_is_this_century(tmp_path):
    lines = rows("{n},b{c},Jan-{day:02}-23,$9.50")
    begun = written(tmp_path, ["Order Number,Buyer Username,Sale Date,Total Price", *lines])
    assert begun.sniffed.last_day.year == 2023


def test_seconds_in_a_column_named_created_are_times_and_whole_amounts_may_be_cents(tmp_path):
    path = tmp_path / "charges.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for n in range(24):
            charge = {"created": 1704103200 + 86400 * n, "amount": 1999 + 50 * n}
            file.write(json.dumps(charge | {"customer": f"cus_{n % 7}", "currency": "eur"}) + "\n")
    begun = init(str(path), tmp_path / "job.yaml")
    assert str(begun.sniffed.last_day) == "2024-01-24"
    assert "if they are hundredths" in " ".join(map(str, begun.notes))
    assert "# amount: amount / 100" in (tmp_path / "job.yaml").read_text(encoding="utf-8")


def test_whole_amounts_of_a_currency_without_coins_are_no_cents(tmp_path):
    lines = rows("{n},k{c},2024-01-{day:02},16{n:02}4,JPY")
    begun = written(tmp_path, ["Order ID,Customer ID,Date,Total,Currency", *lines])
    assert "hundredths" not in " ".join(map(str, begun.notes))


def test_what_stands_within_structures_of_json_is_a_column(tmp_path):
    path = tmp_path / "orders.jsonl"
    records = [
        {
            "customer": {"id": n % 7, "at": {"city": "Ulm"}},
            "created_at": f"2024-01-{1 + n:02}T10:00:00Z",
            "total_price": "9.50",
        }
        for n in range(24)
    ]
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    begun = init(str(path), tmp_path / "job.yaml")
    assert begun.sniffed.guesses["customer_id"].expression == "customer.id"
    assert "customer.at.city" in begun.sniffed.columns
    assert "24 of 24 rows accepted: 7 customers" in begun.read


def workbook(path, **sheets):
    book = xlsxwriter.Workbook(str(path))
    for name, table in sheets.items():
        sheet = book.add_worksheet(name)
        for n, row in enumerate(table):
            sheet.write_row(n, 0, row)
    book.close()


def test_each_sheet_of_a_workbook_is_a_table(tmp_path):
    orders = [["Order ID", "Customer ID", "Order Date", "Total"]]
    orders += [[n, f"k{n % 7}", f"2024-01-{1 + n % 28:02}", 9.5] for n in range(24)]
    people = [
        ["Customer ID", "Do not contact"],
        *([f"k{n}", "yes" if n < 2 else ""] for n in range(7)),
    ]
    workbook(tmp_path / "shop.xlsx", Cover=[["The shop"]], Orders=orders, People=people)
    begun = init(str(tmp_path / "shop.xlsx"), tmp_path / "job.yaml")
    loaded = load_job(tmp_path / "job.yaml")
    assert loaded.job.data.transactions.source.endswith("shop.xlsx#Orders")
    assert "customers: 7 of the 7 customers in it have bought" in begun.read
    one = init(str(tmp_path / "shop.xlsx#Orders"), tmp_path / "one.yaml")
    assert "24 of 24 rows accepted: 7 customers" in one.read
    with pytest.raises(DataError, match=r"no such table.*shop.xlsx#Orders: Order ID"):
        init(str(tmp_path / "shop.xlsx#Ordres"), tmp_path / "two.yaml")


def job_of(tmp_path, people):
    orders = ["customer_id,date,total", *rows("k{c},2024-01-{day:02},9.50")]
    (tmp_path / "orders.csv").write_text("\n".join(orders), encoding="utf-8")
    (tmp_path / "people.csv").write_text("\n".join(people), encoding="utf-8")
    files = [str(tmp_path / f"{name}.csv") for name in ("orders", "people")]
    begun = init(files, tmp_path / "job.yaml")
    loaded = load_job(tmp_path / "job.yaml")
    given = loaded.job.data.customers
    table = read_table("customers", str(tmp_path / "people.csv"), columns=given.columns)
    people = table.table.select("customer_id", "opt_out").to_pyarrow().to_pylist()
    return " ".join(map(str, begun.notes)), {p["customer_id"] for p in people if p["opt_out"]}


def test_whoever_one_of_several_columns_names_is_left_alone(tmp_path):
    people = ["customer_id,email_opt_out,do_not_call,unsubscribed_at,newsletter"]
    people += ["k0,1,0,,yes", "k1,0,1,,yes", "k2,0,0,2024-01-01,yes", "k3,0,0,,yes", "k4,0,0,,no"]
    notes, alone = job_of(tmp_path, people)
    assert alone == {"k0", "k1", "k2", "k4"}
    assert "whoever one of them names is; to go by one alone, opt_out: email_opt_out" in notes


def test_the_day_of_a_consent_is_a_yes(tmp_path):
    people = ["customer_id,opt_in_date", "k0,2023-05-01", "k1,", "k2,12.03.2023", "k3,no"]
    people += [f"k{n},2022-01-01" for n in range(4, 9)]
    notes, alone = job_of(tmp_path, people)
    assert alone == {"k1", "k3"}
    assert "opt_in_date of people says who may be contacted: yes in 7 of 9 rows" in notes


def test_pieces_at_a_price_are_no_total_of_an_order(tmp_path):
    lines = [f"{n // 2},k{n % 2},2024-01-01,2,4.75" for n in range(48)]
    begun = written(tmp_path, ["order_id,customer_id,date,qty,unit_price", *lines])
    assert "bear the same" not in " ".join(map(str, begun.notes))


def test_text_that_is_named_as_a_workbook_is_read_and_a_web_page_refused(tmp_path):
    header = "Order ID\tCustomer ID\tOrder Date\tTotal"
    lines = rows("{n}\tk{c}\t2024-01-{day:02}\t9.50")
    begun = written(tmp_path, [header, *lines], name="orders.xls", encoding="utf-16")
    assert "24 of 24 rows accepted: 7 customers" in begun.read
    page = tmp_path / "page.xls"
    page.write_text("<html><table><tr><td>Order ID</td></tr></table></html>", encoding="utf-8")
    with pytest.raises(DataError, match="a web page, whatever its name says"):
        init(str(page), tmp_path / "other.yaml")


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("Fecha de venta", "{day} de enero de 2024 08:52 hs."),
        ("Tanggal Pesanan", "{day} Januari 2024 08.52"),
        ("week", "2024-W0{c}-3"),
    ],
)
def test_a_time_is_found_by_the_beginning_of_its_name_or_by_its_cells(tmp_path, name, cell):
    lines = [row.replace("W00", "W07") for row in rows("{n};k{c};" + cell + ";9,50")]
    begun = written(tmp_path, [f"Order;Customer ID;{name};Total", *lines])
    assert begun.sniffed.guesses["timestamp"].expression == name
    assert "24 of 24 rows accepted" in begun.read


def test_rows_that_were_never_paid_are_left_out_by_a_filter_that_says_so(tmp_path):
    cells = ["2024-01-05 10:00:00", "0000-00-00 00:00:00", "2024-02-25 09:00:00", "NULL"]
    rows = "".join(f"{n},c{n % 3},{cells[n % 4]},{n}.50\n" for n in range(12))
    path = tmp_path / "orders.csv"
    path.write_text(f"order_id,customer_id,paid_at,total\n{rows}", encoding="utf-8")
    begun = init(str(path), tmp_path / "job.yaml")
    assert begun.sniffed.filter == "trim(paid_at) NOT IN ('', '0000-00-00 00:00:00', 'NULL')"
    assert begun.read.startswith("6 of 12 rows accepted: 3 customers, 2024-01-05 to 2024-02-25")


def test_the_last_digits_of_a_telephone_are_no_customer(tmp_path):
    rows = "".join(f"{n},2024-01-{n + 1:02},{n % 5:04},9.50\n" for n in range(20))
    path = tmp_path / "orders.csv"
    path.write_text(f"订单编号,下单时间,用户手机尾号,用户实付\n{rows}", encoding="utf-8")
    with pytest.raises(DataError, match="no column looks like customer_id"):
        init(str(path), tmp_path / "job.yaml")


def test_accents_that_an_export_dropped_or_wrote_apart_are_none(tmp_path):
    rows = "".join(f"{n};k{n % 3};2024-01-0{n + 1};{n},50\n" for n in range(9))
    names = ("cislo objednavky;kod zakaznika;datum objednavky;castka",
             "Nu\u0301mero de orden;Co\u0301digo cliente;Fecha;Importe",
             "SİPARİŞ NO;MÜŞTERİ KODU;TARİH;SATIŞ TUTARI")  # fmt: skip
    for name in names:
        path = tmp_path / "orders.csv"
        path.write_text(f"{name}\n{rows}", encoding="utf-8")
        guesses = init(str(path), tmp_path / "job.yaml").sniffed.guesses
        assert set(guesses) == {"customer_id", "timestamp", "amount", "order_id"}
        (tmp_path / "job.yaml").unlink()


@pytest.mark.parametrize(
    ("name", "state", "lost"),
    [
        ("Statut", "Commande annulée", True),
        ("Estado", "Cancelada por el comprador", True),
        ("Order Status", "AWAITING_PAYMENT", True),
        ("订单状态", "等待买家付款", True),
        ("Financial Status", "partially_refunded", False),
        ("Status", "not cancelled", False),
        ("Status", "无退款", False),
    ],
)
def test_a_state_of_several_words_is_no_sale_by_what_they_begin_with(tmp_path, name, state, lost):
    lines = rows("{n};k{c};2024-01-{day:02};9.50;done")
    lines[3] = lines[3].replace("done", state)
    begun = written(tmp_path, [f"Order;Customer ID;Date;Total;{name}", *lines])
    offered = [offer.written for offer in begun.sniffed.offers]
    assert any(state in only for only in offered) is lost


def test_a_column_that_says_which_sales_were_voided_is_a_filter(tmp_path):
    lines = rows("{n};k{c};2024-01-{day:02};9.50;false")
    lines[3] = lines[3].replace("false", "true")
    begun = written(tmp_path, ["Order;Customer ID;Date;Total;Voided", *lines])
    assert begun.sniffed.offers[0].written == (
        "coalesce(CAST(Voided AS VARCHAR), '') NOT IN ('true')"
    )


@pytest.mark.parametrize("nobody", ["Total", "合计", "Zwischensumme", "Laufkunde", "Cash Customer"])
def test_sums_and_the_people_at_a_till_are_no_customers(tmp_path, nobody):
    lines = rows("{n};k{c};2024-01-{day:02};9.50")
    lines[9] = f";{nobody};2024-01-10;100.00"
    begun = written(tmp_path, ["Order;Customer ID;Date;Total", *lines])
    assert "23 of 24 rows accepted: 7 customers" in begun.read


def test_names_that_stand_again_on_each_page_are_none_of_the_rows(tmp_path):
    header = "Order;Customer ID;Date;Total"
    lines = rows("{n};k{c};2024-01-{day:02};9.50")
    begun = written(tmp_path, [header, *lines[:8], header, *lines[8:16], header, *lines[16:]])
    assert "24 of 26 rows accepted: 7 customers" in begun.read


def test_a_price_without_pieces_is_told(tmp_path):
    lines = rows("{n};k{c};2024-01-{day:02};9.50;2.5")
    begun = written(tmp_path, ["Order;Customer ID;Date;Unit Price;kg", *lines])
    assert "Unit Price is a price" in " ".join(map(str, begun.notes))
    assert "kg (sum 60.00 in 24 rows)" in " ".join(map(str, begun.notes))


def test_a_currency_of_no_row_is_not_that_of_the_amounts(tmp_path):
    lines = rows("{c};2024-01-{day:02};9.50;")
    begun = written(tmp_path, ["Account number;Date;Amount (EUR);Type Foreign Currency", *lines])
    assert "24 of 24 rows accepted" in begun.read
    assert "currency" not in begun.sniffed.guesses


def test_a_number_of_a_document_goes_before_a_name(tmp_path):
    lines = [f"{row};Ada Lopez;DNI 3011{n % 7}" for n, row in enumerate(rows("2024-01-{day:02};9"))]
    header = "Fecha de venta;Total;Comprador;Tipo y número de documento"
    begun = written(tmp_path, [header, *lines])
    assert begun.sniffed.guesses["customer_id"].expression == "Tipo y número de documento"


@pytest.mark.parametrize(
    ("header", "row", "said", "expression"),
    [
        (
            "Customer ID;Payment Date;Total",
            "k{c};{day:02}-Jan-2024 10:20 AM EST;9",
            "10:20 AM EST', and the like in 24 of 24 rows",
            "strptime(regexp_replace(\"Payment Date\", ' [A-Z]{3,4}$', ''), '%d-%b-%Y %I:%M %p')",
        ),
        (
            "Customer ID;Year;Month;Day;Total",
            "k{c};2024;1;{day};9",
            "its year, its month and its day",
            "make_date(CAST(Year AS INT), CAST(Month AS INT), CAST(Day AS INT))",
        ),
    ],
)
def test_a_time_that_is_refused_is_named_and_what_is_proposed_reads_it(
    tmp_path, header, row, said, expression
):
    with pytest.raises(DataError) as refusal:
        written(tmp_path, [header, *rows(row)])
    assert said in str(refusal.value)
    assert expression.replace('"', '\\"') in str(refusal.value)
    begun = init(
        str(tmp_path / "orders.csv"), tmp_path / "job.yaml", columns={"timestamp": expression}
    )
    assert "24 of 24 rows accepted: 7 customers, 2024-01-01 to 2024-01-24" in begun.read


def test_where_another_table_stands_below_the_cell_that_is_no_time_is_shown(tmp_path):
    lines = [*rows("k{c};2024-01-{day:02};9"), ";;", *rows("k{c};Name {c};yes", 7)]
    with pytest.raises(DataError, match="'Name 0', and the like in 7 of 31 rows"):
        written(tmp_path, ["Customer No;Order Date;Total", *lines])
