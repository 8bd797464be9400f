"""Retrain the models of one job and let the gate promote them: for a weekly scheduler.

Usage: python pipelines/train.py JOB.yaml [--as-of yesterday] [--out FOLDER] [--quiet]
"""

from winback.cli import steps

if __name__ == "__main__":
    raise SystemExit(steps("train", "promote"))
