"""The bot's turn in a conversation: think outside the transaction, then say and record it inside."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy.orm import Session

from caredesk.actions.answers import answer_body, sessions_ahead
from caredesk.actions.handoff import hand_over
from caredesk.actions.timeline import BOT, append_message, append_notice, changed
from caredesk.chatbot.bot import Bot, Turn
from caredesk.conversations import queries
from caredesk.conversations.models import BotTurn, Conversation, Entry
from caredesk.conversations.rules import MISSES_BEFORE_PERSON
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.events.catalogue import AlertRaised
from caredesk.events.shapes import Body, BotTextBody, Choice, EmergencyBody, MedicalBody, SuggestionsBody
from caredesk.knowledge_base import queries as knowledge
from caredesk.queue.rules import URGENT

EMERGENCY_PHONE = "120"
RELATED_SHOWN = 3


@dataclass(frozen=True)
class Question:
    """What the bot is asked: words, or an entry whose question was tapped."""

    text: str
    language: str
    choice: str | None


def find_question(session: Session, *, entry_id: str, choice: str | None) -> Question | None:
    """Return the question behind a message, or None when it needs no thinking any more."""
    entry = queries.find_entry(session, entry_id=entry_id)
    if entry is None or queries.find_turn_of_question(session, entry_id=entry_id) is not None:
        return None
    conversation = queries.get_conversation(session, conversation_id=entry.conversation_id)
    return Question(text=entry.text, language=conversation.language, choice=choice)


def think(bot: Bot, *, question: Question) -> Turn:
    """Ask the bot; pure and without any transaction, because it is the slow part."""
    return bot.ask(question.text, language="en" if question.language == "en" else "zh")


def answer_message(work: Work, *, entry_id: str, choice: str | None, turn: Turn | None) -> None:
    """Say what the bot has decided about a message, once; with people in charge only a red flag is still acted on."""
    entry = queries.find_entry(work.session, entry_id=entry_id)
    if entry is None or turn is None:
        return
    conversation = queries.lock_conversation(work.session, conversation_id=entry.conversation_id)
    repeated = queries.find_turn_of_question(work.session, entry_id=entry_id) is not None
    if repeated or conversation.status == "closed":
        return
    if turn.outcome == "emergency":
        _raise_red_flag(work, conversation, entry=entry, turn=turn)
    elif conversation.status == "bot":
        _say(work, conversation, entry=entry, turn=turn, choice=choice)


def _say(work: Work, conversation: Conversation, *, entry: Entry, turn: Turn, choice: str | None) -> None:
    if choice is not None and knowledge.find_served(work.session, entry_id=choice, at=work.now) is not None:
        _answer(work, conversation, entry=entry, turn=turn, kb_entry_id=choice)
    elif turn.outcome == "answer" and turn.entry is not None:
        _answer(work, conversation, entry=entry, turn=turn, kb_entry_id=turn.entry)
    elif turn.outcome == "human":
        _record(work, conversation, entry=entry, turn=turn, reply=None)
        hand_over(work, conversation, reason="asked", category=_topic(work, conversation, turn=turn))
    elif turn.outcome == "none" and turn.small_talk is None:
        _miss(work, conversation, entry=entry, turn=turn)
    else:
        conversation.misses = 0
        _speak(work, conversation, entry=entry, turn=turn, body=_body(work, turn))
        changed(work, conversation)


def _topic(work: Work, conversation: Conversation, *, turn: Turn) -> str | None:
    """Return what a wish for a person is about: its own words first, else the last answer."""
    if turn.category:
        return turn.category
    last = [t for t in queries.list_turns(work.session, conversation_id=conversation.id) if t.kb_entry_id]
    entry = knowledge.find_entry(work.session, entry_id=str(last[-1].kb_entry_id)) if last else None
    return entry.category if entry else None


def _answer(work: Work, conversation: Conversation, *, entry: Entry, turn: Turn, kb_entry_id: str) -> None:
    served = knowledge.find_served(work.session, entry_id=kb_entry_id, at=work.now)
    if served is None:
        # It was withdrawn between the search and now: better silent than wrong.
        _miss(work, conversation, entry=entry, turn=turn)
        return
    related = [
        Choice(entry_id=other.id, question=other.question)
        for other in knowledge.list_related(work.session, entry=served, at=work.now, limit=RELATED_SHOWN)
    ]
    conversation.misses = 0
    body = answer_body(served, related=related)
    _speak(work, conversation, entry=entry, turn=turn, body=body, kb_entry_id=kb_entry_id, text=served.question)
    changed(work, conversation)


def _miss(work: Work, conversation: Conversation, *, entry: Entry, turn: Turn) -> None:
    """Say that it was not understood; after several misses in a row bring in a person (B45)."""
    conversation.misses += 1
    if conversation.misses >= MISSES_BEFORE_PERSON:
        conversation.misses = 0
        _record(work, conversation, entry=entry, turn=turn, reply=None)
        hand_over(work, conversation, reason="misses", category=None)
        return
    _speak(work, conversation, entry=entry, turn=turn, body=BotTextBody(text=turn.reply, offer_person=True))
    changed(work, conversation)


def _body(work: Work, turn: Turn) -> Body:
    if turn.outcome == "suggest":
        choices = [Choice(entry_id=c.id, question=c.question) for c in turn.candidates[:RELATED_SHOWN]]
        return SuggestionsBody(text=turn.reply, choices=choices)
    if turn.outcome == "medical":
        return MedicalBody(text=turn.reply, sessions=sessions_ahead(work.session, at=work.now))
    return BotTextBody(text=turn.reply)


def _raise_red_flag(work: Work, conversation: Conversation, *, entry: Entry, turn: Turn) -> None:
    """Show the emergency text whatever else goes on, put the conversation first and call people in (B46)."""
    body = EmergencyBody(text=turn.reply, phone=EMERGENCY_PHONE)
    _speak(work, conversation, entry=entry, turn=turn, body=body)
    if "red_flag" not in conversation.flags:
        conversation.flags = [*conversation.flags, "red_flag"]
        append_notice(work, conversation, code="red_flag")
    conversation.priority = URGENT
    if conversation.status == "bot":
        hand_over(work, conversation, reason="red_flag", category=None)
    else:
        changed(work, conversation)
    work.emit(
        AlertRaised(
            code="red_flag",
            conversation_id=conversation.id,
            staff_id=conversation.assignee_id,
            queue_id=None if conversation.assignee_id else conversation.queue_id,
            at=work.now,
        )
    )


def _speak(
    work: Work,
    conversation: Conversation,
    *,
    entry: Entry,
    turn: Turn,
    body: Body,
    kb_entry_id: str | None = None,
    text: str | None = None,
) -> None:
    words = turn.reply if text is None else text
    reply = append_message(work, conversation, author=BOT, body=body, text=words)
    _record(work, conversation, entry=entry, turn=turn, reply=reply, kb_entry_id=kb_entry_id)


def _record(
    work: Work,
    conversation: Conversation,
    *,
    entry: Entry,
    turn: Turn,
    reply: Entry | None,
    kb_entry_id: str | None = None,
) -> None:
    """Keep what was decided and from which candidates, so that every answer can be explained later."""
    # The reply's row must be there before a row that refers to it.
    work.session.flush()
    # A tapped question is answered by its entry whatever the search thought of the words.
    chosen = kb_entry_id is not None and kb_entry_id != turn.entry
    work.session.add(
        BotTurn(
            id=new_id(),
            conversation_id=conversation.id,
            question_id=entry.id,
            reply_id=reply.id if reply else None,
            outcome="answer" if kb_entry_id else turn.outcome,
            kb_entry_id=kb_entry_id,
            confidence=1.0 if chosen else turn.confidence,
            candidates=[asdict(candidate) for candidate in turn.candidates],
            index_version=turn.index_version,
            at=work.now,
        )
    )
