"""The charts: each in one place, what it computes, what it says, how it is drawn.

A file holds the charts of one part of the page and lists them as ``CHARTS``; what a notebook may
draw of them (`winback.plot`) stands below them as ``PLOTS``. :mod:`winback.reports.gallery` finds
both by itself.
"""
