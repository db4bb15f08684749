"""One turn of the bot: red flag, then medical, then the wish for a person, then courtesy, then the knowledge base."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, partial
from typing import Literal, cast

from caredesk.chatbot.calibration import Thresholds
from caredesk.chatbot.context import Context, Surroundings
from caredesk.chatbot.deciding import Decision, Question, Search, decide
from caredesk.chatbot.dialogue import (
    asks_for_sessions,
    lacks_subject,
    leaves_it_open,
    only_fills,
    remainder,
    wants_other_words,
)
from caredesk.chatbot.entries import FaqEntry
from caredesk.chatbot.guard import Flag, Guard, shared_guard
from caredesk.chatbot.index import FaqIndex, Scored
from caredesk.chatbot.replies import Language, reply
from caredesk.chatbot.sieve import shared_sieve
from caredesk.chatbot.slots import Slots, read_slots, without
from caredesk.chatbot.text import Message, normalise
from caredesk.chatbot.verdict import Verdict, judge, judge_danger

Outcome = Literal["answer", "suggest", "medical", "emergency", "human", "none"]
MOST_CANDIDATES = 5
MOST_SUGGESTIONS = 3
MOST_CLARIFIED = 2
SEARCHES_KEPT = 64
SELF_HARM = "自伤轻生"
# What feels foreign is still met with suggestions when an entry is this likely to be meant.
STILL_OURS = 0.3
NOWHERE = Surroundings()


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that was considered, with what spoke for it."""

    id: str
    question: str
    score: float
    features: dict[str, float]


@dataclass(frozen=True, slots=True)
class Turn:
    """What the bot decided, why, and what it says. Stored whole, so that any answer can be explained later.

    `offered` are the entries to choose from; `also` are answered beside `entry`, because the message asked for them
    too. `awaiting` names the slot that is asked for before the entry `pending` can be answered. `context` is what
    the next turn should know.
    """

    outcome: Outcome
    reply: str
    index_version: str
    entry: str | None = None
    category: str | None = None
    confidence: float = 0.0
    candidates: tuple[Candidate, ...] = ()
    small_talk: str | None = None
    reason: str | None = None
    offered: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    awaiting: str | None = None
    pending: str | None = None
    slots: Slots = field(default_factory=Slots)
    context: Context = field(default_factory=Context)
    read_as: str = field(default="", repr=False)


