"""Live answer on when people are there: the general queue's state by the one evaluator (B17)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from caredesk.actions import clinic
from caredesk.actions.live_parts import LiveAnswer, LiveQuestion
from caredesk.clinic.words import hours_sentence
from caredesk.queue import queries as queues


def tell_service_hours(session: Session, question: LiveQuestion) -> LiveAnswer:
    """Say whether somebody is there now, and when that changes."""
    voice = question.voice
    queue = queues.find_queue_for_category(session, category=None)
    source = voice.say("source_hours")
    if queue is None:
        return LiveAnswer(voice.say("graph_none"), as_of=question.now, source=source, state="missing", whole=False)
    state = clinic.queue_state(session, queue, at=question.now)
    sentence = hours_sentence(state, at=question.now, language=question.language)
    words = voice.say("hours", queue=voice.name(queue.name, queue.name_en), state=sentence)
    return LiveAnswer(words, as_of=question.now, source=source, whole=False)
