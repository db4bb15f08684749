"""The list of what the bot could not answer."""
