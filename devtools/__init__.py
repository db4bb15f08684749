"""What `dev.py` is made of: runs with nothing but Python's standard library, before anything is installed."""
