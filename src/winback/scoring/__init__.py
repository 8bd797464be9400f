"""Champions applied to every customer, a chunk at a time."""
