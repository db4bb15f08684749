"""Decides what the knowledge base says to a question that no guard stopped: answer, suggest, ask back or abstain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rapidfuzz import fuzz

from caredesk.chatbot.calibration import Thresholds
from caredesk.chatbot.context import Context, Surroundings
from caredesk.chatbot.dialogue import (
    asks_for_sessions,
    is_angry,
    is_asked_again,
    lacks_subject,
    leans_on_topic,
    leaves_it_open,
    only_fills,
    questions_in,
    remainder,
)
from caredesk.chatbot.entries import FaqEntry
from caredesk.chatbot.index import SURE_OF_EXACT, Found, Scored
from caredesk.chatbot.slots import Slots

Search = Callable[[str], Found]

SESSIONS, OVERVIEW = "clinic_sessions", "clinic_overview"
# The second of two candidates is close when it has this share of the first one's weight, and the third has not.
CLOSE = 0.55
# Two questions that read this much alike (of 100) mean the same to a parent; asking which is meant would help nobody.
SAME_MEANING = 85
# What one clause of a message asks must stand among so many candidates of the whole message.
OF_WHOLE = 3
# What follows a topic is taken from its own category; one entry must then outweigh all others there together.
SURE_FOLLOW_UP = 0.6
LEAST_FOLLOW_UP = 0.12
OF_FOLLOW_UPS = 8


@dataclass(frozen=True, slots=True)
class Question:
    """One question with everything that decides how it is meant."""

    plain: str
    read_as: str
    slots: Slots
    context: Context
    surroundings: Surroundings


@dataclass(frozen=True, slots=True)
class Decision:
    """What the base says. `entry` is answered, `also` are further entries that the same message asked for."""

    outcome: str
    candidates: tuple[Scored, ...] = ()
    confidence: float = 0.0
    entry: FaqEntry | None = None
    also: tuple[FaqEntry, ...] = ()
    slots: Slots = field(default_factory=Slots)
    clarifies: bool = False
    awaiting: str | None = None
    reason: str | None = None


def decide(question: Question, *, search: Search, entries: Mapping[str, FaqEntry], thresholds: Thresholds) -> Decision:
    """Decide on one question; the same question in the same context always gets the same decision."""
    live = _live_answer(question, entries=entries)
    if live is not None:
        return live
    if is_asked_again(question.read_as, context=question.context) and not _is_live_topic(question):
        return Decision("human", reason="repeated")
    followed = _follow_up(question, search=search, thresholds=thresholds)
    decision = followed or _weighed(question, search=search, thresholds=thresholds)
    # Somebody who begins with anger still gets a good suggestion first; who stays angry gets a person.
    tried = decision.outcome == "none" or question.context.asked
    if decision.outcome != "answer" and tried and is_angry(question.plain):
        return replace(decision, outcome="human", reason="anger", entry=None)
    return _without_repeating(_asking_back(decision, question=question), question=question, thresholds=thresholds)


# ---- live data -------------------------------------------------------------------------------------------


def _live_answer(question: Question, *, entries: Mapping[str, FaqEntry]) -> Decision | None:
    """Answer from the schedule when a department, doctor or day is named, or fills what was left open."""
    said, context = question.slots, question.context
    entry_id, slots = _filled_entry(question), said.over(context.slots)
    if entry_id is None and asks_for_sessions(question.plain, said):
        entry_id, slots = _entry_of_sessions(question), said
    if entry_id is None or entry_id not in entries:
        return None
    entry = entries[entry_id]
    only = Scored(entry=entry, score=1.0, features={})
    return Decision("answer", (only,), SURE_OF_EXACT, entry=entry, slots=slots)


def _filled_entry(question: Question) -> str | None:
    """Return the live entry that a message completes: the one that asked back, or the topic."""
    context = question.context
    if context.awaiting is not None and leaves_it_open(question.plain):
        return context.pending
    if not only_fills(question.plain, question.slots):
        return None
    if context.awaiting is not None and question.slots.names_someone:
        return context.pending
    on_sessions = question.surroundings.live.get(context.topic or "") in (SESSIONS, OVERVIEW)
    return context.topic if context.has_topic and on_sessions else None


def _entry_of_sessions(question: Question) -> str | None:
    bound = question.surroundings.bound_to(SESSIONS)
    return bound[0] if bound else None


def _is_live_topic(question: Question) -> bool:
    # Asked again an hour later, "where is my parcel" is a new question.
    return question.context.topic in question.surroundings.live


def _asking_back(decision: Decision, *, question: Question) -> Decision:
    """Ask for the department or doctor when a live answer needs one; once, not twice."""
    if decision.outcome != "answer" or decision.entry is None:
        return decision
    needs_who = question.surroundings.live.get(decision.entry.id) == SESSIONS
    if not needs_who or decision.slots.names_someone or question.context.awaiting is not None:
        return decision
    return replace(decision, outcome="suggest", awaiting="department")


# ---- what follows a topic --------------------------------------------------------------------------------


def _follow_up(question: Question, *, search: Search, thresholds: Thresholds) -> Decision | None:
    """Read a message that leans on the topic together with it; None when it does not lean or leads nowhere."""
    context = question.context
    if not context.has_topic or not leans_on_topic(question.plain):
        return None
    rest = remainder(question.read_as) or question.read_as
    topic = context.topic or ""
    own = search(rest)
    if _is_sure(own, thresholds) and not lacks_subject(rest):
        return None
    together = search(f"{context.asked},{rest}")
    category = _category_of(topic, (own, together))
    ranked = _ranked((own, together, search(f"{category},{rest}")), topic=topic, category=category)
    if not ranked or ranked[0].score < LEAST_FOLLOW_UP:
        return None
    total = sum(scored.score for scored in ranked)
    sure = ranked[0].score / total >= SURE_FOLLOW_UP
    outcome = "answer" if sure else "suggest"
    entry = ranked[0].entry if sure else None
    confidence = round(ranked[0].score / total * thresholds.answer if not sure else thresholds.answer, 4)
    slots = question.slots.over(context.slots)
    return Decision(outcome, ranked[:5], confidence, entry=entry, slots=slots, reason="follow_up")


def _category_of(topic: str, finds: Sequence[Found]) -> str:
    for found in finds:
        for scored in found.candidates:
            if scored.entry.id == topic:
                return scored.entry.category
    return ""


def _ranked(finds: Sequence[Found], *, topic: str, category: str) -> tuple[Scored, ...]:
    """Rank the entries of the topic's category by their mean weight over several readings."""
    weights: dict[str, float] = {}
    known: dict[str, Scored] = {}
    for found in finds:
        for scored in found.candidates:
            if scored.entry.id != topic and scored.entry.category == category:
                weights[scored.entry.id] = weights.get(scored.entry.id, 0.0) + scored.score / len(finds)
                known.setdefault(scored.entry.id, scored)
    best = sorted(weights, key=lambda entry_id: -weights[entry_id])[:OF_FOLLOW_UPS]
    return tuple(replace(known[entry_id], score=round(weights[entry_id], 4)) for entry_id in best)


