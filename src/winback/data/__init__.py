"""Sources come in, are checked against their contracts, and are cut into days."""
