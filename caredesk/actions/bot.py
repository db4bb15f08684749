"""The bot's turn in a conversation: think outside the transaction, then say and record it inside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from caredesk.actions import alerts
from caredesk.actions.answers import answer_body, answer_part, sessions_ahead
from caredesk.actions.handoff import hand_over, topic_of
from caredesk.actions.live_answers import Completed, complete
from caredesk.actions.live_parts import WhichOne
from caredesk.actions.timeline import BOT, append_message, append_notice, changed
from caredesk.chatbot.bot import Bot, Candidate, Turn
from caredesk.chatbot.context import Context, Surroundings
from caredesk.chatbot.slots import NamedDepartment, NamedDoctor, Names
from caredesk.clinic import queries as clinic
from caredesk.conversations import queries
from caredesk.conversations.models import BotTurn, Conversation, Entry
from caredesk.conversations.plain import AnyEntry
from caredesk.conversations.rules import MISSES_BEFORE_PERSON
from caredesk.core.clock import clinic_time
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.events.shapes import AnswerPart, Body, BotTextBody, Choice, EmergencyBody, MedicalBody, SuggestionsBody
from caredesk.knowledge_base import graph_queries as graph
from caredesk.knowledge_base import queries as knowledge
from caredesk.knowledge_base.feedback_models import BotFeedback
from caredesk.knowledge_base.models import KbEntry
from caredesk.queue.rules import URGENT

EMERGENCY_PHONE = "120"
RELATED_SHOWN = 3
CHOICES_SHOWN = 8
REMEMBERED = timedelta(hours=2)
"""After a longer silence a message stands for itself again."""
PATIENCE_LOST = frozenset({"repeated", "anger", "not_understood"})
"""Why the bot brings in a person by itself; everything else is the parent's own wish."""


@dataclass(frozen=True)
class Question:
    """What the bot is asked: words, or an entry whose question was tapped, and what it should know besides."""

    text: str
    language: str
    choice: str | None
    context: Context = field(default_factory=Context)
    surroundings: Surroundings = field(default_factory=Surroundings)


def find_question(session: Session, *, entry_id: str, choice: str | None) -> Question | None:
    """Return the question behind a message, or None when it needs no thinking any more."""
    entry = queries.find_entry(session, entry_id=entry_id)
    if entry is None or queries.find_turn_of_question(session, entry_id=entry_id) is not None:
        return None
    conversation = queries.get_conversation(session, conversation_id=entry.conversation_id)
    return Question(
        text=entry.text,
        language=conversation.language,
        choice=choice,
        context=context_of(session, conversation, at=entry.created_at),
        surroundings=surroundings(session, at=entry.created_at),
    )


def context_of(session: Session, conversation: Conversation, *, at: datetime) -> Context:
    """Return what a conversation was about, as the bot's last turn left it."""
    last = queries.find_last_turn(session, conversation_id=conversation.id)
    remembered = last.memory if last is not None and at - last.at <= REMEMBERED else None
    return Context.from_plain(remembered, misses=conversation.misses)


def surroundings(session: Session, *, at: datetime) -> Surroundings:
    """Return what the bot is told of the hospital: its names, its date, and which answers are live."""
    departments = clinic.department_facts(session).values()
    doctors = clinic.doctor_facts(session).values()
    return Surroundings(
        names=Names(
            departments=tuple(NamedDepartment(one.id, one.name, one.name_en) for one in departments),
            doctors=tuple(NamedDoctor(one.id, one.name, one.department_id, one.name_en) for one in doctors),
        ),
        today=clinic_time(at).date(),
        live=graph.live_entries(session, at=at),
    )


def think(bot: Bot, *, question: Question) -> Turn:
    """Ask the bot; pure and without any transaction, because it is the slow part."""
    return bot.ask(
        question.text,
        context=question.context,
        surroundings=question.surroundings,
        language="en" if question.language == "en" else "zh",
    )


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
        _note_tapped(work, conversation, chosen=choice)
        _answer(work, conversation, entry=entry, turn=turn, kb_entry_id=choice)
    elif turn.outcome == "answer" and turn.entry is not None:
        _answer(work, conversation, entry=entry, turn=turn, kb_entry_id=turn.entry)
    elif turn.outcome == "human":
        _record(work, conversation, entry=entry, turn=turn, reply=None)
        reason = turn.reason if turn.reason in PATIENCE_LOST else "asked"
        hand_over(work, conversation, reason=str(reason), category=turn.category or topic_of(work, conversation))
    elif turn.outcome == "none" and turn.small_talk is None:
        _miss(work, conversation, entry=entry, turn=turn)
    else:
        conversation.misses = 0
        _speak(work, conversation, entry=entry, turn=turn, body=_body(work, turn))
        changed(work, conversation)


def _note_tapped(work: Work, conversation: Conversation, *, chosen: str) -> None:
    """Keep which of several suggestions the parent chose: the best judgement of the words that they came for."""
    last = queries.find_last_turn(work.session, conversation_id=conversation.id)
    if last is None or last.outcome != "suggest" or chosen not in (last.memory or {}).get("shown", ()):
        return
    asked = queries.find_entry(work.session, entry_id=last.question_id)
    if asked is not None:
        row = BotFeedback(
            id=new_id(),
            conversation_id=conversation.id,
            bot_turn_id=last.id,
            question_id=asked.id,
            entry_id=chosen,
            question_text=asked.text,
            source="suggestion_tapped",
            actor_id=conversation.visitor_id,
            at=asked.created_at,
        )
        work.session.add(row)


