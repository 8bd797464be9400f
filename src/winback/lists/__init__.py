"""Decisions: who is warned about, who is called back, and who is left alone."""
