"""Reading and checking input: files and databases as lazy frames, canonical columns, data contracts."""
