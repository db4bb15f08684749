"""The clinic's departments, doctors and sessions, and the one evaluator that says when a queue is open."""
