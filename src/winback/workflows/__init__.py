"""Floor 6: one workflow per command; the only rooms, with the command line, that know the configuration."""
