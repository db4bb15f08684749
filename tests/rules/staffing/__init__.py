"""Rules of the staffing island."""
