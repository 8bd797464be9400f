"""Floor 4: champions applied to every customer, a chunk at a time."""
