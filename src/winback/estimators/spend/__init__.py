"""How much a purchase day brings."""
