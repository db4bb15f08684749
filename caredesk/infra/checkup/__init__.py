"""The check-up of an installation: what `caredesk doctor` looks at, without changing anything."""
