"""Floor 5: compute first, then figures, then the page."""
