"""From an executed notebook to the files that people read."""
