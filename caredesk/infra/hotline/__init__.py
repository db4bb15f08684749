"""Engines of the hotline: what plays, rings and bridges, and the link by which it tells the desk and hears from it."""
