"""The report in a real browser: drawn, quiet, offline, usable by eye and by key, in two languages.

`data/report.json` is what `winback report` computed for a simulated shop of 6,000 customers, with
a few warnings more. From it the page is drawn anew, so that no model need be fitted here.
"""

import json
import re
import shutil
from pathlib import Path

import pytest

from winback.messages.catalogue import catalogue, languages
from winback.reports.gallery import figures
from winback.reports.page import write_report

REPORT = Path(__file__).parent / "data" / "report.json"
SECTIONS = ["warnings", "verdict", "value", "churn", "tiers", "cohorts", "lists", "data", "done"]
DESK, PHONE, PAPER = (1280, 860), (390, 844), (794, 1123)
# what stands in the shop's own data: events that reasons name
EVENTS = {"visit", "share", "complaint"}
COMPLAINTS = {"warning", "error", "assert"}


@pytest.fixture(scope="module")
def browser():
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("there is no chromium to open the report with; apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        program_started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield program_started
        program_started.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Draw the page once a language; return its path and what ought to be on it."""
    folder, drawn = tmp_path_factory.mktemp("report"), {}
    for language in languages():
        report = json.loads(REPORT.read_text(encoding="utf-8"))
        report["job"]["language"] = language
        charts = figures(report)
        path = write_report(report, folder / f"{language}.html", figures=charts)
        drawn[language] = (path, {name: figure.layout.meta for name, figure in charts.items()})
    return drawn


@pytest.fixture(scope="module")
def opened(browser, pages):
    """Return a maker of pages, each opened once; `said` and `asked` hold what it did meanwhile."""
    contexts = {}

    def _open(language="en", size=DESK, scheme="light"):
        key = language, size, scheme
        if key not in contexts:
            width, height = size
            page = browser.new_page(
                viewport={"width": width, "height": height}, color_scheme=scheme
            )
            page.said, page.asked = [], []
            page.on("console", lambda message: page.said.append((message.type, message.text)))
            page.on("pageerror", lambda error: page.said.append(("error", str(error))))
            page.on("request", lambda request: page.asked.append(request.url))
            page.goto(pages[language][0].as_uri())
            page.wait_for_function(
                "document.querySelectorAll('.plot').length"
                " === document.querySelectorAll('.plot svg.main-svg:first-child').length"
            )
            contexts[key] = page
        return contexts[key]

    return _open


def test_nothing_is_asked_of_a_network_and_nothing_goes_wrong(opened, pages):
    page = opened()
    assert [said for said in page.said if said[0] in COMPLAINTS] == []
    outside = [url for url in page.asked if not url.startswith(("data:", "blob:"))]
    assert outside == [pages["en"][0].as_uri()]


def test_every_section_stands_in_its_place_and_the_contents_lead_to_it(opened):
    page = opened()
    sections = page.eval_on_selector_all("main section", "nodes => nodes.map(node => node.id)")
    assert sections == SECTIONS
    for link in page.query_selector_all("nav a"):
        link.click()
        name = link.get_attribute("href").removeprefix("#")
        page.wait_for_timeout(30)  # the contents bar follows the scrolling
        top = page.evaluate(
            "name => document.getElementById(name).getBoundingClientRect().top", name
        )
        at_end = page.evaluate("innerHeight + scrollY >= document.documentElement.scrollHeight - 2")
        assert -2 <= top < 200 or at_end, name
        assert link.is_visible(), "the contents bar stays in sight"


def test_every_chart_is_drawn_and_says_what_it_shows(opened, pages):
    page = opened()
    shown = page.evaluate(
        """() => Object.fromEntries(Array.from(document.querySelectorAll('figure'), figure => {
            const plot = figure.querySelector('.plot'), box = plot.querySelector('svg.main-svg')
                .getBoundingClientRect();
            const marks = plot.querySelectorAll('.scatterlayer .js-line, .scatterlayer .point,'
                + ' .barlayer .point path, .heatmaplayer image, .sankey-link');
            const text = selector => figure.querySelector(selector).innerText;
            return [plot.id.replace('chart-', ''), {width: box.width, height: box.height,
                marks: marks.length, title: text('h3'), reading: text('.reading'),
                meta: text('.meta'), alt: plot.getAttribute('aria-label')}];
        }))"""
    )
    meant = pages["en"][1]
    assert shown.keys() == meant.keys()
    for name, reading in shown.items():
        assert reading["width"] > 250, name
        assert reading["height"] > 120, name
        assert reading["marks"] > 0, name
        assert reading["title"] == meant[name]["title"]
        assert reading["reading"] == meant[name]["reading"]
        assert reading["reading"].endswith(".")
        assert re.fullmatch(r"n = [\d,]+ · as of \d{4}-\d\d-\d\d", reading["meta"]), name
        assert meant[name]["reading"] in reading["alt"]


def test_a_key_reaches_every_part_and_shows_where_it_is(opened):
    page = opened()
    page.evaluate("scrollTo(0, 0)")
    page.mouse.click(2, 2)  # keys go on from where the page was last touched
    focused = """() => { const node = document.activeElement, style = getComputedStyle(node);
        const box = node.getBoundingClientRect();
        return {tag: node.tagName, href: node.getAttribute('href'), left: box.left, top: box.top,
                outline: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth)}; }"""
    page.keyboard.press("Tab")
    first = page.evaluate(focused)
    assert first["href"] == "#report", "the way past the contents comes first"
    assert first["left"] >= 0
    seen = []
    for _ in range(len(SECTIONS) + 4):
        page.keyboard.press("Tab")
        focus = page.evaluate(focused)
        assert focus["outline"] >= 2, focus
        seen.append(focus)
    links = [focus["href"] for focus in seen if focus["tag"] == "A"]
    assert links == [f"#{name}" for name in SECTIONS[1:]]
    assert {"SUMMARY", "DIV"} & {focus["tag"] for focus in seen}, "tables and details as well"


CONTRAST = """() => {
    const numbers = text => (text.match(/[\\d.]+/g) || []).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
        .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
        .reduce((sum, v, at) => sum + v * [.2126, .7152, .0722][at], 0);
    const behind = node => {
        for (let at = node; at; at = at.parentElement) {
            const colour = numbers(getComputedStyle(at).backgroundColor);
            if (colour.length === 3 || colour[3] === 1) { return colour; }
        }
        return [255, 255, 255];
    };
    const poor = new Set();
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let count = 0;
    while (walk.nextNode()) {
        const node = walk.currentNode.parentElement;
        if (!walk.currentNode.data.trim()) continue;
        if (node.closest('script, style, noscript, .skip')) continue;
        if (node.closest('.heatmap-label, .heatmaplayer, .sankey, .bartext-inside')) continue;
        const style = getComputedStyle(node), svg = node.closest('svg');
        if (!node.getClientRects().length || style.visibility === 'hidden') continue;
        const inner = light(numbers(svg ? style.fill : style.color)), outer = light(behind(node));
        const ratio = (Math.max(inner, outer) + .05) / (Math.min(inner, outer) + .05);
        const large = parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700;
        count += 1;
        if (ratio < (large ? 3 : 4.5)) {
            poor.add(`${ratio.toFixed(2)} ${walk.currentNode.data.trim().slice(0, 40)}`);
        }
    }
    return {count, poor: [...poor], page: light(behind(document.body))};
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_can_be_read_against_what_is_behind_it(opened, scheme):
    contrasts = opened(scheme=scheme).evaluate(CONTRAST)
    assert contrasts["count"] > 500
    assert (contrasts["page"] < 0.1) == (scheme == "dark")
    assert contrasts["poor"] == []


def test_a_phone_shows_the_whole_width(opened):
    page = opened(size=PHONE)
    wide = page.evaluate(
        """() => Array.from(document.querySelectorAll('main *, header *'))
            .filter(node => !node.closest('.scroll, script'))
            .filter(node => node.getBoundingClientRect().right > innerWidth)
            .map(node => node.tagName + ' ' + node.textContent.slice(0, 30))"""
    )
    assert wide == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    narrow = page.eval_on_selector_all(
        ".js-plotly-plot",
        "nodes => nodes.filter(n => n._fullLayout._size.w < 110).map(n => n.id)",
    )
    assert narrow == [], "labels leave the bars no room"


def test_paper_takes_the_page_whole(opened):
    page = opened(size=PAPER)
    page.emulate_media(media="print")
    assert not page.is_visible("nav")
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER[0]
    cut = page.eval_on_selector_all(
        "svg.main-svg, table",
        "nodes => nodes.filter(n => n.getBoundingClientRect().right > innerWidth + 1).length",
    )
    assert cut == 0
    printed = page.pdf(format="A4")
    leaves = len(re.findall(rb"/Type\s*/Page\b(?!s)", printed))
    assert 5 <= leaves <= 25


GLYPHS = """chars => {
    const canvas = document.createElement('canvas'), size = 32;
    canvas.width = canvas.height = size;
    const pen = canvas.getContext('2d', {willReadFrequently: true});
    const family = getComputedStyle(document.body).fontFamily;
    const drawn = char => {
        pen.clearRect(0, 0, size, size);
        pen.font = `20px ${family}`;
        pen.fillText(char, 4, 24);
        return pen.getImageData(0, 0, size, size).data.join();
    };
    const nothing = drawn('\\uE0FE');  // a private character: no font has it
    return chars.filter(char => drawn(char) === nothing);
}"""


def test_chinese_has_every_glyph(opened):
    page = opened("zh")
    text = page.evaluate("document.body.textContent")
    chars = sorted({char for char in text if ord(char) > 127 and not char.isspace()})
    assert len(chars) > 300
    assert page.evaluate(GLYPHS, [*chars, "\ue0fd"]) == ["\ue0fd"]


def test_chinese_leaves_no_word_untranslated(opened):
    page = opened("zh")
    said = page.evaluate(
        """() => {
            const copy = document.body.cloneNode(true), skip = 'script, style, [translate=no]';
            copy.querySelectorAll(skip).forEach(node => node.remove());
            const alts = Array.from(copy.querySelectorAll('[aria-label]'),
                                    node => node.getAttribute('aria-label'));
            const walk = document.createTreeWalker(copy, NodeFilter.SHOW_TEXT), found = alts;
            while (walk.nextNode()) { found.push(walk.currentNode.data); }
            return found;
        }"""
    )
    report = json.loads(REPORT.read_text(encoding="utf-8"))
    registered = " ".join(model["name"] for model in report["models"])
    latin = re.compile(r"[A-Za-z][A-Za-z']+")
    names = set(latin.findall(f"{registered} {report['job']['currency']}"))
    # the catalogue's own are names of models and metrics, which another test looks at
    allowed = (
        names
        | EVENTS
        | set(latin.findall(re.sub(r"{\w+}", "", " ".join(catalogue("zh").values()))))
    )
    left = {word for text in said for word in latin.findall(text)} - allowed
    assert left == set()
    assert sum(len(text) for text in said) > 5_000
