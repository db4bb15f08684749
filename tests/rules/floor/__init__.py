"""Rules of the floor island."""
