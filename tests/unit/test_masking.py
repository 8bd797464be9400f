import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from winback.masking import is_secret, mask, mask_all, mask_values

NAMES = ["passwd", "password", "PWD", "token", "api_key", "Key", "secret", "client_secret"]
NAMES += ["Signature", "X-Amz-Signature", "sig", "sslpassword", "access.token", "passphrase"]
# what may stand in a password that nobody encoded; it ends in a letter, so as to be found again
INSIDE = st.text("aZ09 /:@#?%+.,!*$~^|", max_size=12).filter(lambda text: "://" not in text)
SECRET = INSIDE.map(lambda text: f"s3{text}cret")


@given(SECRET, st.sampled_from(["postgresql", "postgresql+psycopg", "https", "s3"]))
@example("p@s3cret", "https")
@example("with blanks / and slashes s3cret", "postgresql")
@example("5432/s3cret", "postgresql")
def test_the_login_of_an_address_is_never_shown(secret, scheme):
    shown = mask(f"no answer from {scheme}://ann:{secret}@db.example.org:5432/shop")
    assert shown == f"no answer from {scheme}://***@db.example.org:5432/shop"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("secret", ["s3cret", "s3/cret", "s3 cret", "s3@c:r+e%20t"])
def test_a_secret_option_is_never_shown(name, secret):
    assert (
        mask(f"https://db/shop?{name}={secret}&user=ann") == f"https://db/shop?{name}=***&user=ann"
    )
    assert (
        mask(f"https://db/shop?user=ann&{name}={secret}") == f"https://db/shop?user=ann&{name}=***"
    )
    assert mask(f"host=db {name}={secret} user=ann") == f"host=db {name}=*** user=ann"
    assert mask(f"host=db {name}='{secret}' is wrong") == f"host=db {name}=*** is wrong"
    assert mask(f"Server=db;{name} = {secret};User=ann") == f"Server=db;{name} = ***;User=ann"
    assert mask(f"{name}={secret}\nnext line") == f"{name}=***\nnext line"


@pytest.mark.parametrize(
    "text",
    [
        "https://models.example.org:5000/api refused; write to ann@example.org",
        "postgresql://db:5432/shop?sslmode=require",
        "s3://bucket/orders@2024.parquet",
        "lists.win_back.budget = 250.0",
        "monkey=1, keyboard=2, passenger=3, compass=4",
        "postgresql://db/shop?password=",
        pytest.param("a" * 200_000, id="long"),  # minutes, if each letter might begin a name
    ],
)
def test_what_is_no_secret_is_shown(text):
    assert mask(text) == text


def test_every_address_of_a_text_is_masked():
    text = "https://ann:a1@one/x, then https://bob:b 2@two/y, then https://token@three"
    assert mask(text) == "https://***@one/x, then https://***@two/y, then https://***@three"


def test_nested_texts_are_masked():
    job = {"data": [{"source": "duckdb://x?Token=abc"}, ("a:b@c", 3, None)]}
    assert mask_all(job) == {"data": [{"source": "duckdb://x?Token=***"}, ["a:b@c", 3, None]]}


def test_names_of_options():
    assert all(map(is_secret, NAMES))
    assert not any(map(is_secret, ["user", "host", "sslmode", "monkey", "keys_per_page", "bypass"]))


def test_what_a_variable_stood_for_is_its_name_again():
    values = {"SHOP": "ab/cd", "LONG": "ab/cd ef", "SHORT": "x", "EMPTY": ""}
    text = "x: bot:ab%2Fcd@db, ab/cd ef, ab/cd%20ef, ab/cd"
    hidden = mask_values(text, values, shortest=4)
    assert hidden == "x: bot:${SHOP}@db, ${LONG}, ${LONG}, ${SHOP}"
    assert mask_values("x", values) == "${SHORT}"


def test_what_an_address_leaves_of_a_secret_is_hidden_and_the_host_is_shown():
    secrets = {
        "PASSWORD": "s3cret/of-shop/shop",
        "URL": "postgresql://ann:pass/word-2@db.example/x",
    }
    shown = mask_values("bad port 'of-shop'; cannot parse word-2@db.example of postgresql", secrets)
    assert shown == "bad port '${PASSWORD}'; cannot parse ${URL}@db.example of postgresql"


def test_a_secret_behind_an_option_that_is_none_is_hidden():
    assert mask("source = db://x/y?sslpassword=s3 cret") == "source = db://x/y?sslpassword=***"
