"""Parcels and what their carriers tell."""
