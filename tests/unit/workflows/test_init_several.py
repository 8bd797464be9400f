"""Several tables become one job: keys found, nothing counted twice, permissions kept."""

import duckdb
import pytest

from winback.config.loaded import load_job
from winback.data.events import read_table
from winback.data.intake import read_transactions
from winback.errors import DataError
from winback.workflows.init import init

LINES = "order_id,quantity,unit_price\n" + "".join(f"{i // 2},2,{i}.50\n" for i in range(2, 82))
ORDERS = "id,customer_no,order_date\n" + "".join(
    f"{i},k{i % 7},2024-01-{1 + i % 28:02}\n" for i in range(1, 41)
)
TOTAL = sum(2 * (i + 0.5) for i in range(2, 82))


def files(tmp_path, **texts):
    for name, text in texts.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return [str(tmp_path / f"{name}.csv") for name in texts]


def read_by(job):
    loaded = load_job(job)
    given = loaded.job.data.transactions
    return read_transactions(
        loaded.resolve_all(given.source),
        table=given.table,
        query=given.query,
        columns=given.columns,
        filter=given.filter,
    )


def total(read):
    return pytest.approx(read.table.amount.sum().to_pyarrow().as_py())


def test_lines_are_joined_to_their_orders_and_none_is_counted_twice(tmp_path):
    begun = init(files(tmp_path, orders=ORDERS, lines=LINES), tmp_path / "job.yaml")
    read = read_by(tmp_path / "job.yaml")
    assert (read.counts.accepted, read.counts.customers) == (80, 7)
    assert total(read) == TOTAL
    notes = " ".join(map(str, begun.notes))
    assert "80 of 80 rows of lines find one, 40 of 40 rows of orders are found" in notes
    assert "no row is multiplied" in notes


def test_an_order_that_bears_its_total_is_read_alone(tmp_path):
    orders = "order_id,customer,date,total\n" + "".join(
        f"{i},k{i % 7},2024-01-{1 + i % 28:02},{4 * i + 1}\n" for i in range(1, 41)
    )
    begun = init(files(tmp_path, orders=orders, lines=LINES), tmp_path / "job.yaml")
    read = read_by(tmp_path / "job.yaml")
    assert load_job(tmp_path / "job.yaml").job.data.transactions.query is None
    assert total(read) == sum(4 * i + 1 for i in range(1, 41))
    assert "is not added, beside total of orders" in " ".join(map(str, begun.notes))


def olist(tmp_path):
    orders = "order_id,customer_id,order_status,order_purchase_timestamp\n"
    customers, payments = "customer_id,customer_unique_id\n", "order_id,payment_value\n"
    for i in range(40):
        orders += (
            f"o{i},c{i},{'canceled' if i == 3 else 'delivered'},2024-01-0{1 + i % 9} 10:00:00\n"
        )
        customers += f"c{i},u{i % 15}\n"
        payments += f"o{i},{i}.25\n" * (2 if i == 5 else 1)
    return files(tmp_path, orders=orders, customers=customers, payments=payments)


def test_the_customer_is_found_two_tables_away(tmp_path):
    begun = init(olist(tmp_path), tmp_path / "job.yaml")
    read = read_by(tmp_path / "job.yaml")
    assert (read.counts.accepted, read.counts.customers) == (41, 15)
    assert total(read) == sum(i + 0.25 for i in range(40)) + 5.25
    notes = " ".join(map(str, begun.notes))
    assert "every one of the 40 values of customer_id has one order only ('c0')" in notes
    assert "filter: order_status NOT IN ('canceled')" in notes


