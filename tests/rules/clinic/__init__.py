"""Rules of the clinic island."""
