"""Canaries in every place where a secret can stand: none is in any byte that commands leave."""

import pytest

# as people write them: with a slash, a blank and an @, encoded by nobody
SECRETS = {
    "SHOP_PASSWORD": "canary1/with a blank@and more",
    "SHOP_TOKEN": "canary2-token",
    "STORE_PASSWORD": "canary3+p%ss/word",
}
JOB = """\
name: shop
as_of: 2024-06-30
data: {{transactions: {{{source}, filter: "'${{SHOP_TOKEN}}' <> ''"}}}}
lists:
  database: {{url: "postgresql://bob:canary4/with blank@127.0.0.1:1/lists?sslpassword=canary5"}}
tracking: {{uri: "{store}"}}
"""
FILE = "source: orders.csv"
PLACES = {
    "variable": 'source: "postgresql://ann:${SHOP_PASSWORD}@127.0.0.1:1/shop", table: orders',
    "login": 'source: "postgresql://ann:canary6 a/b@127.0.0.1:1/shop", table: orders',
    "option": 'source: "postgresql://127.0.0.1:1/shop?user=ann&password=canary7", table: orders',
    "key": 'source: "postgresql://127.0.0.1:1/shop?sslpassword=canary8 b", table: orders',
    "signature": 'source: "https://127.0.0.1:1/orders.csv?X-Amz-Signature=canary9&token=canary0"',
    "file": FILE,
}
STORE = "http://ann:${STORE_PASSWORD}@127.0.0.1:1/?token=canary-store"
COMMANDS = [
    ("config", "show", "job.yaml"),
    ("validate", "job.yaml", "--out", "out", "--debug"),
    ("train", "job.yaml", "--out", "out", "--json"),
    ("train", "job.yaml", "--out", "out", "--debug"),
    ("status", "job.yaml", "--out", "out"),
    ("status", "job.yaml", "--out", "out", "--json", "--debug"),
]


@pytest.mark.parametrize("place", PLACES)
def test_no_secret_is_in_any_byte_that_is_left(desk, place):
    desk.write("job.yaml", JOB.format(source=PLACES[place], store=STORE))
    rows = (f"c{n % 60},2024-0{n % 6 + 1}-{n % 28 + 1:02},{n}" for n in range(400))
    desk.write("orders.csv", "customer_id,timestamp,amount\n" + "\n".join(rows))
    given = set(desk.folder.iterdir())
    said = {" ".join(c): desk.winback(*c, env={**SECRETS, "PYTHONHASHSEED": "0"}) for c in COMMANDS}
    left = {path: path.read_bytes() for path in desk.folder.rglob("*") if path.is_file()}
    left = {path: content for path, content in left.items() if path not in given}
    written = {name: (done.stdout + done.stderr).encode() for name, done in said.items()}
    assert sum(b"Traceback" in text for text in written.values()) >= 1  # there is where to look
    assert len(left) >= 1
    shown = {str(name): text for name, text in {**written, **left}.items() if b"canary" in text}
    assert shown == {}
