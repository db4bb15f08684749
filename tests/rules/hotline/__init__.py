"""The embedded engine without its network: sound, words, gate."""
