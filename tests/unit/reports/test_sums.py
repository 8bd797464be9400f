"""Every sum of money that a chart or a page shows says gross or net of what."""

import re

import pytest

from winback.messages.catalogue import catalogue

SAYS = {"en": r"net of|before|less |gross", "zh": r"净|扣"}
ALSO = (  # sums outside of charts
    "lead.value.clv",
    "fact.expected_margin",
    "board.stake",
    "board.campaigns.lead",
    "page.band",
    "week.gain",
)


def charts_of_money(language):
    """Find the charts of which an axis is in the job's currency."""
    return {
        code.rsplit(".", 2 if code.endswith(".revenue") else 1)[0]
        for code, text in catalogue(language).items()
        if code.startswith("chart.") and "{currency}" in text
    }


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_chart_of_money_says_gross_or_net_of_what(language):
    words = catalogue(language)
    found = charts_of_money(language)
    assert len(found) >= 5
    for chart in found:
        for kind in ("", ".revenue"):
            parts = [words.get(f"{chart}.{part}{kind}") for part in ("title", "x", "y", "reading")]
            shown = " ".join(part for part in parts if part)
            assert not shown or re.search(SAYS[language], shown), f"{chart}{kind}: {shown}"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("code", ALSO)
def test_every_other_sum_says_it_too_and_calls_revenue_revenue(language, code):
    words, margin = catalogue(language), {"en": "margin", "zh": "毛利"}[language]
    for kind in ("", ".revenue"):
        assert re.search(SAYS[language], words[code + kind])
    assert margin in words[code]
    unset = re.sub("no margin is given|未填毛利率", "", words[f"{code}.revenue"])
    assert margin not in unset
