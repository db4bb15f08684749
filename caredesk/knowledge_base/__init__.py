"""The knowledge base: entries, similar questions, versions and releases."""
