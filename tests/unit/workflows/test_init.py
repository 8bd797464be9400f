"""The job that `init` writes reads the file that it was written for."""

import datetime as dt
import re

import pytest
import yaml

from winback.config.loaded import load_job
from winback.data.intake import read_transactions
from winback.errors import ConfigError, DataError, UsageError
from winback.messages.catalogue import languages
from winback.workflows.init import init, look, write


def written_for(tmp_path, text):
    """Return what `init` told, the YAML, and the transactions that the job of it reads."""
    orders, to = tmp_path / "orders.csv", tmp_path / "job.yaml"
    orders.write_text(text, encoding="utf-8")
    notes = [str(note) for note in init(str(orders), to).notes]
    job = load_job(to).job
    given = job.data.transactions
    read = read_transactions(orders, columns=given.columns, filter=given.filter, as_of=job.as_of)
    return "\n".join(notes), to.read_text(encoding="utf-8"), read


def test_amounts_with_a_currency_sign_are_told_and_read(tmp_path):
    notes, _, read = written_for(
        tmp_path, 'Customer,Order Date,Total\na,2024-01-02,"$1,234.50"\nb,2024-01-03,$5.00\n'
    )
    assert "Total looks like the amount but its cells are no plain numbers: '$1,234.50'" in notes
    assert sorted(read.table.to_pyarrow()["amount"].to_pylist()) == [5.0, 1234.5]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (("1.200 TL", "85,50 TL"), "TRY"),
        (("R$ 1.200,00", "R$ 85,50"), "BRL"),
        (("88,250원", "1,200원"), "KRW"),
        (("12,50 zł", "9,00 zł"), "PLN"),
        (("$12.50", "$9.00"), None),
        (("€12.50", "£9.00", "€3.00"), "EUR"),  # those in pounds are left out, and it is told
    ],
)
def test_a_sign_of_one_currency_alone_names_it(tmp_path, cells, code):
    rows = "".join(f'{who};2024-01-0{who};"{cell}"\n' for who, cell in enumerate(cells, 1))
    _, yaml, _ = written_for(tmp_path, "Customer;Order Date;Total\n" + rows)
    assert ("# currency: EUR" if code is None else f"\ncurrency: {code}") in yaml


def test_a_date_that_could_be_either_is_written_both_ways(tmp_path):
    notes, yaml, read = written_for(tmp_path, "client,date,montant\na,03/04/2024,5\n")
    assert read.counts.last_day == dt.date(2024, 4, 3)
    assert "      timestamp: strptime(date, '%d/%m/%Y')\n" in yaml
    assert "      # timestamp: strptime(date, '%m/%d/%Y')\n" in yaml
    assert "whether the day or the month comes first: 03/04/2024" in notes


def test_a_file_of_nothing_but_a_header_has_no_rows(tmp_path):
    with pytest.raises(DataError, match="the file has no rows"):
        written_for(tmp_path, "customer,date,amount\n")
    assert not (tmp_path / "job.yaml").exists()


def test_an_older_encoding_is_read_and_what_no_encoding_reads_is_refused(tmp_path):
    orders, to = tmp_path / "latin.csv", tmp_path / "job.yaml"
    lines = ["Kunde;Datum;Betrag", "Müller;31.12.2023;5", *["Kern;30.12.2023;7"] * 30, ""]
    orders.write_text("\n".join(lines), encoding="latin-1")
    assert "31 of 31 rows accepted: 2 customers" in init(str(orders), to).read
    orders.write_bytes(bytes(range(128, 256)) * 40)
    with pytest.raises(DataError):
        init(str(orders), tmp_path / "other.yaml")
    assert not (tmp_path / "other.yaml").exists()


