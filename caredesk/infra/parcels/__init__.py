"""Tracking services: 快递100's protocol, its client, and a loopback carrier that speaks the same for demo and tests."""
