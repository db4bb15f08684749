"""Evidence: what is taken out of the desk for others, whole and sealed, and who has allowed it (docs/evidence.md)."""
