"""The contract of every chart, found by itself: its words, its place on the page, its name."""

import re
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

import winback as wb
from winback.messages.catalogue import catalogue, languages
from winback.reports import charts as rooms
from winback.reports import page
from winback.reports.gallery import charts, figures, plots, quality_figures

TEMPLATES = Path(page.__file__).parent / "templates"


def listed(kind):
    modules = [
        import_module(f"{rooms.__name__}.{info.name}") for info in iter_modules(rooms.__path__)
    ]
    return [entry for module in modules for entry in getattr(module, kind, ())]


def test_no_two_charts_or_plots_share_a_name():
    assert len(listed("CHARTS")) == len(charts()) > 30
    assert len(listed("PLOTS")) == len(plots()) > 20


def test_every_chart_stands_in_a_place_of_the_page_and_no_place_is_without():
    texts = [path.read_text(encoding="utf-8") for path in TEMPLATES.glob("section_*.j2")]
    places = re.findall(r'(?:pair|figures)_at\("([\w.]+)"\)', "".join(texts))
    assert sorted(places) == sorted({chart.place for chart in charts().values()})


@pytest.mark.parametrize("language", languages())
def test_every_chart_has_words_for_who_reads_and_for_who_cannot_see(language):
    words = catalogue(language)
    for name, chart in charts().items():
        stem = f"chart.{re.sub('_(purchases|revenue)$', '', name) if 'deciles' in name else name}"
        for part in ("title", "alt"):
            code = re.compile(rf"{re.escape(stem)}(\.\w+)?\.{part}")
            assert any(code.fullmatch(key) for key in words), (name, part)
        assert type(chart).__doc__


def test_what_a_training_shows_is_what_its_report_shows(arguments):
    report = arguments.report()
    drawn, shown = quality_figures(report["quality"]), figures(report)
    assert {"gain", "reliability", "deciles_revenue"} <= drawn.keys() <= shown.keys()
    titles = [
        {name: figures[name].layout.meta["title"] for name in drawn} for figures in (drawn, shown)
    ]
    assert titles[0] == titles[1]


def test_the_namespace_is_what_is_found():
    from winback.reports import plot

    assert wb.plot is plot
    assert dir(wb.plot) == sorted(plots())
    for name, function in plots().items():
        assert getattr(wb.plot, name) is function
        assert function.__doc__
    with pytest.raises(AttributeError, match="no figure called 'gains'"):
        wb.plot.gains  # noqa: B018
