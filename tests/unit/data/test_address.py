"""A database URL, and what of it may be shown."""

from winback.data.address import address


def test_a_password_may_hold_any_character():
    taken = address("postgresql://bot:p@s:s#/?%25@db:5432/shop?sslmode=require")
    assert taken.url == "postgresql://bot:p%40s%3As%23%2F%3F%25@db:5432/shop?sslmode=require"
    assert taken.shown == "postgresql://bot:***@db:5432/shop"


def test_an_address_without_secrets_is_shown_whole():
    assert address("postgresql://[::1]:5432/shop").shown == "postgresql://[::1]:5432/shop"
    assert address("duckdb:///data/shop.db").secrets == ()
