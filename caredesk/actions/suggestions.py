"""What the bot would say, for an agent who reads a parent's message: candidates with live data, and what was chosen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from caredesk.actions import bot as bot_turns
from caredesk.actions.keeping import keep_words
from caredesk.actions.live_answers import Completed, complete
from caredesk.actions.replies import AsStaff, lock_visible
from caredesk.chatbot.bot import Bot, Turn
from caredesk.conversations import queries
from caredesk.conversations.errors import NotYours
from caredesk.conversations.models import Conversation
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.knowledge_base import queries as knowledge
from caredesk.knowledge_base.feedback_models import BotFeedback
from caredesk.knowledge_base.models import KbEntry

SHOWN = 6
QUESTION_CHARACTERS = 500


@dataclass(frozen=True)
class Suggestion:
    """An entry with what it says now, and how likely it is meant."""

    entry: KbEntry
    said: Completed
    score: float


@dataclass(frozen=True)
class Suggestions:
    """Everything for one message. `outcome` tells what the bot itself would do: a medical one is never answered."""

    outcome: str
    shown: tuple[Suggestion, ...]


def ask(session: Session, bot: Bot, *, conversation: Conversation, words: str, at: datetime) -> Turn:
    """Ask the bot as if the parent asked it now, with what the conversation was about."""
    question = bot_turns.Question(
        text=words,
        language=conversation.language,
        choice=None,
        context=bot_turns.context_of(session, conversation, at=at),
        surroundings=bot_turns.surroundings(session, at=at),
    )
    return bot_turns.think(bot, question=question)


def suggest(
    session: Session, bot: Bot, *, conversation: Conversation, turn: Turn, words: str, at: datetime
) -> Suggestions:
    """Return what fits a message, best first; what was asked back for is shown as the entry that waits for it."""
    # A guard stops the bot, not the agent: rules around a visit can still be looked up.
    candidates = turn.candidates or bot.search(words, limit=SHOWN)
    ids = dict.fromkeys(filter(None, (turn.entry, *turn.also, turn.pending, *(one.id for one in candidates))))
    scores = {one.id: one.score for one in candidates}
    shown = []
    for entry_id in list(ids)[:SHOWN]:
        entry = knowledge.find_served(session, entry_id=entry_id, at=at)
        if entry is None:
            continue
        said = complete(session, entry=entry, conversation=conversation, slots=turn.slots, words=words, now=at)
        # Which of two doctors is meant is for the agent to ask; until then the entry's own words stand.
        known = said if isinstance(said, Completed) else Completed(entry.answer)
        shown.append(Suggestion(entry=entry, said=known, score=scores.get(entry_id, 1.0)))
    return Suggestions(outcome=turn.outcome, shown=tuple(shown))


def note_choice(work: Work, *, conversation_id: str, who: AsStaff, entry_id: str, words: str) -> None:
    """Keep which entry an agent has put into a reply, and for which words: the best judgement there is."""
    conversation = lock_visible(work, conversation_id=conversation_id, who=who)
    if conversation.assignee_id != who.staff_id:
        raise NotYours
    entry = knowledge.get_served(work.session, entry_id=entry_id, at=work.now)
    asked = queries.find_last_words(work.session, conversation_id=conversation.id)
    turn = queries.find_turn_of_question(work.session, entry_id=asked.id) if asked else None
    work.session.add(
        BotFeedback(
            id=new_id(),
            conversation_id=conversation.id,
            bot_turn_id=turn.id if turn else None,
            question_id=asked.id if asked else None,
            entry_id=entry.id,
            question_text=keep_words(words, limit=QUESTION_CHARACTERS).text,
            source="agent_insert",
            actor_id=who.staff_id,
            at=asked.created_at if asked else work.now,
        )
    )
    work.session.flush()