@pytest.mark.parametrize(
    ("text", "filtered", "rows", "note"),
    [
        # as shops export orders of several lines: the total stands in the first one only
        (
            "Name,Email,Paid at,Total\n" + "1,a,2024-01-02,5\n1,a,2024-01-02,\n" * 10,
            "Total IS NOT NULL",
            10,
            "10 of 20 rows have no amount: left out",
        ),
        ("kunde,datum,betrag\na,2024-01-02,5\n,2024-01-03,5\n", "kunde IS NOT NULL", 1,
         "1 of 2 rows has no customer: left out"),
        (
            "order id,user,date,total,status\n"
            + "".join(f"{i // 2},u,2024-01-02,{i // 2},paid\n" for i in range(40))
            + "99,u,2024-01-02,9,cancelled\n",
            None,
            40,  # and the one of amount zero, twice
            "20 orders have several rows that bear the same total: an order's total would be",
        ),
        ("user,date,total,status\na,2024-01-02,9,paid\nb,2024-01-02,9,paid\nc,2024-01-02,9,open\n",
         None, 3, "status is paid (2), open (1); to count some only, filter: status = 'paid'"),
        ("客户编号,下单时间,实付金额,订单状态\na,2024-01-02,9,已付\nb,2024-01-02,9,已付\nc,2024-01-02,9,取消\n",
         None, 3,
         "订单状态 is 已付 (2), 取消 (1); to count some only, filter: 订单状态 NOT IN ('取消')"),
    ],
    ids=["lines without a total", "no customer", "totals once a line", "status", "its Chinese"],
)  # fmt: skip
def test_what_would_be_counted_wrongly_is_told_or_left_out(tmp_path, text, filtered, rows, note):
    notes, yaml, read = written_for(tmp_path, text)
    assert note in notes
    assert (f"    filter: {filtered}\n" in yaml) == (filtered is not None)
    assert read.counts.accepted + read.counts.zero_amounts >= rows


def test_what_a_person_says_is_not_guessed(tmp_path):
    orders, to = tmp_path / "2024.csv", tmp_path / "2024.yaml"
    orders.write_text("a,b,x,customer\n1,20240102,2.5,Ann\n", encoding="utf-8")
    begun = init(str(orders), to, {"customer_id": "a", "timestamp": "b", "amount": "x * 2"})
    assert begun.sniffed.examples == {
        "customer_id": ("1",), "timestamp": ("2024-01-02",), "amount": ("5.0",)
    }  # fmt: skip
    assert load_job(to).job.name == "2024"
    with pytest.raises(ConfigError, match="did you mean customer_id"):
        init(str(orders), tmp_path / "other.yaml", {"customerid": "a"})
    with pytest.raises(DataError, match="nobody"):
        init(str(orders), tmp_path / "other.yaml", {"customer_id": "nobody"})


def test_where_nothing_is_found_the_next_command_is(tmp_path):
    with pytest.raises(DataError, match="--column customer_id=YOUR_COLUMN"):
        written_for(tmp_path, "a,b,x\n1,20240102,2.5\n")


def test_a_sample_begins_a_job_of_its_own(tmp_path):
    init("sample:cdnow-tenth", tmp_path / "job.yaml")
    given = load_job(tmp_path / "job.yaml").job.data.transactions
    assert (given.source, given.zero_amounts) == ("sample:cdnow-tenth", "keep")


@pytest.mark.parametrize(
    ("header", "row", "written"),
    [
        ("user,date,Total (GBP)", "a,2024-01-02,5", "currency: GBP"),
        ("user,date,total", "a,2024-01-02,5.00 €", "currency: EUR"),
        ("user,date,total,currency", "a,2024-01-02,5,CHF", "currency: CHF"),
        ("user,date,total", "a,2024-01-02,$5.00", "# currency: EUR"),  # whose dollar?
        ("user,date,total,currency", "a,2024-01-02,5,CHF\nb,2024-01-02,5,USD", "currency: CHF"),
    ],
)
def test_the_currency_is_written_where_it_is_told(tmp_path, header, row, written):
    orders, to = tmp_path / "orders.csv", tmp_path / "job.yaml"
    orders.write_text(f"{header}\n{row}\n", encoding="utf-8")
    notes = " ".join(map(str, init(str(orders), to).notes))
    assert f"\n{written}\n" in to.read_text(encoding="utf-8")
    assert load_job(to).job.currency == (None if written[0] == "#" else written[-3:])
    assert ("several currencies (CHF in 1 row, USD in 1 row)" in notes) == ("\n" in row)


