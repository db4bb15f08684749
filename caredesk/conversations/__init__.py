"""The timeline: conversations, messages, notes, bot turns, drafts, pictures and ratings."""
