"""What parents asked the demo's assistant in the last weeks, as it would have happened, and what was judged of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any, TypeVar

from caredesk.actions.answers import answer_body
from caredesk.actions.demo_files import DemoFolder
from caredesk.actions.review_keeping import collect_now
from caredesk.chatbot.replies import reply
from caredesk.clinic.workdays import calendar_day
from caredesk.conversations import bot_queries, queries, spoken_queries
from caredesk.conversations.models import BotTurn, Conversation, Entry, Rating, Visitor
from caredesk.conversations.rules import day_of, number_of, preview
from caredesk.core.clock import clinic_time, from_clinic
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.events.shapes import Body, BotTextBody, MedicalBody, NoticeBody, TextBody
from caredesk.knowledge_base import queries as knowledge
from caredesk.knowledge_base import review_queries
from caredesk.knowledge_base.evaluation_rules import read_labels
from caredesk.knowledge_base.review_models import JudgedQuestion
from caredesk.queue import queries as queue_queries
from caredesk.queue.models import Queue

FILE = "bot_history.yaml"
JUDGED_FILE = "judged_questions.csv"
# Asked one after the other in the morning, so that no two people write in the same minute.
FIRST_AT, APART = timedelta(hours=9), timedelta(minutes=7)
Value = TypeVar("Value")


@dataclass(frozen=True)
class Past:
    """One conversation as the file tells it."""

    said: str
    days_ago: int
    outcome: str
    entry_id: str | None
    helpful: bool | None
    agent: str
    minutes: int
    score: int | None


def load_bot_history(work: Work, files: DemoFolder) -> int:
    """Write the past down when nobody has asked the bot anything yet; return how many conversations there were."""
    if not (files.path / FILE).is_file() or bot_queries.has_turns(work.session):
        return 0
    queue = queue_queries.find_queue_for_category(work.session, category=None)
    past = [one for group in files.entries(FILE) for one in _past_of(group)]
    for place, one in enumerate(past):
        _Telling(work, queue=queue, at=_time_of(one, place=place, now=work.now)).tell(one)
    work.session.flush()
    collect_now(work)
    return len(past)


def load_judged(work: Work, files: DemoFolder) -> int:
    """Keep what the demo's editors have judged, when nothing was judged yet; return how many questions there were."""
    if not (files.path / JUDGED_FILE).is_file() or review_queries.count_judged(work.session):
        return 0
    labels = read_labels((files.path / JUDGED_FILE).read_text("utf-8"))
    work.session.add_all(
        JudgedQuestion(
            id=new_id(),
            query=one.query,
            expected=one.expected,
            acceptable=list(one.acceptable),
            slice=one.slice,
            judged_by=work.actor.id,
            judged_at=work.now,
        )
        for one in labels
    )
    work.session.flush()
    return len(labels)


def _past_of(group: dict[str, Any]) -> Iterator[Past]:
    days, helpful = _turns(group, "days", 1), _turns(group, "helpful", None)
    agent, minutes, scores = _turns(group, "agent", ""), _turns(group, "minutes", 5), _turns(group, "scores", None)
    for said in group["said"]:
        yield Past(
            said=said,
            days_ago=next(days),
            outcome=group.get("outcome", "answer"),
            entry_id=group.get("entry"),
            helpful=next(helpful),
            agent=next(agent),
            minutes=next(minutes),
            score=next(scores),
        )


def _turns(group: dict[str, Any], name: str, otherwise: Value) -> Iterator[Value]:
    given: Sequence[Value] = group.get(name, [otherwise])
    return cycle(given)


def _time_of(one: Past, *, place: int, now: datetime) -> datetime:
    """Return a time on a working day about so many days ago."""
    day = clinic_time(now).date() - timedelta(days=one.days_ago)
    while calendar_day(day).holiday:
        day -= timedelta(days=1)
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 (from_clinic adds the zone)
    return from_clinic(midnight + FIRST_AT + place * APART)


