"""Simulated studies with known truth, shared by the benchmarks that count hits and false claims."""
