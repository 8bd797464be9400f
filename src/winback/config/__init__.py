"""One YAML is one job: its schema, and how it is read."""

from winback.config.load import LoadedJob, load_job
from winback.config.schema import Job

__all__ = ["Job", "LoadedJob", "load_job"]
