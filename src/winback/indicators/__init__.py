"""Indicators: figures of the business, each with one definition, and how sure it is."""
