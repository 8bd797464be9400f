"""Measure the way from a fresh export to a sheet that one would send, on seven layouts.

    python benchmarks/first_week.py [LAYOUT ...]

The purchases are those of 400 customers of the CDNOW sample, written as seven shop systems export
them. Each is a folder of its own: `winback init --yes`, `validate`, `run`; then the first page is
opened in Chromium. The table goes into ``docs/first_week.md``. Seconds depend on the machine.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from playwright.sync_api import Page, sync_playwright

import winback as wb

PAGE = Path(__file__).parents[1] / "docs" / "first_week.md"
BEGIN, END = "<!-- measured -->\n", "<!-- end -->\n"
CUSTOMERS, DESK, PHONE = 400, 1280, 390
HEAD = (
    "| layout | language | init s | validate s | run s | rows to send | words | pixels "
    "| lists begin at | pixels, phone |\n"
)
NAMES = {
    "Shopify": ["Email", "Name", "Paid at", "Total"],
    "WooCommerce": ["Email (Billing)", "Order Number", "Order Date", "Order Total Amount"],
    "Amazon": ["buyer-email", "amazon-order-id", "purchase-date", "item-price"],
    "Pinduoduo": ["收货手机", "订单号", "支付时间", "商家实收金额(元)"],
    "German shop": ["Kundennummer", "Bestellnr.", "Bestelldatum", "Gesamtbetrag"],
    "workbook": ["customer_id", "order_id", "timestamp", "amount"],
    "JSON lines": ["customer_id", "order_id", "timestamp", "amount"],
}
Frame = pd.DataFrame


def orders() -> Frame:
    """Return the purchases: customer, order, day, amount."""
    rows = wb.read_transactions("sample:cdnow-tenth").table.to_pandas()
    kept = sorted(rows["customer_id"].unique())[:CUSTOMERS]
    rows = rows[rows["customer_id"].isin(kept)].reset_index(drop=True)
    rows["customer_id"] = "c" + rows["customer_id"].astype(str) + "@example.com"
    rows["order_id"] = rows.index + 10_001
    return rows[["customer_id", "order_id", "timestamp", "amount"]]


def text(folder: Path, rows: Frame, **how: Any) -> Path:
    """Write a text file."""
    rows.to_csv(folder / "orders.csv", index=False, **how)
    return folder / "orders.csv"


def german(folder: Path, rows: Frame) -> Path:
    """Write as a spreadsheet in Germany does."""
    written = rows.assign(Bestelldatum=pd.to_datetime(rows["Bestelldatum"]).dt.strftime("%d.%m.%Y"))
    return text(folder, written, sep=";", decimal=",", encoding="cp1252")


def workbook(folder: Path, rows: Frame) -> Path:
    """Write a workbook."""
    rows.to_excel(folder / "orders.xlsx", index=False, engine="xlsxwriter")
    return folder / "orders.xlsx"


def json_lines(folder: Path, rows: Frame) -> Path:
    """Write an object a line."""
    rows.to_json(folder / "orders.jsonl", orient="records", lines=True, date_format="iso")
    return folder / "orders.jsonl"


WRITERS: dict[str, Callable[[Path, Frame], Path]] = {
    "German shop": german,
    "workbook": workbook,
    "JSON lines": json_lines,
}


def first_page(page: Page, report: Path, width: int) -> dict[str, int]:
    """Measure the first page at a width: words, height, where the lists begin."""
    page.set_viewport_size({"width": width, "height": 2000})
    page.goto(report.as_uri())
    found: dict[str, int] = page.evaluate(
        """() => ({
            words: document.querySelector('#week').innerText.split(/\\s+/).length,
            pixels: Math.round(document.querySelector('#week').getBoundingClientRect().bottom),
            lists: Math.round(document.querySelector('#win_back').getBoundingClientRect().top),
        })"""
    )
    return found


def tried(folder: Path, layout: str, rows: Frame, page: Page) -> str:
    """Go the whole way with one layout; return its line of the table."""
    language = "zh" if layout == "Pinduoduo" else "en"
    file = WRITERS.get(layout, text)(folder, rows.set_axis(NAMES[layout], axis=1))
    took = []
    for words in (
        ["init", file.name, "--yes", "--language", language],
        ["validate", "orders.yaml"],
        ["run", "orders.yaml"],
    ):
        began = time.monotonic()
        command = [sys.executable, "-m", "winback", *words]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        took.append(f"{time.monotonic() - began:.0f}")
    results = folder / "outputs" / "orders"
    sent = json.loads((results / "report.json").read_text("utf-8"))["week"]["lists"]
    n = sum(entry["n"] for entry in sent.values())
    desk, phone = (first_page(page, results / "report.html", width) for width in (DESK, PHONE))
    shown = (n, desk["words"], desk["pixels"], desk["lists"], phone["pixels"])
    return f"| {' | '.join([layout, language, *took, *(f'{value:,}' for value in shown)])} |\n"


def main(layouts: list[str]) -> None:
    """Measure these layouts, and put their lines into the page's table."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    table, _, after = rest.partition(END)
    lines = {line.split(" | ")[0].strip("| "): f"{line}\n" for line in table.splitlines()}
    rows = orders()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as name:
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        for layout in layouts or NAMES:
            folder = Path(name) / layout.replace(" ", "_")
            folder.mkdir()
            lines[layout] = tried(folder, layout, rows, page)
            print(lines[layout], end="", flush=True)
        browser.close()
    shown = "".join(lines[name] for name in NAMES if name in lines)
    table = f"{HEAD}{'|---' * (HEAD.count('|') - 1)}|\n{shown}"
    PAGE.write_text(f"{before}{BEGIN}{table}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