class _Telling:
    """Writes one conversation from its first word to its close."""

    def __init__(self, work: Work, *, queue: Queue | None, at: datetime) -> None:
        self._work, self._queue, self._at = work, queue, at
        self._seq = 0

    def tell(self, one: Past) -> None:
        """Write it down."""
        session, at = self._work.session, self._at
        visitor = Visitor(id=new_id(), token_hash=new_id(), created_at=at, last_seen_at=at)
        session.add(visitor)
        day = day_of(at)
        conversation = Conversation(
            id=new_id(),
            number=number_of(day=day, count=queries.next_count_of_day(session, day=day)),
            visitor_id=visitor.id,
            status="closed",
            created_at=at,
            last_message=preview(one.agent or one.said),
            last_message_by="agent" if one.agent else "visitor",
            last_message_at=at,
            flags=[],
        )
        session.flush()
        session.add(conversation)
        session.flush()
        self._ask(conversation, one)
        if one.agent:
            self._serve(conversation, one)
        conversation.closed_at, conversation.closed_by = self._at, "visitor"
        self._entry(conversation, kind="notice", author="desk", body=NoticeBody(code="conversation.closed", fields={}))
        conversation.staff_seq = conversation.patient_seq = self._seq
        spoken_queries.keep_words(session, conversation=conversation)

    def _ask(self, conversation: Conversation, one: Past) -> None:
        question = self._entry(conversation, kind="message", author="visitor", body=TextBody(text=one.said))
        body = self._body(one)
        said = self._entry(conversation, kind="message", author="bot", body=body) if body else None
        self._work.session.flush()
        turn = BotTurn(
            id=new_id(),
            conversation_id=conversation.id,
            question_id=question.id,
            reply_id=said.id if said else None,
            outcome=one.outcome,
            kb_entry_id=one.entry_id,
            confidence=0.9 if one.entry_id else 0.05,
            candidates=[],
            index_version="release-1",
            helpful=one.helpful,
            feedback_at=self._at if one.helpful is not None else None,
            at=self._at,
        )
        self._work.session.add(turn)

    def _body(self, one: Past) -> Body | None:
        """Return what the bot said; to a wish for a person it says nothing."""
        session, at = self._work.session, self._work.now
        served = knowledge.find_served(session, entry_id=one.entry_id, at=at) if one.entry_id else None
        if served is not None:
            return answer_body(served, related=[])
        if one.outcome == "human":
            return None
        words = reply("medical" if one.outcome == "medical" else "none", language="zh")
        return (
            MedicalBody(text=words, sessions=[])
            if one.outcome == "medical"
            else BotTextBody(text=words, offer_person=True)
        )

    def _serve(self, conversation: Conversation, one: Past) -> None:
        """Bring a person in, who answers after half of the time that the whole took."""
        queue = self._queue
        fields = {"queue": queue.name, "queue_en": queue.name_en} if queue else {}
        self._at += timedelta(seconds=40)
        conversation.queue_id, conversation.handoff_reason = queue.id if queue else None, "button"
        conversation.arrived_at = conversation.assigned_at = self._at
        self._entry(conversation, kind="notice", author="desk", body=NoticeBody(code="queue.joined", fields=fields))
        self._at += timedelta(minutes=one.minutes) / 2
        conversation.first_reply_at = self._at
        self._entry(conversation, kind="message", author="agent", body=TextBody(text=one.agent))
        self._at += timedelta(minutes=one.minutes) / 2
        if one.score is not None:
            rating = Rating(conversation_id=conversation.id, score=one.score, reasons=[], at=self._at)
            self._work.session.add(rating)

    def _entry(self, conversation: Conversation, *, kind: str, author: str, body: Body) -> Entry:
        self._seq += 1
        entry = Entry(
            id=new_id(),
            conversation_id=conversation.id,
            staff_seq=self._seq,
            patient_seq=self._seq,
            kind=kind,
            author_kind=author,
            body=body.model_dump(mode="json"),
            text=body.text if isinstance(body, TextBody) else "",
            created_at=self._at,
        )
        self._work.session.add(entry)
        return entry
