# ruff: noqa: INP001 - a script beside what it writes, no package
"""Take the picture of the report's first screen that the README shows.

From the root of the repository, with chromium installed::

    make demo && python docs/make_screenshot.py

Another report: ``python docs/make_screenshot.py PATH/report.html``. The picture is written to
``docs/report.png``, in 256 colours, so that it stays small.
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

REPORT = Path("outputs/cdnow/report.html")
PICTURE = Path(__file__).parent / "report.png"
WIDTH, HEIGHT = 1200, 1400
COLOURS = 256


def take(report: Path, picture: Path) -> int:
    """Open the report and save its first screen; return the picture's size in bytes."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto(report.resolve().as_uri())
        page.wait_for_function(
            "document.querySelectorAll('.panel:not([hidden]) .plot').length === document"
            ".querySelectorAll('.panel:not([hidden]) .plot svg.main-svg:first-child').length"
        )
        shot = page.screenshot()
        browser.close()
    image = Image.open(io.BytesIO(shot)).convert("RGB")
    image.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        picture, optimize=True
    )
    return picture.stat().st_size


if __name__ == "__main__":
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else REPORT
    print(f"{PICTURE}: {take(path, PICTURE) / 1e3:.0f} kB of {path}")  # noqa: T201 - its answer
