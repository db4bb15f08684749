"""Rules of the knowledge base."""
