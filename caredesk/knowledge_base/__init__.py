"""The hospital's published questions and answers: entries, their similar questions, history and releases."""
