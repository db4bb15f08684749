"""What is measured, against what. Each benchmark runs as `python -m benchmarks.NAME [--quick] [--json]`."""
