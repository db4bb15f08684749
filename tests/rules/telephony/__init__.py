"""Rules of the telephony island."""
