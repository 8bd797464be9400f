"""Floor 3: the only rooms that know MLflow: runs, artifacts, aliases."""
