"""Scripts for people who work on caredesk; no part of the package."""
