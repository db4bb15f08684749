"""What visitors wrote and the bot has not answered yet, by the jobs that are still to run."""

from __future__ import annotations

from sqlalchemy.orm import Session

from caredesk.conversations import queries
from caredesk.conversations.models import Entry
from caredesk.core.outbox import list_fresh_keys


def is_asked_before(session: Session, *, entry_id: str) -> bool:
    """Tell whether the bot still owes an answer to what was written before a message.

    A question and "please, a person" sent in one breath are thought about at the same time; whoever comes first would
    not know what the wish is about. What has failed once is not waited for.
    """
    entry = queries.find_entry(session, entry_id=entry_id)
    if entry is None:
        return False
    prefix = answers_in(entry.conversation_id)
    owed = [int(key.removeprefix(prefix)) for key in list_fresh_keys(session, prefix=prefix)]
    return any(seq < entry.staff_seq for seq in owed)


def find_unanswered(session: Session, *, visitor_id: str) -> Entry | None:
    """Return the last message of a visitor to which the bot still owes an answer."""
    conversation = queries.find_open_conversation(session, visitor_id=visitor_id)
    if conversation is None or conversation.status != "bot":
        return None
    said = queries.find_last_words(session, conversation_id=conversation.id)
    key = f"{answers_in(conversation.id)}{said.staff_seq}" if said else ""
    return said if key in list_fresh_keys(session, prefix=answers_in(conversation.id)) else None


def answers_in(conversation_id: str) -> str:
    """Return how the keys of answers begin that the bot owes in a conversation; the entry's number follows."""
    return f"answer:{conversation_id}:"
