"""Figures by form: tidy frames in, plain matplotlib Axes out."""