def _answer(work: Work, conversation: Conversation, *, entry: Entry, turn: Turn, kb_entry_id: str) -> None:
    served = knowledge.find_served(work.session, entry_id=kb_entry_id, at=work.now)
    if served is None:
        # It was withdrawn between the search and now: better silent than wrong.
        _miss(work, conversation, entry=entry, turn=turn)
        return
    conversation.misses = 0
    said = _completed(work, conversation, served, entry=entry, turn=turn)
    if isinstance(said, WhichOne):
        choices = [Choice(entry_id="", question=words) for words in said.choices]
        _speak(work, conversation, entry=entry, turn=turn, body=SuggestionsBody(text=said.text, choices=choices))
    else:
        also = _also(work, conversation, entry=entry, turn=turn) if kb_entry_id == turn.entry else []
        body = answer_body(served, related=_related(work, served, turn=turn), said=said, also=also)
        words = " / ".join([served.question, *(part.question for part in also)])
        _speak(work, conversation, entry=entry, turn=turn, body=body, kb_entry_id=kb_entry_id, text=words)
    changed(work, conversation)


def _completed(
    work: Work, conversation: Conversation, served: KbEntry, *, entry: Entry, turn: Turn
) -> Completed | WhichOne:
    return complete(
        work.session, entry=served, conversation=conversation, slots=turn.slots, words=entry.text, now=work.now
    )


def _also(work: Work, conversation: Conversation, *, entry: Entry, turn: Turn) -> list[AnswerPart]:
    """Return the answers to further questions of the same message, as far as they are still served."""
    parts = []
    for entry_id in turn.also:
        served = knowledge.find_served(work.session, entry_id=entry_id, at=work.now)
        said = _completed(work, conversation, served, entry=entry, turn=turn) if served else None
        if served is not None and isinstance(said, Completed):
            parts.append(answer_part(served, said=said))
    return parts


def _related(work: Work, served: KbEntry, *, turn: Turn) -> list[Choice]:
    """Return what may be asked next: what one half of the message may have meant, then the graph's neighbours."""
    answered = {served.id, *turn.also}
    unsure = [one for one in turn.candidates if one.id not in answered] if turn.reason == "several" else []
    near = graph.related_entries(work.session, entry=served, at=work.now, limit=RELATED_SHOWN + len(answered))
    asked = {one.id: one.question for one in unsure[:1]} | {one.id: one.question for one in near}
    choices = [Choice(entry_id=id, question=question) for id, question in asked.items() if id not in answered]
    return choices[:RELATED_SHOWN]


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
    if turn.awaiting is not None:
        return SuggestionsBody(text=turn.reply, choices=_departments_to_choose(work))
    if turn.outcome == "suggest":
        questions = knowledge.questions_of(work.session, entry_ids=turn.offered)
        choices = [Choice(entry_id=id, question=questions[id]) for id in turn.offered if id in questions]
        return SuggestionsBody(text=turn.reply, choices=choices)
    if turn.outcome == "medical":
        return MedicalBody(text=turn.reply, sessions=sessions_ahead(work.session, at=work.now))
    return BotTextBody(text=turn.reply)


def _departments_to_choose(work: Work) -> Sequence[Choice]:
    names = [facts.name for facts in clinic.department_facts(work.session).values()]
    return [Choice(entry_id="", question=name) for name in names[:CHOICES_SHOWN]]


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
    alerts.raise_alert(
        work,
        code="red_flag",
        conversation_id=conversation.id,
        staff_id=conversation.assignee_id,
        queue_id=None if conversation.assignee_id else conversation.queue_id,
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
    reply: AnyEntry | None,
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
            outcome="answer" if kb_entry_id else _outcome_without_entry(turn),
            kb_entry_id=kb_entry_id,
            confidence=1.0 if chosen else turn.confidence,
            candidates=[_plain(candidate) for candidate in turn.candidates],
            index_version=turn.index_version,
            memory=_memory(turn, kb_entry_id=kb_entry_id),
            at=work.now,
        )
    )


def _plain(candidate: Candidate) -> dict[str, Any]:
    """Return a candidate as it is stored; each has some thirty figures, which `asdict` would copy one by one."""
    return {name: getattr(candidate, name) for name in Candidate.__slots__}


def _outcome_without_entry(turn: Turn) -> str:
    # An answer that had to ask which of several doctors is meant has only suggested so far.
    return "suggest" if turn.outcome == "answer" else turn.outcome


def _memory(turn: Turn, *, kb_entry_id: str | None) -> dict[str, Any]:
    """Return what the next turn should know; a tapped entry becomes the topic whatever the search thought."""
    context = turn.context
    if kb_entry_id is not None and kb_entry_id != turn.entry:
        context = replace(context, topic=kb_entry_id, age=0, outcome="answer", shown=(kb_entry_id,), awaiting=None)
    return context.to_plain()
