"""`python -m winback` is the command line."""

from winback.cli import main

if __name__ == "__main__":
    main()