def test_a_name_of_any_script_is_kept_and_no_job_is_overwritten(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "商城.csv").write_text("client,date,montant\na,2024-01-02,5\n", encoding="utf-8")
    begun = init("商城.csv")
    assert begun.to.name == "商城.yaml"
    assert load_job(begun.to).job.name == "商城"
    with pytest.raises(UsageError, match="such a job already"):
        init("商城.csv")
    begun.to.unlink()
    (tmp_path / "outputs" / "商城").mkdir(parents=True)
    assert "holds results already" in "\n".join(map(str, init("商城.csv").notes))


def test_what_was_understood_is_said_in_a_sentence(tmp_path):
    orders = tmp_path / "lines.csv"
    orders.write_text(
        "order_id,client,date,total\n1,a,2024-01-02,5\n1,a,2024-01-02,7\n"
        "2,b,2024-01-03,-4\n3,b,2024-01-04,9\n"
    )
    said = str(init(str(orders), tmp_path / "lines.yaml").understood)
    assert said.startswith("each row is a line of an order: 4 rows, 3 orders, of 2 customers")
    assert "refunds netted: 1" in said
    assert said.endswith("counted as revenue until you set a margin")


def test_what_somebody_says_of_money_stands_in_the_job(tmp_path):
    orders = tmp_path / "orders.csv"
    orders.write_text("client,date,montant\na,2024-01-02,5\n")
    money = {"currency": "CNY", "margin": 0.35, "contact_cost": 2.5}
    begun = write(look([str(orders)]), tmp_path / "job.yaml", money=money)
    job = load_job(begun.to).job
    assert (job.currency, job.margin, job.lists.churn_warning.contact_cost) == ("CNY", 0.35, 2.5)
    assert "CNY, of which 35% is margin" in str(begun.understood)


def test_an_encoding_that_the_bytes_do_not_tell_is_said(tmp_path):
    path, job = tmp_path / "orders.csv", tmp_path / "job.yaml"
    row = "Muñoz,2024-01-02,5\n".encode("cp1252")
    path.write_bytes(b"customer_id,date,total\n" + row * 3)
    with pytest.raises(DataError, match=r"`encoding: cp1252`; of winback init, --encoding cp1252"):
        init(str(path), job)
    with pytest.raises(ConfigError, match="no such encoding"):
        init(str(path), job, encoding="cp-1252x")
    for encoding, name in {"cp1252": "Muñoz", "cp1250": "Muńoz"}.items():
        job.unlink(missing_ok=True)
        found = init(str(path), job, encoding=encoding)
        assert found.sniffed.examples["customer_id"][0] == name
        assert load_job(job).job.data.transactions.encoding == encoding


def test_a_time_that_cannot_be_read_is_told_with_a_format_that_fits_it(tmp_path):
    text = "customer_id,Order day,total\n" + "k1,2024-01-05 at sea,2\n" * 9
    (tmp_path / "orders.csv").write_text(text)
    with pytest.raises(DataError, match=r"""strptime\(\\"Order day\\", '%Y-%m-%d at"""):
        init([str(tmp_path / "orders.csv")], tmp_path / "job.yaml", {"timestamp": "Order day"})


def test_a_job_is_the_same_in_every_language_but_for_its_comments(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    jobs = {}
    for language in languages():
        begun = init("sample:cdnow-tenth", tmp_path / f"{language}.yaml", language=language)
        text = begun.to.read_text("utf-8")
        assert "@job" not in text
        jobs[language] = {**yaml.safe_load(text), "name": "", "language": ""}
        comments = " ".join(re.findall("# (.+)", text))
        assert bool(re.search("[\u4e00-\u9fff]", comments)) == (language == "zh")
    assert jobs["zh"] == jobs["en"]
