"""What the review shows: groups of questions, their drafts, and judged questions."""

from __future__ import annotations

from datetime import datetime

from caredesk.events.shapes import Shape


class EntryRef(Shape):
    """An entry as far as a list needs it."""

    id: str
    question: str
    category: str


class ClusterLine(Shape):
    """A group of questions in the list. `cost_seconds` is volume × mean handling time."""

    id: str
    state: str
    outcome: str
    question: str
    volume: int
    handling_seconds: int
    cost_seconds: int
    troubles: dict[str, int]
    shown: EntryRef | None
    suggested: EntryRef | None
    result: EntryRef | None
    has_draft: bool
    first_at: datetime
    last_at: datetime
    closed_at: datetime | None
    closed_by: str


class ReviewList(Shape):
    """The list of a state, with how many groups there are in each."""

    clusters: list[ClusterLine]
    counts: dict[str, int]
    judged: int
    collecting: bool
    categories: list[str]
    now: datetime


class QuestionLine(Shape):
    """One question of a group, masked; `usable` tells whether it can stand in the knowledge base as it is."""

    id: str
    text: str
    trouble: str
    shown: str
    settled_as: str
    usable: bool
    at: datetime


class ReplyLine(Shape):
    """A reply of agents that could become the answer."""

    text: str
    times: int
    score: float | None


class ClusterView(Shape):
    """An opened group with everything an editor decides from."""

    cluster: ClusterLine
    questions: list[QuestionLine]
    draft_answer: str
    draft_similar: list[str]
    draft_category: str
    replies: list[ReplyLine]


class JudgedLine(Shape):
    """A judged question; `expected` is an entry's id or none, medical, emergency, human."""

    id: str
    query: str
    expected: str
    expected_question: str
    acceptable: list[str]
    slice: str
    judged_by: str
    judged_at: datetime


class JudgedList(Shape):
    """All judged questions, newest first."""

    judged: list[JudgedLine]
