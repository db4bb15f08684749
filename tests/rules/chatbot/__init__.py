"""Rules of the chatbot."""
