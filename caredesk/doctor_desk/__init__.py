"""The doctor's surface."""
