"""Make the two lists and the report from the newest scores: for a scheduler, after scoring.

Usage: python pipelines/lists.py JOB.yaml [--as-of yesterday] [--out FOLDER] [--quiet]
"""

from winback.cli import steps

if __name__ == "__main__":
    raise SystemExit(steps("lists", "report"))