class Bot:
    """Answers from one index; keeps nothing between turns, so one bot serves every visitor."""

    def __init__(self, index: FaqIndex, thresholds: Thresholds | None = None, *, guard: Guard | None = None) -> None:
        self.index = index
        self.thresholds = thresholds or index.thresholds()
        self._guard = guard or shared_guard()
        # One turn may look for the same words twice: before it holds them for a feeling, and to answer them.
        self._search: Search = lru_cache(maxsize=SEARCHES_KEPT)(partial(self.index.search, limit=MOST_CANDIDATES))

    @cached_property
    def _entries(self) -> Mapping[str, FaqEntry]:
        return self.index.entries.by_id()

    def ask(
        self,
        text: str,
        *,
        context: Context | None = None,
        surroundings: Surroundings = NOWHERE,
        language: Language = "zh",
    ) -> Turn:
        """Decide on one message; the same message, index and context always give the same turn."""
        message = normalise(text)
        question = self._question(message, context=context or Context(), surroundings=surroundings)
        return replace(self._turn(message, question, language=language), read_as=question.read_as)

    def _question(self, message: Message, *, context: Context, surroundings: Surroundings) -> Question:
        slots = Slots()
        if surroundings.today is not None:
            slots = read_slots(message.plain, names=surroundings.names, today=surroundings.today)
        read_as = self.index.repair(message)
        return Question(message.plain, read_as, slots=slots, context=context, surroundings=surroundings)

    def _turn(self, message: Message, question: Question, *, language: Language) -> Turn:
        reworded = wants_other_words(message.plain) and question.context.outcome in ("answer", "suggest")
        verdict = self._verdict(message, question)
        if self._is_stopped(verdict, question) and not (reworded and not verdict.is_danger):
            return self._flagged(verdict, question, language=language)
        if reworded:
            return self._other_words(question, language=language)
        courtesy = self._guard.small_talk(message.spoken)
        if courtesy is not None:
            words = reply(courtesy, language=language)
            return Turn("none", words, self.index.version, small_talk=courtesy, context=question.context)
        if not any(character.isalnum() for character in question.read_as):
            words = reply("empty", language=language)
            return Turn("none", words, self.index.version, reason="empty", context=question.context.older())
        if verdict.is_foreign and self._search(question.read_as).confidence < STILL_OURS:
            words = reply("none", language=language)
            return Turn("none", words, self.index.version, reason="foreign", context=question.context.older())
        decision = decide(question, search=self._search, entries=self._entries, thresholds=self.thresholds)
        return self._decided(_as_far_as_trusted(decision, verdict), question, language=language)

    def is_emergency(self, text: str) -> bool:
        """Tell whether a text raises a red flag: the quick part of a turn, for while people are in charge."""
        return self._judged([text])[0]

    def emergencies(self, texts: Sequence[str]) -> list[bool]:
        """Tell which of several texts raise a red flag; only what the sieve holds is judged, see `sieve.py`."""
        held = shared_sieve().holds(texts)
        judged = iter(self._judged([text for text, is_held in zip(texts, held, strict=True) if is_held]))
        return [is_held and next(judged) for is_held in held]

    def _judged(self, texts: Sequence[str]) -> list[bool]:
        messages = [normalise(text) for text in texts]
        questions = [self._question(message, context=Context(), surroundings=NOWHERE) for message in messages]
        # Together they are felt at a lower price; each is still judged by itself.
        self.index.instinct.feel(question.read_as for question in questions)
        return [
            self._verdict(message, question, judging=judge_danger).is_danger
            for message, question in zip(messages, questions, strict=True)
        ]

    def leads_to(self, text: str) -> str:
        """Return the entry to which a question leads; a guard's name in brackets or nothing when it leads to none."""
        turn = self.ask(text)
        if turn.outcome in ("answer", "suggest") and turn.candidates:
            return turn.candidates[0].id
        return "" if turn.outcome == "none" else f"({turn.outcome})"

    def search(self, text: str, *, limit: int) -> tuple[Candidate, ...]:
        """Return what stands nearest to a text, best first, for people who look something up themselves."""
        found = self.index.search(self.index.repair(normalise(text)), limit=limit)
        return tuple(map(_candidate, found.candidates))

    def _verdict(self, message: Message, question: Question, *, judging: Callable[..., Verdict] = judge) -> Verdict:
        # Repairing typing errors must never hide a danger, so both readings are looked at.
        readings = tuple(dict.fromkeys((message.plain, question.read_as)))
        courteous = self._guard.small_talk(message.spoken) is not None
        left_open = question.context.awaiting is not None and leaves_it_open(message.plain)
        if courteous or left_open or self.index.is_published(question.read_as):
            return judge_danger(readings, guard=self._guard, instinct=self.index.instinct)
        if _is_about_sessions(question):
            told = judge_danger(readings, guard=self._guard, instinct=None)
            # 过敏反应科 and 发热门诊 are names here and no complaints; what stands beside them still counts.
            rest = [without(reading, question.slots.words) for reading in readings]
            return told if told.is_danger else judging(rest, guard=self._guard, instinct=None)
        # A few words that lean on the topic have their meaning from the talk, not from what they feel like.
        from_topic = question.context.has_topic and lacks_subject(remainder(question.plain))
        return judging(readings, guard=self._guard, instinct=None if from_topic else self.index.instinct)

    def _is_stopped(self, verdict: Verdict, question: Question) -> bool:
        """Tell whether the flag holds: one that is only felt gives way to an entry that is surely meant."""
        if verdict.flag is None or verdict.is_danger or verdict.flag.is_sure:
            return verdict.flag is not None
        return self._search(question.read_as).confidence < self.thresholds.answer

    def _flagged(self, verdict: Verdict, question: Question, *, language: Language) -> Turn:
        flag = cast(Flag, verdict.flag)
        key = "emergency_self_harm" if flag.group == SELF_HARM else flag.kind
        words = reply(key, language=language)
        context = Context(misses=question.context.misses)
        return Turn(flag.kind, words, self.index.version, confidence=1.0, reason=flag.group, context=context)

    def _other_words(self, question: Question, *, language: Language) -> Turn:
        """Offer what came next after the last answer, once; then a person is the better answer."""
        context = question.context
        rest = [entry_id for entry_id in context.rest if entry_id in self._entries]
        if context.reworded or not rest:
            return Turn("human", reply("human", language=language), self.index.version, reason="not_understood")
        offered = [self._entries[entry_id] for entry_id in rest[:MOST_SUGGESTIONS]]
        words = _numbered(reply("reworded", language=language), offered)
        ids = tuple(entry.id for entry in offered)
        after = replace(context.older(), outcome="suggest", shown=ids, rest=(), reworded=1, awaiting=None)
        return Turn("suggest", words, self.index.version, offered=ids, reason="reworded", context=after)

    def _decided(self, decision: Decision, question: Question, *, language: Language) -> Turn:
        best = decision.candidates[0].entry if decision.candidates else None
        answered = decision.entry if decision.outcome == "answer" else None
        offered = _offered(decision)
        pending = decision.entry.id if decision.awaiting and decision.entry else None
        turn = Turn(
            outcome=cast(Outcome, decision.outcome),
            reply=_words(decision, offered=offered, misses=question.context.misses, language=language),
            index_version=self.index.version,
            entry=answered.id if answered else None,
            category=best.category if best and decision.outcome not in ("none", "human") else None,
            confidence=decision.confidence,
            candidates=tuple(map(_candidate, decision.candidates)),
            reason=decision.reason or ("clarify" if decision.clarifies else None),
            offered=tuple(entry.id for entry in offered),
            also=tuple(entry.id for entry in decision.also),
            awaiting=decision.awaiting,
            pending=pending,
            slots=decision.slots,
        )
        return replace(turn, context=_next_context(turn, question))


