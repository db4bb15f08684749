"""The agent's surface: console page and its API."""
