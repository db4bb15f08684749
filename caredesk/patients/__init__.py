"""Families: children, the adults who act for them, what they have booked, and what may be shown of them."""
