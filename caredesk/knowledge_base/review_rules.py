"""Decides which questions were not answered well, what they cost and which reply is the best draft; pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from rapidfuzz import fuzz, process

from caredesk.knowledge_base.rules import LONGEST, LONGEST_SIMILAR, bare

Trouble = Literal[
    "parent_unhelpful",
    "repeated",
    "handoff_after_answer",
    "abstained",
    "agent_reply",
    "agent_insert",
    "suggestion_tapped",
]
"""Why a question is under review; names of feedback sources."""

# From this likeness on (of 100) a parent has asked the same question again.
ASKED_AGAIN = 85
# From this likeness on two texts say the same, and one of them is enough.
SAME_TEXT = 88
SHORTEST_REPLY = 10
# Without greetings, thanks and "one moment, please" a reply must have at least so much left to say something.
SHORTEST_SUBSTANCE = 6
MOST_REPLIES = 5
MOST_SIMILAR_DRAFTED = 12
# What one question costs while no conversation tells: the time in which an agent answers something simple.
USUAL_HANDLING = timedelta(minutes=4)
# What it costs that a parent had to choose: no person's time, but some of the parent's.
CHOOSING = timedelta(seconds=20)
# A conversation left open over lunch did not cost anybody two hours.
LONGEST_HANDLING = timedelta(hours=1)
MASKED = "*"
"""What a mask leaves in a text."""
JUDGEMENTS = ("none", "medical", "emergency", "human")
"""What a judgement may say instead of an entry, as evaluations say it."""


# ---- what went wrong -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AskedTurn:
    """One question of a conversation and what the bot did. A courtesy (thanks, hello) is nobody's trouble.

    `contacted` tells that people were asked about the same topic within a day, as the figures of deflection count it.
    """

    id: str
    text: str
    outcome: str
    entry_id: str | None
    helpful: bool | None
    at: datetime
    contacted: bool = False
    is_courtesy: bool = False

    @property
    def is_question(self) -> bool:
        """Tell whether the knowledge base was asked for something: guards and greetings are other matters."""
        return self.outcome in ("answer", "suggest", "none") and not self.is_courtesy


def find_troubles(turns: Sequence[AskedTurn]) -> dict[str, Trouble]:
    """Return what went wrong with which turn of one conversation, the worst of each; what went well is left out.

    `turns` stand in their order.
    """
    asked = [turn for turn in turns if turn.is_question]
    found = ((turn.id, _trouble(turn, later=asked[place + 1 :])) for place, turn in enumerate(asked))
    return {turn_id: trouble for turn_id, trouble in found if trouble is not None}


def _trouble(turn: AskedTurn, *, later: Sequence[AskedTurn]) -> Trouble | None:
    if turn.helpful is not None:
        return None if turn.helpful else "parent_unhelpful"
    if turn.outcome == "none":
        return "abstained"
    if turn.outcome == "suggest":
        # The parent chose one of the suggestions, or said it in words that were understood.
        return None if later and later[0].outcome == "answer" else "abstained"
    if any(fuzz.ratio(bare(turn.text), bare(other.text)) >= ASKED_AGAIN for other in later):
        return "repeated"
    return "handoff_after_answer" if turn.contacted else None


# ---- what it costs ---------------------------------------------------------------------------------------


def handling_seconds(*, assigned_at: datetime | None, closed_at: datetime | None) -> int | None:
    """Return how long people were busy with a conversation; None when nobody was."""
    if assigned_at is None or closed_at is None or closed_at < assigned_at:
        return None
    return int(min(closed_at - assigned_at, LONGEST_HANDLING).total_seconds())


def mean_handling(known: Iterable[int | None], *, otherwise: int) -> int:
    """Return the mean of what is known, else what is usual."""
    seconds = [value for value in known if value is not None]
    return round(sum(seconds) / len(seconds)) if seconds else otherwise


# ---- what could be answered ------------------------------------------------------------------------------

# What agents say around an answer, in the bare form in which texts are compared; longer ones come first.
_COURTESIES = re.compile(
    "请问还有什么可以帮您|还有什么可以帮您|感谢您的咨询|感谢您的理解|给您带来不便|祝宝宝早日康复|祝您生活愉快|请您耐心等待|"
    "请耐心等待|请您稍等|请您稍候|请稍等|请稍候|稍等片刻|稍等|稍候|正在为您|我这边|我这就|我马上|帮您查询|帮您核实|帮您确认|"
    "帮您反馈|帮您看看|帮您看|帮您查|为您查询|为您核实|看一下|查一下|核实一下|确认一下|问一下|看看|一下|请问您|请问|请您|"
    "我帮您|帮您|为您|您好|你好|家长|好的|收到|明白|不客气|不用谢|谢谢您|谢谢|感谢您|感谢|抱歉|不好意思|祝您|再见|稍后回复您|稍后"
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What an agent wrote after one of the questions, masked, with the stars of its conversation."""

    text: str
    conversation_id: str
    score: int | None = None


