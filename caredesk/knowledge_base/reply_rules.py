"""Decides what an agent's reply tells of the bot: what it answers, and whether the bot would have said it; pure.

A file of its own, because the review's rules judge the bot's turns, and these the words of people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from caredesk.knowledge_base.review_rules import is_substantial
from caredesk.knowledge_base.rules import bare

Verdict = Literal["", "agent_insert", "agent_reply"]
"""What is to be kept of a reply: nothing, an entry that the bot would not have found, or words of the agent's own."""

# With half of its pairs of characters in an answer a reply says that answer in other words.
SAID_OTHERWISE = 0.5
SEARCHED = ("answer", "suggest", "none")
"""Outcomes of questions that the knowledge base was asked; the others belong to the guards."""


@dataclass(frozen=True, slots=True)
class Line:
    """A message of a timeline: the visitor's, or an agent's with the entry that it sends, if any."""

    id: str
    by: Literal["visitor", "agent"]
    author_id: str
    text: str
    entry_id: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Exchange:
    """A visitor's message with what agents said before the visitor spoke again."""

    asked: Line
    replies: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What the bot would have done with the message: its outcome, the entry it thought of first, and that answer."""

    outcome: str
    first: str | None = None
    answer: str = ""


def exchanges(lines: Sequence[Line]) -> list[Exchange]:
    """Return the visitor's messages that agents replied to, in order; what several messages asked has one reply."""
    found: list[Exchange] = []
    asked: list[Line] = []
    said: list[Line] = []
    for line in lines:
        if line.by == "agent":
            said.append(line)
            continue
        if said:
            found.extend(Exchange(one, tuple(said)) for one in asked)
            asked, said = [], []
        asked.append(line)
    return [*found, *(Exchange(one, tuple(said)) for one in asked if said)]


def judge_reply(exchange: Exchange, *, chosen: str | None, told: Told) -> Verdict:
    """Return what a reply tells: that the bot would have missed the entry, or that an agent had to find own words.

    `chosen` is the entry that the agent took, by sending it or by putting its words into the reply.
    """
    if told.outcome not in SEARCHED:
        return ""
    if chosen is not None:
        return "" if told.outcome == "answer" and told.first == chosen else "agent_insert"
    words = [reply for reply in exchange.replies if is_substantial(reply.text)]
    if not words or (told.answer and any(says_otherwise(reply.text, answer=told.answer) for reply in words)):
        return ""
    return "agent_reply"


def says_otherwise(reply: str, *, answer: str) -> bool:
    """Tell whether a reply gives an answer in words of its own."""
    said, known = _pairs(bare(reply)), _pairs(bare(answer))
    return bool(said) and len(said & known) >= SAID_OTHERWISE * len(said)


def _pairs(text: str) -> frozenset[str]:
    return frozenset(text[at : at + 2] for at in range(len(text) - 1))
