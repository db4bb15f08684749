"""Rules of the queue island."""
