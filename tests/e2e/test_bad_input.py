"""Bad input: one line without a trace, the right exit code, nothing half-written."""

import random

import pytest

JOB = """\
name: shop
as_of: 2011-12-09
data:
  transactions:
    source: {source}
{more}"""


def orders(n=60, header="customer_id,timestamp,amount"):
    """A shop in good health: some thirty customers, ten of whom come back."""
    chance = random.Random(7)
    lines = [header]
    for customer in range(30):
        for _ in range(1 + 3 * (customer % 3 == 0)):
            day = f"2011-{chance.randint(1, 11):02d}-{chance.randint(1, 28):02d}"
            lines.append(f"c{customer},{day},{chance.randint(5, 90)}")
    return "\n".join(lines[: n + 1]) + "\n"


CASES = {
    # name: (orders.csv or None, more YAML, words of the message, exit code)
    "a missing file": (None, "", "orders.csv", 3),
    "a wrong column": (orders(header="customer_id,when,amount"), "", "timestamp", 3),
    "a mapped column that is not there": (
        orders(),
        "    columns: {amount: totl}\n",
        "totl",
        3,
    ),
    "an empty file": ("", "", "orders.csv", 3),
    "an empty table": ("customer_id,timestamp,amount\n", "", "no rows", 3),
    "one customer": ("customer_id,timestamp,amount\na,2011-01-01,5\n", "", "customer", 3),
    "unparsable dates": (
        "customer_id,timestamp,amount\n" + "a,someday,5\n" * 5,
        "",
        "timestamp",
        3,
    ),
    "amounts that are no numbers": (
        "customer_id,timestamp,amount\n" + "a,2011-01-01,nan\n" * 5,
        "",
        "amount",
        3,
    ),
    "mixed currencies": (
        "customer_id,timestamp,amount,currency\n" + "a,2011-01-01,5,EUR\nb,2011-01-02,5,USD\n" * 20,
        "",
        "currency",
        3,
    ),
    "everything after as_of": (orders().replace("2011-", "2012-"), "", "2011-12-09", 3),
    "a filter that is no SQL": (orders(), "    filter: 'amount >>> 3 ('\n", "filter", 3),
    "a filter that leaves nothing": (orders(), "    filter: amount < 0\n", "no rows", 3),
    "a misspelt key": (orders(), "horizn_days: 3\n", "did you mean 'horizon_days'", 2),
    "a negative horizon": (orders(), "horizon_days: -3\n", "horizon_days", 2),
    "a limitless win-back list": (
        orders(),
        "lists: {win_back: {budget: null}}\n",
        "`budget: 250`",
        2,
    ),
    "an unset variable": (orders(), "currency: ${NOT_SET_ANYWHERE}\n", "NOT_SET_ANYWHERE", 2),
    "no YAML": (orders(), "[", "not valid YAML", 2),
    "an unreachable MLflow server": (
        orders(),
        "tracking: {uri: 'http://127.0.0.1:9'}\n",
        "127.0.0.1:9",
        1,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_one_line_and_the_right_code(desk, name):
    csv, more, words, code = CASES[name]
    if csv is not None:
        desk.write("orders.csv", csv)
    desk.write("shop.yaml", JOB.format(source="orders.csv", more=more))
    done = desk.winback("run", "shop.yaml", "--quiet")
    assert_refused(done, words, code)
    assert_nothing_half_written(desk)


def assert_refused(done, words, code):
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode == code, done.stderr
    assert last.startswith("winback: "), done.stderr
    assert words in last
    assert "Traceback" not in done.stderr


def assert_nothing_half_written(desk):
    out = desk.folder / "outputs" / "shop"
    left = {p.name for p in out.iterdir()} if out.exists() else set()
    of_the_set = {".published", "current", "manifest.json"}
    assert left in ({".lock"}, {".lock", "rejected.parquet", *of_the_set}, set()), left


def test_noise_instead_of_parquet(desk):
    (desk.folder / "orders.parquet").write_bytes(random.Random(1).randbytes(4096))
    desk.write("shop.yaml", JOB.format(source="orders.parquet", more=""))
    assert_refused(desk.winback("run", "shop.yaml"), "orders.parquet", 3)
    assert_nothing_half_written(desk)


def test_an_unreachable_database_keeps_its_password(desk):
    source = "postgresql://bot:${SHOP_PASSWORD}@127.0.0.1:9/shop\n    table: orders"
    desk.write("shop.yaml", JOB.format(source=source, more=""))
    done = desk.winback("validate", "shop.yaml", env={"SHOP_PASSWORD": "s3cr3t-word"})
    assert_refused(done, "127.0.0.1", 3)
    assert "s3cr3t-word" not in done.stderr + done.stdout


def test_an_unwritable_output(desk):
    desk.write("orders.csv", orders())
    desk.write("shop.yaml", JOB.format(source="orders.csv", more=""))
    desk.write("taken", "a file, not a folder")
    done = desk.winback("run", "shop.yaml", "--out", "taken")
    assert_refused(done, "taken", 1)


def test_steps_out_of_order_name_the_step_to_run(desk):
    desk.write("orders.csv", orders())
    desk.write("shop.yaml", JOB.format(source="orders.csv", more=""))
    assert_refused(desk.winback("score", "shop.yaml"), "shop-value", 1)
    assert_refused(desk.winback("lists", "shop.yaml"), "winback score shop.yaml", 2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "nowhere.yaml"], "nowhere.yaml"),
        (["run", "shop.yaml", "--as-of", "tomorrow"], "YYYY-MM-DD"),
        (["init", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_wrong_arguments(desk, arguments, words):
    desk.write("shop.yaml", JOB.format(source="orders.csv", more=""))
    done = desk.winback(*arguments)
    assert done.returncode in {2, 3}
    assert words in done.stderr
    assert "Traceback" not in done.stderr
