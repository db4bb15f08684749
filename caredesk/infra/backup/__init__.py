"""Backups: made while the desk runs, sealed to a public key, checked, restored and drilled (docs/backups.md)."""
