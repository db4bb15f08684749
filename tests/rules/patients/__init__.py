"""Rules of the patients island."""
