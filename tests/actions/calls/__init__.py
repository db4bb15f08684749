"""Calls through the wire and the database, as a fake engine plays them."""
