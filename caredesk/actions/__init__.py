"""Use cases: one function does one whole thing, from top to bottom. The only place that sees several islands."""
