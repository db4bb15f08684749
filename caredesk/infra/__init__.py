"""The outside world behind ports: database engine, push, jobs, files, clock; chosen once in `profiles.py`."""
