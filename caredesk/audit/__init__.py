"""The audit: who did what, what of whom was looked at, in a chain that shows every change (docs/audit.md)."""
