"""The only code that aggregates rows: what is needed, one scan, additive moments."""
