"""Floor 4: decisions: who is warned about, who is called back, and who is left alone."""
