"""The speed measurements; `python -m tests.benchmarks.speed` prints the table."""
