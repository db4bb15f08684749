"""Queues: waiting work, routing, offers and waiting times. Never import this as a top-level `queue`."""
