"""Edges: transactions, guards, error rendering, limits. Surfaces use them; actions never do."""
