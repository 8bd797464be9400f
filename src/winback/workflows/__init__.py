"""One workflow per command; with the command line, all that knows the configuration."""
