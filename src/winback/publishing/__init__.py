"""Results appear as one set, at one switch: how they lie, how they are published and verified."""