@dataclass(frozen=True, slots=True)
class DraftReply:
    """A reply that could become the answer: how many conversations had it, and how they were rated."""

    text: str
    times: int
    score: float | None


def best_replies(
    questions: Sequence[str], *, replies: Sequence[Reply], boilerplate: frozenset[str]
) -> list[DraftReply]:
    """Return the replies that could become the answer, the best first, near-duplicates as one.

    Good is what speaks of what was asked, what several conversations got, what the other replies resemble, and what
    was rated well. `boilerplate` are bare texts that agents say whatever is asked.
    """
    told = [reply for reply in replies if is_substantial(reply.text) and not _is_in(reply, boilerplate)]
    groups = _near_duplicates(sorted(told, key=lambda reply: (-len(reply.text), reply.text)))
    asked = _pairs("".join(map(bare, questions)))
    plain = [bare(group[0].text) for group in groups]
    ranked = sorted(
        zip(groups, plain, strict=True),
        key=lambda one: (-_worth(one[0], plain=one[1], asked=asked, others=plain), one[1]),
    )
    return [_draft(group) for group, _ in ranked[:MOST_REPLIES]]


def is_substantial(text: str) -> bool:
    """Tell whether a reply says something: "one moment, please" answers nothing."""
    said = bare(text)
    return len(said) >= SHORTEST_REPLY and len(_COURTESIES.sub("", said)) >= SHORTEST_SUBSTANCE


def _is_in(reply: Reply, boilerplate: frozenset[str]) -> bool:
    return bool(boilerplate) and (
        process.extractOne(bare(reply.text), sorted(boilerplate), scorer=fuzz.ratio, score_cutoff=SAME_TEXT) is not None
    )


def _near_duplicates(replies: Sequence[Reply]) -> list[list[Reply]]:
    groups: list[list[Reply]] = []
    for reply in replies:
        same = next((g for g in groups if fuzz.ratio(bare(g[0].text), bare(reply.text)) >= SAME_TEXT), None)
        if same is None:
            groups.append([reply])
        else:
            same.append(reply)
    return groups


def _worth(group: Sequence[Reply], *, plain: str, asked: frozenset[str], others: Sequence[str]) -> float:
    said = _pairs(plain)
    on_topic = len(said & asked) / max(min(len(said), len(asked)), 1)
    resembled = sum(fuzz.token_ratio(plain, other) for other in others) / (100.0 * len(others))
    stars = [reply.score for reply in group if reply.score is not None]
    rated = (sum(stars) / len(stars) - 3) / 2 if stars else 0.0
    return 2.0 * on_topic + math.log1p(len({reply.conversation_id for reply in group}) - 1) + 0.5 * (resembled + rated)


def _draft(group: Sequence[Reply]) -> DraftReply:
    stars = [reply.score for reply in group if reply.score is not None]
    return DraftReply(
        text=group[0].text[: LONGEST["answer"]],
        times=len({reply.conversation_id for reply in group}),
        score=round(sum(stars) / len(stars), 2) if stars else None,
    )


def boilerplate_of(replies_by_group: Sequence[Sequence[Reply]], *, fewest_groups: int = 3) -> frozenset[str]:
    """Return what agents say to groups of questions that have nothing in common: greetings, farewells, waiting."""
    seen: dict[str, set[int]] = {}
    for number, replies in enumerate(replies_by_group):
        for text in {bare(reply.text) for reply in replies}:
            seen.setdefault(text, set()).add(number)
    return frozenset(text for text, groups in seen.items() if len(groups) >= fewest_groups and text)


def draft_similar(question: str, *, wordings: Mapping[str, int]) -> list[str]:
    """Return other ways to ask it, the commonest first, without near-duplicates and without anything masked."""
    chosen: list[str] = []
    for text in sorted(wordings, key=lambda text: (-wordings[text], len(text), text)):
        taken = [bare(one) for one in (question, *chosen)]
        is_new = process.extractOne(bare(text), taken, scorer=fuzz.ratio, score_cutoff=SAME_TEXT) is None
        if is_new and bare(text) and MASKED not in text and len(text) <= LONGEST_SIMILAR:
            chosen.append(text)
    return chosen[:MOST_SIMILAR_DRAFTED]


def _pairs(text: str) -> frozenset[str]:
    return frozenset(text[at : at + 2] for at in range(len(text) - 1))


# ---- which group is which --------------------------------------------------------------------------------


def match_groups(groups: Sequence[frozenset[str]], *, before: Mapping[str, frozenset[str]]) -> dict[int, str]:
    """Return which new group goes on as which earlier one: the pair with the most questions in common first."""
    owner = {question: cluster_id for cluster_id, questions in before.items() for question in questions}
    shared: dict[tuple[int, str], int] = {}
    for number, questions in enumerate(groups):
        for question in questions:
            if question in owner:
                pair = (number, owner[question])
                shared[pair] = shared.get(pair, 0) + 1
    matched: dict[int, str] = {}
    for number, cluster_id in sorted(shared, key=lambda pair: (-shared[pair], pair)):
        if number not in matched and cluster_id not in matched.values():
            matched[number] = cluster_id
    return matched
