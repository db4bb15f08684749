"""What people usually take instead, one module each: `make(phrases)` returns a search over ids and phrases.

A module imports nothing but its own library, because some of them live in an environment of their own.
"""
