"""The policy sandbox: traffic, rosters, the discrete-event simulation of the desk, and what it reports."""
