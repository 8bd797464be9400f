"""The report in a real browser: drawn, quiet, offline, usable by eye and by key, in two languages.

`data/report.json` is what `winback report` computed for a simulated shop of 6,000 customers, with
a few sentences more (`make_report.py`). From it the page is drawn anew: no model is fitted here.
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
TABS = {
    "week": ["first", "decide", "changed", "win_back", "churn_warning", "files"],
    "models": ["verdict", "value", "churn", "tiers", "lists", "done"],
    "data": ["rows", "cohorts"],
}
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
        found = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield found
        found.close()


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


def drawn(page):
    """Wait until every chart of the open tab is drawn."""
    page.wait_for_function(
        "document.querySelectorAll('.panel:not([hidden]) .plot').length === document"
        ".querySelectorAll('.panel:not([hidden]) .plot svg.main-svg:first-child').length"
    )


@pytest.fixture(scope="module")
def opened(browser, pages):
    """Return a maker of pages, each opened once; `said` and `asked` hold what it did meanwhile."""
    known = {}

    def _open(language="en", size=DESK, scheme="light", at=""):
        key = language, size, scheme, at
        if key not in known:
            width, height = size
            page = browser.new_page(
                viewport={"width": width, "height": height}, color_scheme=scheme
            )
            page.said, page.asked = [], []
            page.on("console", lambda message: page.said.append((message.type, message.text)))
            page.on("pageerror", lambda error: page.said.append(("error", str(error))))
            page.on("request", lambda request: page.asked.append(request.url))
            page.goto(pages[language][0].as_uri() + at)
            drawn(page)
            known[key] = page
        return known[key]

    return _open


def test_nothing_is_asked_of_a_network_and_nothing_goes_wrong(opened, pages):
    page = opened()
    assert [said for said in page.said if said[0] in COMPLAINTS] == []
    outside = [url for url in page.asked if not url.startswith(("data:", "blob:"))]
    assert outside == [pages["en"][0].as_uri()]


@pytest.fixture
def page(opened):
    """The page as it is opened, at its first tab."""
    page = opened()
    page.evaluate("location.hash = 'week'")
    page.wait_for_selector("#week:not([hidden])")
    return page


def open_tab(page):
    shown = page.eval_on_selector_all(".panel", "all => all.filter(n => !n.hidden).map(n => n.id)")
    chosen = page.eval_on_selector_all(
        "nav [role=tab][aria-selected=true]", "all => all.map(n => n.hash)"
    )
    assert chosen == [f"#{name}" for name in shown]
    return shown[0]


def test_the_report_opens_on_this_week_and_each_tab_shows_its_own_sections(page):
    assert open_tab(page) == "week"
    for tab, sections in TABS.items():
        page.click(f"nav a[href='#{tab}']")
        page.wait_for_selector(f"#{tab}:not([hidden])")
        assert open_tab(page) == tab
        seen = "all => all.filter(n => n.offsetParent).map(n => n.id)"
        assert page.eval_on_selector_all("main section", seen) == sections
        assert page.evaluate("scrollY") == 0


def test_an_address_leads_to_any_part_and_opens_its_tab(opened, page):
    for tab, sections in TABS.items():
        for name in sections:
            page.evaluate("name => { location.hash = name; }", name)
            page.wait_for_selector(f"#{tab}:not([hidden])")
            drawn(page)
            top = page.evaluate(
                "id => document.getElementById(id).getBoundingClientRect().top", name
            )
            at_end = "innerHeight + scrollY >= document.documentElement.scrollHeight - 2"
            assert -2 <= top < 200 or page.evaluate(at_end), name
            assert page.is_visible("nav"), "the tabs stay in sight"
    assert open_tab(opened(at="#chart-retention")) == "data"


def test_the_first_page_is_short_and_its_files_lie_beside_it(page):
    assert page.evaluate("document.getElementById('week').innerText.split(/\\s+/).length") < 1200
    assert page.evaluate("document.documentElement.scrollHeight") < 4200
    links = page.eval_on_selector_all("#files a", "all => all.map(n => n.getAttribute('href'))")
    assert {"win_back.csv", "churn_warning.csv"} <= set(links)
    assert len(page.query_selector_all("#first li")) <= 3
    assert len(page.query_selector_all("#decide .cards > li")) == 3
    for name in ("win_back", "churn_warning"):
        assert len(page.query_selector_all(f"#{name} tbody tr")) == 20


def test_every_chart_is_drawn_and_says_what_it_shows(page, pages):
    shown = {}
    for tab in ("models", "data"):
        page.click(f"nav a[href='#{tab}']")
        page.wait_for_selector(f"#{tab}:not([hidden])")
        drawn(page)
        shown |= charts_of(page)
    meant = pages["en"][1]
    assert shown.keys() == meant.keys()
    for name, told in shown.items():
        assert told["width"] > 250, name
        assert told["height"] > 120, name
        assert told["marks"] > 0, name
        assert told["title"] == meant[name]["title"]
        assert told["reading"] == meant[name]["reading"]
        assert told["reading"].endswith(".")
        assert re.fullmatch(r"n = [\d,]+ · as of \d{4}-\d\d-\d\d", told["meta"]), name
        assert meant[name]["reading"] in told["alt"]


def charts_of(page):
    return page.evaluate(
        """() => Object.fromEntries(Array.from(
            document.querySelectorAll('.panel:not([hidden]) figure'), figure => {
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


def test_keys_reach_every_part_and_show_where_they_are(page):
    page.evaluate("scrollTo(0, 0)")
    page.mouse.click(2, 2)  # keys go on from where the page was last touched
    focused = """() => { const node = document.activeElement, style = getComputedStyle(node);
        const box = node.getBoundingClientRect();
        return {tag: node.tagName, href: node.getAttribute('href'), left: box.left, top: box.top,
                outline: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth)}; }"""
    page.keyboard.press("Tab")
    first = page.evaluate(focused)
    assert first["href"] == "#report", "the way past the tabs comes first"
    assert first["left"] >= 0
    page.keyboard.press("Tab")
    assert page.evaluate(focused)["href"] == "#week"
    for key, tab in (("ArrowRight", "figures"), ("End", "data"), ("ArrowRight", "week")):
        page.keyboard.press(key)  # one stop for all tabs; arrows go from one to the next
        page.wait_for_selector(f"#{tab}:not([hidden])")
        assert page.evaluate(focused)["href"] == f"#{tab}"
    seen = []
    for _ in range(8):
        page.keyboard.press("Tab")
        told = page.evaluate(focused)
        assert told["outline"] >= 2, told
        seen.append(told)
    links = [told["href"] for told in seen if told["tag"] == "A"]
    assert links[:2] == ["win_back.csv", "churn_warning.csv"]
    assert "DIV" in {told["tag"] for told in seen}, "tables as well"


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


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_can_be_read_against_what_is_behind_it(opened, scheme, tab):
    told = opened(scheme=scheme, at=f"#{tab}").evaluate(CONTRAST)
    assert told["count"] > 50
    assert (told["page"] < 0.1) == (scheme == "dark")
    assert told["poor"] == []


OVERLAPS = """() => Array.from(document.querySelectorAll('.panel:not([hidden]) .plot')).filter(
    plot => ['.xtick text', '.ytick text'].some(axis => {
        const labels = Array.from(plot.querySelectorAll(axis), node => {
            const turn = /rotate\\(([\\d.-]+)/.exec(node.getAttribute('transform') || '');
            return {angle: turn ? Math.abs(Number(turn[1])) : 0, box: node.getBoundingClientRect()};
        });
        return labels.slice(1).some(({angle, box}, at) => {
            const before = labels[at].box, apart = Math.abs(box.left - before.left);
            if (angle > 1) { return apart * Math.sin(angle * Math.PI / 180) < 11; }
            return box.left < before.right - 1 && before.left < box.right - 1
                && box.top < before.bottom - 1 && before.top < box.bottom - 1;
        });
    })).map(plot => plot.id)"""


@pytest.mark.parametrize("tab", TABS)
def test_a_phone_shows_the_whole_width(opened, tab):
    page = opened(size=PHONE, at=f"#{tab}")
    wide = page.evaluate(
        """() => Array.from(document.querySelectorAll('main *, header *'))
            .filter(node => !node.closest('.scroll, script') && node.offsetParent)
            .filter(node => node.getBoundingClientRect().right > innerWidth)
            .map(node => node.tagName + ' ' + node.textContent.slice(0, 30))"""
    )
    assert wide == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    narrow = page.eval_on_selector_all(
        ".panel:not([hidden]) .js-plotly-plot",
        "nodes => nodes.filter(n => n._fullLayout._size.w < 110).map(n => n.id)",
    )
    assert narrow == [], "labels leave the bars no room"
    assert page.evaluate(OVERLAPS) == [], "labels lie on each other"


@pytest.mark.parametrize(
    ("tab", "least", "most"), [("week", 1, 2), ("models", 5, 25), ("data", 1, 6)]
)
def test_paper_takes_the_open_tab_whole(opened, tab, least, most):
    page = opened(size=PAPER, at=f"#{tab}")
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
    assert least <= leaves <= most


CASE = {
    "rule": "orders_band", "kind": "rule", "severity": "red", "status": "firing",
    "indicator": "orders", "dimension": "all", "segment": "all", "value": 12.0, "expected": 60.0,
    "began": "2025-07-09", "opened": "2025-07-16", "days_open": 104, "owner": "acquisition",
    "priority": 3, "next_step": "ask who runs the channel", "within_hours": 24, "grain": "week",
    "overdue": "check the feed and the shop; write to whoever runs the channel", "unit": "count",
    "acknowledged": False, "silenced_until": None, "hidden_by": None, "pause": None, "source": "",
    "annotations": {}, "at_stake": 817.0, "due": "2025-07-20",
}  # fmt: skip


@pytest.mark.parametrize("language", languages())
def test_the_fullest_first_page_takes_two_sheets_of_paper(browser, tmp_path, language):
    report = json.loads(REPORT.read_text(encoding="utf-8"))
    report["job"]["language"] = language
    rows = [{**CASE, "rule": f"rule_{number}"} for number in range(9)]
    report["alerts"] = {"rows": rows, "waiting": 3, "hidden": 1, "silenced": 1}
    report["week"]["first"] = [
        {"code": "stale", "n": 60},
        {"code": "not_fit.churn.fallback", "needs_days": None, "needs_customers": 900},
        {"code": "not_fit.value.fallback", "needs_days": 205, "needs_customers": None},
    ]
    lists = report["week"]["lists"].values()
    assert [len(shown["rows"]) for shown in lists] == [20, 20]
    page = browser.new_page()
    page.goto(write_report(report, tmp_path / "full.html", figures={}).as_uri())
    leaves = len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(format="A4")))
    page.close()
    assert leaves <= 2


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
