"""Collecting what the bot did not answer well: reads and groups, outside any transaction; writes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.actions.review_masking import NO_NAMES, Names, mask_text, names_of
from caredesk.chatbot.clusters import group_questions, nearest_groups
from caredesk.chatbot.guard import shared_guard
from caredesk.chatbot.text import normalise
from caredesk.conversations import bot_queries
from caredesk.conversations.bot_queries import AgentMessage, AskedRow, ServedRow, Window
from caredesk.knowledge_base import review_queries as queries
from caredesk.knowledge_base.feedback_models import BotFeedback
from caredesk.knowledge_base.review_models import ReviewCluster, ReviewQuestion
from caredesk.knowledge_base.review_rules import (
    CHOOSING,
    USUAL_HANDLING,
    AskedTurn,
    DraftReply,
    Reply,
    best_replies,
    boilerplate_of,
    find_troubles,
    handling_seconds,
    mean_handling,
)

REACH = timedelta(days=30)
MOST_QUESTIONS = 50_000
# The rest of a very long tail waits, ungrouped, until it is asked more often.
MOST_GROUPS = 300
# So many of the agent's messages after a question may belong to it.
REPLIES_READ = 3
LONGEST_QUESTION = 300


@dataclass(frozen=True)
class Found:
    """A question in trouble, masked, with what it cost and what agents answered."""

    origin_id: str
    conversation_id: str
    text: str
    trouble: str
    entry_id: str | None
    handling: int | None
    at: datetime
    replies: tuple[Reply, ...] = ()
    chosen: tuple[str, ...] = ()
    """Entries that agents inserted or parents chose for it."""


@dataclass(frozen=True)
class Grouped:
    """Questions that mean the same, by origin, with the question that stands for them and the draft."""

    question: str
    found: tuple[Found, ...]
    handling: int
    replies: tuple[DraftReply, ...] = ()

    @property
    def cost(self) -> int:
        """Volume × handling time, in seconds."""
        return len(self.found) * self.handling


@dataclass(frozen=True)
class Collection:
    """Everything that one collection found. `absorbed` goes to clusters that were closed before, by origin."""

    groups: tuple[Grouped, ...] = ()
    absorbed: Mapping[str, str] = field(default_factory=dict)
    found: tuple[Found, ...] = ()
    recovered: tuple[str, ...] = ()
    """Ids of collected questions that are in no trouble any more."""


# ---- reading and grouping, without a transaction ---------------------------------------------------------


def collect(session: Session, *, now: datetime) -> Collection:
    """Gather the questions in trouble, leave out what was dealt with, and group the rest."""
    since = now - REACH
    found = _found(session, since=since, now=now)[-MOST_QUESTIONS:]
    known = queries.collected_origins(session, origin_ids={one.origin_id for one in found})
    pending = queries.list_open_questions(session, limit=MOST_QUESTIONS)
    in_trouble = {one.origin_id for one in found}
    older = [_again(row) for row in pending if row.at < since]
    recovered = [row.id for row in pending if row.at >= since and row.origin_id not in in_trouble]
    fresh = [one for one in found if one.origin_id not in known]
    absorbed = _absorbed(session, fresh, since=since)
    settled = {origin for origin, row in known.items() if row.settled_as} | set(absorbed)
    open_ones = [*older, *(one for one in found if one.origin_id not in settled)][-MOST_QUESTIONS:]
    kept = {one.origin_id for one in open_ones} | set(absorbed)
    return Collection(
        groups=tuple(_group(open_ones)),
        absorbed=absorbed,
        found=tuple(one for one in fresh if one.origin_id in kept),
        recovered=tuple(recovered),
    )


def _again(row: ReviewQuestion) -> Found:
    """Return a question that was collected so long ago that its conversation is not read again."""
    return Found(
        origin_id=row.origin_id,
        conversation_id=row.conversation_id,
        text=row.text,
        trouble=row.trouble,
        entry_id=row.entry_id,
        handling=row.handling_seconds,
        at=row.at,
    )


def _absorbed(session: Session, fresh: Sequence[Found], *, since: datetime) -> dict[str, str]:
    """Return which new questions belong to a closed group: what is not our topic, or was asked before it was closed."""
    closed = queries.list_closed_clusters(session, since=since)
    nearest = nearest_groups([one.text for one in fresh], groups=[cluster.question for cluster in closed])
    return {
        one.origin_id: closed[at].id
        for one, at in zip(fresh, nearest, strict=True)
        if at is not None and _belongs(one, closed[at])
    }


def _belongs(found: Found, cluster: ReviewCluster) -> bool:
    return cluster.outcome == "not_ours" or (cluster.closed_at is not None and found.at <= cluster.closed_at)


def _group(found: Sequence[Found]) -> list[Grouped]:
    """Return the groups that cost most, the costliest first, each with what agents answered best."""
    usual = mean_handling((one.handling for one in found), otherwise=int(USUAL_HANDLING.total_seconds()))
    groups = []
    for group in group_questions([one.text for one in found]):
        members = tuple(found[at] for at in group.members)
        handling = mean_handling((one.handling for one in members), otherwise=usual)
        groups.append(Grouped(question=found[group.center].text, found=members, handling=handling))
    kept = sorted(groups, key=lambda group: (-group.cost, group.question))[:MOST_GROUPS]
    said = [[reply for one in group.found for reply in one.replies] for group in kept]
    boilerplate = boilerplate_of(said)
    return [
        replace(
            group,
            replies=tuple(best_replies([one.text for one in group.found], replies=replies, boilerplate=boilerplate)),
        )
        for group, replies in zip(kept, said, strict=True)
    ]


# ---- gathering -------------------------------------------------------------------------------------------


def _found(session: Session, *, since: datetime, now: datetime) -> list[Found]:
    """Return every question in trouble since an instant, oldest first."""
    asked = _by_conversation(bot_queries.list_asked(session, since=since))
    # Turns and contacts may carry the instant of now itself.
    window = Window(since=since, until=now + timedelta(seconds=1), now=now)
    contacted = bot_queries.list_contacted(session, window=window)
    troubles = {
        conversation_id: find_troubles([_turn(row, contacted=row.turn_id in contacted) for row in rows])
        for conversation_id, rows in asked.items()
    }
    feedback = queries.list_feedback(session, since=since)
    involved = {conversation_id for conversation_id, found in troubles.items() if found}
    involved |= {row.conversation_id for row in feedback if row.conversation_id}
    around = _Surroundings(session, conversation_ids=involved, feedback=feedback)
    found = [
        around.found(row.turn_id, conversation_id, row.text, trouble, entry_id=row.entry_id, at=row.at)
        for conversation_id, rows in asked.items()
        for row in rows
        if (trouble := troubles[conversation_id].get(row.turn_id))
    ]
    found += [
        _chosen_instead(row, row.conversation_id, around=around)
        for row in feedback
        if row.conversation_id and _is_trouble(row)
    ]
    return sorted((one for one in found if one.text), key=lambda one: (one.at, one.origin_id))


def _is_trouble(row: BotFeedback) -> bool:
    """Tell whether a choice speaks of a question that the bot's own turns do not: people were asked instead of it."""
    if row.source == "suggestion_tapped":
        return True
    return row.bot_turn_id is None and (row.source == "agent_reply" or row.missed)


