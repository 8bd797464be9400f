"""Compute first (plain data), then words and figures, then the page.

``compute.compute_report`` gives a dict that JSON can hold, ``figures.figures`` draws it,
``page.render`` and ``page.write_report`` set it as one offline HTML file.
"""
