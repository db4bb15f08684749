"""Doctors ask, assistants help: assist requests with their types and clocks, and the ladder that calls patients up."""
