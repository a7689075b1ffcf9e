"""Measures of service quality: one definition, one source and one example each."""