# ---- what the base finds ---------------------------------------------------------------------------------


def _weighed(question: Question, *, search: Search, thresholds: Thresholds) -> Decision:
    found = search(question.read_as)
    both = _two_in_one(question.read_as, found, search=search, thresholds=thresholds)
    if both is not None:
        return replace(both, slots=question.slots)
    best = found.candidates[0].entry if found.candidates else None
    if best is not None and _is_sure(found, thresholds):
        return Decision("answer", found.candidates, found.confidence, entry=best, slots=question.slots)
    if best is not None and found.confidence >= thresholds.suggest:
        clarifies = _are_close(found.candidates)
        return Decision("suggest", found.candidates, found.confidence, slots=question.slots, clarifies=clarifies)
    return Decision("none", found.candidates, found.confidence, slots=question.slots)


def _two_in_one(read_as: str, found: Found, *, search: Search, thresholds: Thresholds) -> Decision | None:
    """Answer each clause that asks something by itself and is sure by itself; the others come as suggestions."""
    finds = [one for one in map(search, questions_in(read_as)) if one.candidates]
    # 要带哪些证 alone may be about anything: what a clause means must also stand among what the whole may mean.
    meant = {scored.entry.id for scored in found.candidates[:OF_WHOLE]}
    sure = [one for one in finds if _is_sure(one, thresholds) and one.candidates[0].entry.id in meant]
    answers = {one.candidates[0].entry.id: one for one in sure}
    if not answers or (len(answers) == 1 and _is_sure(found, thresholds)):
        return None
    kept = [one.candidates[0] for one in answers.values()]
    unsure = [one.candidates[0] for one in finds if one not in sure and one.confidence >= thresholds.suggest]
    rest = _each_once([*kept, *unsure, *found.candidates])[len(kept) :]
    return Decision(
        "answer",
        (*kept, *rest),
        min(one.confidence for one in answers.values()),
        entry=kept[0].entry,
        also=tuple(scored.entry for scored in kept[1:]),
        reason="several",
    )


def _is_sure(found: Found, thresholds: Thresholds) -> bool:
    # A small base may teach a threshold that even a question published word for word does not reach.
    return found.confidence >= min(thresholds.answer, SURE_OF_EXACT)


def _each_once(candidates: Sequence[Scored]) -> list[Scored]:
    return list({scored.entry.id: scored for scored in reversed(candidates)}.values())[::-1]


def _are_close(candidates: Sequence[Scored]) -> bool:
    """Tell whether it is one of two, and which of them can only be asked."""
    if len(candidates) < 2 or candidates[1].score < CLOSE * candidates[0].score:
        return False
    third = candidates[2].score if len(candidates) > 2 else 0.0
    alike = fuzz.ratio(candidates[0].entry.question, candidates[1].entry.question) >= SAME_MEANING
    return not alike and third < CLOSE * candidates[1].score


def _without_repeating(decision: Decision, *, question: Question, thresholds: Thresholds) -> Decision:
    """Offer what comes next instead of saying the same words a second time in a row."""
    context = question.context
    same = decision.entry is not None and decision.entry.id == context.topic and context.age == 0
    if not same or decision.also or _is_live_topic(question) or context.outcome != "answer":
        return decision
    others = tuple(scored for scored in decision.candidates if decision.entry != scored.entry)
    if not others:
        return Decision("human", reason="repeated")
    return replace(decision, outcome="suggest", candidates=others, entry=None, reason="same_again")