def _chosen_instead(row: BotFeedback, conversation_id: str, *, around: _Surroundings) -> Found:
    # Own words stand against what the bot would have suggested; anything else is what somebody chose.
    own_words = row.source == "agent_reply"
    shown = row.entry_id if own_words else None
    found = around.found(row.id, conversation_id, row.question_text, row.source, entry_id=shown, at=row.at)
    if row.entry_id and not own_words:
        found = replace(found, chosen=(row.entry_id,))
    if row.source == "suggestion_tapped":
        return replace(found, handling=int(CHOOSING.total_seconds()), replies=())
    return found


def _by_conversation(rows: Sequence[AskedRow]) -> dict[str, list[AskedRow]]:
    by_conversation: dict[str, list[AskedRow]] = defaultdict(list)
    for row in rows:
        by_conversation[row.conversation_id].append(row)
    return by_conversation


def _turn(row: AskedRow, *, contacted: bool) -> AskedTurn:
    courtesy = row.outcome == "none" and shared_guard().small_talk(normalise(row.text).spoken) is not None
    return AskedTurn(
        id=row.turn_id,
        text=row.text,
        outcome=row.outcome,
        entry_id=row.entry_id,
        helpful=row.helpful,
        at=row.at,
        contacted=contacted,
        is_courtesy=courtesy or not normalise(row.text).plain,
    )


class _Surroundings:
    """What stands around a question: who served the conversation, what agents said, which entry was chosen."""

    def __init__(self, session: Session, *, conversation_ids: set[str], feedback: Sequence[BotFeedback]) -> None:
        rows = bot_queries.list_served_rows(session, conversation_ids=conversation_ids)
        self._served: dict[str, ServedRow] = {row.conversation_id: row for row in rows}
        guardians = {row.guardian_id for row in rows if row.guardian_id}
        self._names = {guardian_id: names_of(session, guardian_id=guardian_id) for guardian_id in sorted(guardians)}
        self._said: dict[str, list[AgentMessage]] = defaultdict(list)
        for message in bot_queries.list_agent_messages(session, conversation_ids=conversation_ids):
            self._said[message.conversation_id].append(message)
        self._chosen: dict[str, list[BotFeedback]] = defaultdict(list)
        for row in feedback:
            if row.entry_id and row.conversation_id and row.source in ("agent_insert", "suggestion_tapped"):
                self._chosen[row.conversation_id].append(row)

    def found(
        self, origin_id: str, conversation_id: str, text: str, trouble: str, *, entry_id: str | None, at: datetime
    ) -> Found:
        """Return a question with everything around it, masked."""
        served = self._served.get(conversation_id)
        names = self._names.get(served.guardian_id or "", NO_NAMES) if served else NO_NAMES
        after = [message for message in self._said[conversation_id] if message.at >= at][:REPLIES_READ]
        inserted = [message.entry_id for message in after if message.entry_id]
        inserted += [row.entry_id for row in self._chosen[conversation_id] if row.at >= at and row.entry_id]
        return Found(
            origin_id=origin_id,
            conversation_id=conversation_id,
            text=mask_text(text, names=names).strip()[:LONGEST_QUESTION],
            trouble=trouble,
            entry_id=entry_id,
            handling=handling_seconds(assigned_at=served.assigned_at, closed_at=served.closed_at) if served else None,
            at=at,
            replies=self._replies(after, names=names, score=served.score if served else None),
            chosen=tuple(dict.fromkeys(inserted)),
        )

    def _replies(self, after: Sequence[AgentMessage], *, names: Names, score: int | None) -> tuple[Reply, ...]:
        return tuple(
            Reply(mask_text(message.text, names=names).strip(), message.conversation_id, score)
            for message in after
            if message.entry_id is None and message.text.strip()
        )
