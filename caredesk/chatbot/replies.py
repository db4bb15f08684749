"""The bot's own words, by key and language; the words themselves are data."""

from functools import lru_cache
from typing import Literal

from caredesk.chatbot.content import read_yaml

Language = Literal["zh", "en"]


def reply(key: str, *, language: Language) -> str:
    """Return what the bot says in this situation."""
    return _replies()[language][key]


@lru_cache(maxsize=1)
def _replies() -> dict[str, dict[str, str]]:
    replies: dict[str, dict[str, str]] = read_yaml("replies.yaml")
    return replies
