import pytest

from winback.messages import Message, Words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "\N{EN DASH}"),
        (0.0, "0%"),
        (0.0002, "<0.1%"),
        (0.0431, "4.3%"),
        (0.5, "50%"),
        (0.9979, "99.8%"),
        (0.99999, "99.9%"),
        (1.0, "100%"),
        (-0.023, "-2.3%"),
    ],
)
def test_shares(value, text):
    assert Words().share(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "EUR 0.50"),
        (1000, "EUR 1,000"),
        (2_650_000.0, "EUR 2.65 million"),
        (-3.5, "EUR -3.50"),
    ],
)
def test_money(value, text):
    assert Words(currency="EUR").money(value) == text


def test_unknown_names_read_as_words():
    assert Words().label("excluded", "opted_out") == "opted out"


def test_facts_are_written_as_the_placeholder_asks():
    words = Words(currency="EUR")
    ways = {
        "share": 0.5,
        "money": 2.0,
        "metric": 0.12345,
        "count.customer": 1,
        "agree.be": 1,
        ".1f": 2.34,
    }
    texts = [words.written(value, way) for way, value in ways.items()]
    assert texts == ["50%", "EUR 2", "0.123", "1 customer", "is", "2.3"]
    assert words.written(["high", "core", "low"], "tier&") == "high, core and low"
    assert words.written([0.5, Message.of("more")], ".1f;") == "0.5; more"
    assert words.written("mae", "metric") == "MAE"
    assert words.written(None, ".1f") == "\N{EN DASH}"
    assert words.written(["beta_geo", "rate"], "model|") == "BG/NBD or own rate so far"
    assert Words("zh").written(Message("gate.few_customers", n=3, least=20)) == (
        "只有 3 位客户，需要 20 位"  # noqa: RUF001
    )


def test_blanks_are_set_around_facts_and_never_within():
    words = Words("zh")
    read = Message("doing.read_source", source="订单ID.csv")
    assert read.say(words) == "读取订单ID.csv"
    assert Message("note.numbers_read", said=read, written="money(金额2, '.') 元").say(words) == (
        "读取订单ID.csv；这样可以读取：money(金额2, '.') 元"  # noqa: RUF001
    )
    assert words.written(["BG/NBD", "频率"], "&") == "BG/NBD 和频率"