def test_a_folder_is_the_tables_in_it(tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    olist(folder)
    (folder / "payments.csv").rename(folder / "payments_1.csv")
    (folder / "payments_2.csv").write_text("order_id,payment_value\no1,100\n", encoding="utf-8")
    init(str(folder), tmp_path / "job.yaml")
    source = load_job(tmp_path / "job.yaml").job.data.transactions.source
    assert source["payments"] == "shop/payments_*"
    assert total(read_by(tmp_path / "job.yaml")) == sum(i + 0.25 for i in range(40)) + 105.25


def test_a_schema_is_the_tables_in_it(tmp_path):
    paths = files(tmp_path, orders=ORDERS, lines=LINES)
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as database:
        database.execute(
            'CREATE SCHEMA raw; CREATE TABLE raw."Order" AS FROM read_csv(?)', paths[:1]
        )
        database.execute("CREATE TABLE raw.lines AS FROM read_csv(?)", paths[1:])
    init(f"duckdb:///{tmp_path}/shop.duckdb", tmp_path / "job.yaml", schema="raw")
    read = read_by(tmp_path / "job.yaml")
    assert (read.counts.accepted, total(read)) == (80, TOTAL)


def test_customers_contacts_and_events_are_read_beside_the_purchases(tmp_path):
    people = "customer_no,opt_out\n" + "".join(f"k{i},{'yes' if i else 'no'}\n" for i in range(7))
    mail = "customer_no,date,channel,variant\nk1,2024-01-02,email,Holdout\n"
    visits = "customer_no,time,event\nk1,2024-01-02,visit\n"
    begun = init(
        files(tmp_path, orders=ORDERS, lines=LINES, crm=people, mail=mail, visits=visits),
        tmp_path / "job.yaml",
    )
    data = load_job(tmp_path / "job.yaml").job.data
    assert data.customers.columns == {"customer_id": "customer_no", "opt_out": "opt_out"}
    assert data.contacts.columns["arm"] == "variant"
    assert data.events.source == "visits.csv"
    assert "customers: 7 of the 7 customers in it have bought" in begun.read


def test_permissions_of_nobody_are_refused_and_mended_by_a_column(tmp_path):
    orders = "customer_id,date,total\n" + "".join(f"{i:04},2024-01-02,5\n" for i in range(1, 40))
    people = "customer_id,opt_out\n" + "".join(f"{i},yes\n" for i in range(1, 40))
    paths = files(tmp_path, orders=orders, crm=people)
    with pytest.raises(DataError, match="39 of 39 match after removing leading zeros") as refused:
        init(paths, tmp_path / "job.yaml")
    assert not (tmp_path / "job.yaml").exists()
    advised = str(refused.value).partition("`customer_id: ")[2].partition("`")[0]
    advised = advised.replace("YOUR_COLUMN", "customer_id")
    mended = {"customer_id": advised, "customers.customer_id": advised}
    notes = init(paths, tmp_path / "job.yaml", mended).read
    assert "customers: 39 of the 39 customers in it have bought" in notes


def test_one_table_that_is_no_purchases_is_refused_by_name(tmp_path):
    mail = "customer_id,timestamp,channel,arm\n" + "a,2024-01-02,email,control\n" * 3
    with pytest.raises(DataError, match=r"look like contacts.*winback init ORDERS\.csv"):
        init(files(tmp_path, mail=mail), tmp_path / "job.yaml")


def test_nothing_is_written_where_the_job_would_not_run(tmp_path):
    rounded = "customer_id,date,total\n" + "8.61E+12,2024-01-02,5\n" * 20
    with pytest.raises(DataError, match="a spreadsheet has rounded"):
        init(files(tmp_path, orders=rounded), tmp_path / "job.yaml")
    assert not list(tmp_path.glob("*.yaml"))


def test_a_password_is_kept_out_of_the_job(tmp_path, monkeypatch):
    monkeypatch.delenv("WINBACK_DATABASE", raising=False)
    paths = files(tmp_path, orders=ORDERS, lines=LINES)
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as database:
        for name, path in zip(("orders", "lines"), paths, strict=True):
            database.execute(f"CREATE TABLE {name} AS FROM read_csv(?)", [path])
    url = f"duckdb:///{tmp_path}/shop.duckdb?password=s3cr3t-word"
    begun = init(url, tmp_path / "job.yaml")
    assert "s3cr3t" not in (tmp_path / "job.yaml").read_text(encoding="utf-8")
    assert "export WINBACK_DATABASE=URL" in " ".join(map(str, begun.notes))


def test_who_has_not_said_yes_is_left_alone(tmp_path):
    """A column of consent is the contrary of an opt-out, and silence is no consent."""
    said = ["yes", "no", "", "Yes", "perhaps", "1", "TRUE"]
    people = "customer_no,Accepts Email Marketing\n"
    people += "".join(f"k{i},{word}\n" for i, word in enumerate(said))
    begun = init(files(tmp_path, orders=ORDERS, lines=LINES, crm=people), tmp_path / "job.yaml")
    settings = load_job(tmp_path / "job.yaml").job.data.customers
    assert settings.columns["opt_out"] == 'no_consent("Accepts Email Marketing")'
    read = read_table("customers", str(tmp_path / "crm.csv"), columns=settings.columns).table
    alone = read.filter(read.opt_out).customer_id.to_pyarrow().to_pylist()
    assert sorted(alone) == ["k1", "k2", "k4"]
    told = "yes in 4 of 7 rows, nothing in 1, no in 2 ('no' and the like)"
    assert told in " ".join(map(str, begun.notes))


def test_consent_among_the_purchases_is_named(tmp_path):
    orders = "user,date,total,允许推送\n" + "a,2024-01-02,5,是\n" * 3
    begun = init(files(tmp_path, orders=orders), tmp_path / "job.yaml")
    assert any("允许推送 says who may be contacted" in str(note) for note in begun.notes)


@pytest.mark.parametrize(
    ("header", "no", "yes"),
    [
        ("do_not_email", "Y", "N"),
        ("account_owner,opt_out", "ann,yes", "ann,no"),
        ("unsubscribed_at", "2023-05-01", ""),
        ("Opt_Out_Date", "2023-05-01", ""),
        ("email,status", "x@y.com,unsubscribed", "z@y.com,subscribed"),
        ("Marketing Permission", "0", "1"),
        ("是否接受营销", "否", "是"),
        ("メルマガ配信", "希望しない", "希望する"),
        ("RGPD consentement", "non", "oui"),
        ("Total spent,Accepts Email Marketing", "9.50,no", "8.50,yes"),
    ],
)
def test_who_is_not_to_be_contacted_is_left_alone_whatever_says_so(tmp_path, header, no, yes):
    orders = "customer_id,order_date,amount\n" + "".join(
        f"k{i % 20},2024-01-{1 + i % 28:02},{i}.50\n" for i in range(1, 81)
    )
    people = f"customer_id,{header}\n" + "".join(
        f"k{i},{no if i % 3 else yes}\n" for i in range(20)
    )
    init(files(tmp_path, orders=orders, people=people), tmp_path / "job.yaml")
    loaded = load_job(tmp_path / "job.yaml")
    given = loaded.job.data.customers
    read = read_table("customers", loaded.resolve_all(given.source), columns=given.columns)
    told = {row["customer_id"]: row["opt_out"] for row in read.table.to_pyarrow().to_pylist()}
    assert [bool(told[f"k{i}"]) for i in range(20)] == [i % 3 > 0 for i in range(20)]


def test_a_table_that_nothing_reads_is_told_with_what_to_do(tmp_path):
    orders = "customer_id,order_date,amount\nk1,2024-01-01,1.50\nk2,2024-01-02,2.50\n"
    people = "Ref,do_not_email\nk1,Y\nk2,N\n"
    begun = init(files(tmp_path, orders=orders, people=people), tmp_path / "job.yaml")
    notes = " ".join(map(str, begun.notes))
    assert "people is not read, although do_not_email says" in notes
    assert "customer_id: YOUR_COLUMN, opt_out: do_not_email" in notes


@pytest.mark.parametrize("name", ["Blacklisted", "Keine Werbung", "黑名单"])
def test_who_is_on_a_black_list_is_left_alone_whatever_a_consent_says(tmp_path, name):
    people = f"customer_no,Contactable by email,{name}\n" + "".join(
        f"k{i},1,{'1' if i < 3 else '0'}\n" for i in range(7)
    )
    init(files(tmp_path, orders=ORDERS, lines=LINES, crm=people), tmp_path / "job.yaml")
    settings = load_job(tmp_path / "job.yaml").job.data.customers
    table = read_table("customers", str(tmp_path / "crm.csv"), columns=settings.columns).table
    assert table.filter(table.opt_out).to_pyarrow().num_rows == 3


@pytest.mark.parametrize(
    ("header", "no", "unsaid", "yes"),
    [
        ("会员号,营销短信", "拒绝", "未知", "同意"),
        ("KdNr,Kontakt erwünscht", "nein", "k.A.", "ja"),
        ("email,Newsletter Status", "bounced", "unconfirmed", "active"),
    ],
)
def test_what_is_neither_yes_nor_no_is_no_consent(tmp_path, header, no, unsaid, yes):
    buyer = header.partition(",")[0]
    orders = [f"{buyer},date,total", *(f"7{n}@x.org,2024-01-0{n + 1},9" for n in range(3))]
    said = [header, *(f"7{n}@x.org,{word}" for n, word in enumerate([no, unsaid, yes]))]
    files = {"orders": orders, "people": said}
    for name, lines in files.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")
    init([str(tmp_path / f"{name}.csv") for name in files], tmp_path / "job.yaml")
    table = load_job(tmp_path / "job.yaml").job.data.customers
    assert table.columns["opt_out"].startswith("no_consent(")
    read = read_table("customers", str(tmp_path / table.source), columns=table.columns).table
    assert read.order_by("customer_id").opt_out.to_pyarrow().to_pylist() == [True, True, False]


@pytest.mark.parametrize("name", ["unsubscribed", "退订名单", "opt-outs"])
def test_a_list_whose_name_says_so_holds_those_who_are_left_alone(tmp_path, name):
    orders, listed = tmp_path / "orders.csv", tmp_path / f"{name}.csv"
    orders.write_text("email,date,total\na@x.org,2024-01-01,9\nb@x.org,2024-01-02,9\n", "utf-8")
    listed.write_text("email\na@x.org\n", "utf-8")
    begun = init([str(orders), str(listed)], tmp_path / "job.yaml")
    table = load_job(tmp_path / "job.yaml").job.data.customers
    assert table.columns["opt_out"] == "true"
    read = read_table("customers", str(tmp_path / table.source), columns=table.columns).table
    assert read.opt_out.to_pyarrow().to_pylist() == [True]
    assert "by its name: everybody in it is (1 row" in " ".join(map(str, begun.notes))


def test_a_mail_with_its_arms_is_no_part_of_the_purchases(tmp_path):
    orders, mail = tmp_path / "orders.csv", tmp_path / "mailing.csv"
    orders.write_text("email,date,total\na@x.org,2024-01-01,9\nb@x.org,2024-03-02,9\n", "utf-8")
    mail.write_text(
        "email,send_date,channel,test_cell\na@x.org,2024-02-01,email,T\n"
        "b@x.org,2024-02-01,email,C\n",
        "utf-8",
    )
    begun = init([str(orders), str(mail)], tmp_path / "job.yaml")
    job = load_job(tmp_path / "job.yaml")
    assert "channel" not in begun.sniffed.guesses
    contacts = job.job.data.contacts
    assert contacts.columns["arm"] == "test_cell"
    read = read_table("contacts", str(tmp_path / contacts.source), columns=contacts.columns).table
    assert read.order_by("customer_id").arm.to_pyarrow().to_pylist() == ["treated", "control"]
