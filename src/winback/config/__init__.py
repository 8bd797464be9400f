"""One YAML is one job: its schema, and how it is read."""

from winback.config.job import Job
from winback.config.loaded import LoadedJob, load_job

__all__ = ["Job", "LoadedJob", "load_job"]
