"""What a visitor who asks for a person is waiting for: thought about before the transaction, because it is slower."""

from __future__ import annotations

from caredesk.actions import bot, unanswered
from caredesk.actions.handoff import topic_of_entries
from caredesk.edge.services import Services
from caredesk.edge.transactions import read


def topic_waiting(services: Services, *, visitor_id: str) -> str | None:
    """Return the category of the message that the bot has not answered yet, if it would know it.

    It takes milliseconds; while the index is loading nobody is kept waiting for it, and the general queue is right.
    """
    if not services.bot.is_loaded:
        return None
    with read(services) as session:
        waiting = unanswered.find_unanswered(session, visitor_id=visitor_id)
        question = bot.find_question(session, entry_id=waiting.id, choice=None) if waiting else None
        if question is None:
            return None
        turn = bot.think(services.bot.current(), question=question)
        return topic_of_entries(session, [turn.entry] if turn.entry else turn.offered)
