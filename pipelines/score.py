"""Score every customer with the champions: for a nightly scheduler.

Usage: python pipelines/score.py JOB.yaml [--as-of yesterday] [--out FOLDER] [--quiet]
"""

from winback.cli import steps

if __name__ == "__main__":
    raise SystemExit(steps("score"))
