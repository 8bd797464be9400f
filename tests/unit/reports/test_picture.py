"""A figure in a notebook carries a picture for where no script runs, or says so in words."""

import base64
import io

import plotly.graph_objects as go
import pytest
from PIL import Image

from winback.reports import picture
from winback.reports.picture import WIDTH, Pictured, browser

PLOTLY = "application/vnd.plotly.v1+json"


@pytest.fixture
def figure(monkeypatch):
    monkeypatch.setattr("plotly.io.renderers.default", "plotly_mimetype")
    made = Pictured(go.Figure(go.Bar(y=[3, 1], marker_color="#ff0000")))
    return made.update_layout(height=300, meta={"title": "Sales", "reading": "They fall."})


@pytest.mark.skipif(browser() is None, reason="no Chromium or Chrome here to take a picture")
def test_the_picture_shows_what_is_drawn(figure):
    bundle = figure._repr_mimebundle_()
    taken = Image.open(io.BytesIO(base64.b64decode(bundle["image/png"]))).convert("RGB")
    assert taken.size == (WIDTH, 300)
    assert (255, 0, 0) in {colour for _, colour in taken.getcolors(maxcolors=1 << 24)}
    assert PLOTLY in bundle
    assert figure._ipython_display_ is None


def test_without_a_browser_its_words_stand_in(figure, monkeypatch):
    monkeypatch.setattr(picture, "browser", lambda: None)
    bundle = figure._repr_mimebundle_()
    assert "image/png" not in bundle
    assert bundle["text/plain"] == "Sales: They fall."


def test_a_browser_that_fails_is_none(figure, monkeypatch):
    monkeypatch.setattr(picture, "browser", lambda: "/bin/false")
    assert picture.picture(figure) is None