def _as_far_as_trusted(decision: Decision, verdict: Verdict) -> Decision:
    """Only suggest what would be answered, when the question may be none for the desk."""
    if verdict.may_answer or decision.outcome != "answer":
        return replace(decision, confidence=round(decision.confidence * verdict.trust, 4))
    confidence = round(decision.confidence * verdict.trust, 4)
    return replace(decision, outcome="suggest", entry=None, also=(), confidence=confidence, reason="doubted")


def _is_about_sessions(question: Question) -> bool:
    filled = question.context.awaiting is not None and only_fills(question.plain, question.slots)
    named = question.slots.names_someone
    return named and (filled or asks_for_sessions(question.plain, question.slots))


def _next_context(turn: Turn, question: Question) -> Context:
    before = question.context
    shown = (turn.entry, *turn.also) if turn.entry else turn.offered
    common = replace(
        before.older(),
        asked=question.read_as,
        outcome=turn.outcome,
        shown=tuple(filter(None, shown)),
        rest=tuple(one.id for one in turn.candidates if one.id not in shown),
        reworded=0,
        awaiting=turn.awaiting,
        pending=turn.pending,
    )
    if turn.outcome == "answer":
        return replace(common, topic=turn.entry, age=0, slots=turn.slots)
    return replace(common, slots=turn.slots) if turn.awaiting else common


def _offered(decision: Decision) -> list[FaqEntry]:
    if decision.outcome != "suggest" or decision.awaiting:
        return []
    most = MOST_CLARIFIED if decision.clarifies else MOST_SUGGESTIONS
    return [scored.entry for scored in decision.candidates[:most]]


def _words(decision: Decision, *, offered: Sequence[FaqEntry], misses: int, language: Language) -> str:
    if decision.outcome == "answer" and decision.entry is not None:
        return "\n\n".join(entry.answer for entry in (decision.entry, *decision.also))
    if decision.awaiting is not None:
        return reply(f"ask_{decision.awaiting}", language=language)
    if decision.outcome == "suggest":
        key = decision.reason if decision.reason in ("follow_up", "same_again") else "suggest"
        return _numbered(reply("clarify" if decision.clarifies else key, language=language), offered)
    if decision.outcome == "human":
        return reply("human", language=language)
    return reply("none_again" if misses else "none", language=language)


def _candidate(scored: Scored) -> Candidate:
    return Candidate(scored.entry.id, scored.entry.question, scored.score, scored.features)


def _numbered(words: str, entries: Sequence[FaqEntry]) -> str:
    lines = [f"{number}. {entry.question}" for number, entry in enumerate(entries, start=1)]
    return "\n".join([words, *lines])
