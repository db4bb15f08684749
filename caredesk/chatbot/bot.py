"""One turn of the bot: red flag, then medical, then the wish for a person, then courtesy, then the knowledge base."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from caredesk.chatbot.calibration import Thresholds
from caredesk.chatbot.guard import Flag, Guard, shared_guard
from caredesk.chatbot.index import FaqEntry, FaqIndex, Found
from caredesk.chatbot.replies import Language, reply
from caredesk.chatbot.text import Message, normalise

Outcome = Literal["answer", "suggest", "medical", "emergency", "human", "none"]
MOST_CANDIDATES = 5
MOST_SUGGESTIONS = 3
SELF_HARM = "自伤轻生"


@dataclass(frozen=True, slots=True)
class Context:
    """What the bot should remember of the turns before."""

    misses: int = 0


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that was considered, with what spoke for it."""

    id: str
    question: str
    score: float
    features: dict[str, float]


@dataclass(frozen=True, slots=True)
class Turn:
    """What the bot decided, why, and what it says. Stored whole, so that any answer can be explained later."""

    outcome: Outcome
    reply: str
    index_version: str
    entry: str | None = None
    category: str | None = None
    confidence: float = 0.0
    candidates: tuple[Candidate, ...] = ()
    small_talk: str | None = None
    reason: str | None = None
    read_as: str = field(default="", repr=False)


class Bot:
    """Answers from one index; keeps nothing between turns, so one bot serves every visitor."""

    def __init__(self, index: FaqIndex, thresholds: Thresholds | None = None, *, guard: Guard | None = None) -> None:
        self.index = index
        self.thresholds = thresholds or index.thresholds()
        self._guard = guard or shared_guard()

    def ask(self, text: str, *, context: Context | None = None, language: Language = "zh") -> Turn:
        """Decide on one message; the same message, index and context always give the same turn."""
        message = normalise(text)
        read_as = self.index.repair(message)
        flag = self._flag(message, read_as=read_as)
        if flag is not None:
            return self._flagged(flag, read_as=read_as, language=language)
        courtesy = self._guard.small_talk(message.spoken)
        if courtesy is not None:
            words = reply(courtesy, language=language)
            return Turn("none", words, self.index.version, small_talk=courtesy, read_as=read_as)
        if not any(character.isalnum() for character in read_as):
            return Turn("none", reply("empty", language=language), self.index.version, reason="empty")
        found = self.index.search(read_as, limit=MOST_CANDIDATES)
        return self._decided(found, context=context or Context(), language=language)

    def is_emergency(self, text: str) -> bool:
        """Tell whether a text raises a red flag: the quick part of a turn, for while people are in charge."""
        message = normalise(text)
        flag = self._flag(message, read_as=self.index.repair(message))
        return flag is not None and flag.kind == "emergency"

    def search(self, text: str, *, limit: int) -> tuple[Candidate, ...]:
        """Return what stands nearest to a text, best first, for people who look something up themselves."""
        return _candidates(self.index.search(self.index.repair(normalise(text)), limit=limit))

    def _flag(self, message: Message, *, read_as: str) -> Flag | None:
        # Repairing typing errors must never hide a danger, so both readings are looked at.
        readings = dict.fromkeys((message.plain, read_as))
        danger = next((flag for flag in map(self._guard.red_flag, readings) if flag), None)
        courteous = self._guard.small_talk(message.spoken) is not None
        if danger is not None or courteous or self.index.is_published(read_as):
            return danger
        felt = self.index.instinct.feel(read_as)
        if felt is not None and felt.kind == "emergency":
            if self._guard.names_the_harmless(read_as):
                felt = None
            elif felt.is_sure:
                return felt
        medical = next((flag for flag in map(self._guard.medical, readings) if flag), None)
        wish = next((flag for flag in map(self._guard.wish_for_a_person, readings) if flag), None)
        return medical or wish or felt

    def _flagged(self, flag: Flag, *, read_as: str, language: Language) -> Turn:
        key = "emergency_self_harm" if flag.group == SELF_HARM else flag.kind
        words = reply(key, language=language)
        return Turn(flag.kind, words, self.index.version, confidence=1.0, reason=flag.group, read_as=read_as)

    def _decided(self, found: Found, *, context: Context, language: Language) -> Turn:
        outcome, words = self._outcome(found, context=context, language=language)
        best = found.candidates[0].entry if found.candidates else None
        return Turn(
            outcome=outcome,
            reply=words,
            index_version=self.index.version,
            entry=best.id if best and outcome == "answer" else None,
            category=best.category if best and outcome != "none" else None,
            confidence=found.confidence,
            candidates=_candidates(found),
            read_as=found.read_as,
        )

    def _outcome(self, found: Found, *, context: Context, language: Language) -> tuple[Outcome, str]:
        entries = [scored.entry for scored in found.candidates]
        if entries and found.confidence >= self.thresholds.answer:
            return "answer", entries[0].answer
        if entries and found.confidence >= self.thresholds.suggest:
            return "suggest", _suggestion(entries[:MOST_SUGGESTIONS], language=language)
        key = "none_again" if context.misses else "none"
        return "none", reply(key, language=language)


def _candidates(found: Found) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(scored.entry.id, scored.entry.question, scored.score, scored.features) for scored in found.candidates
    )


def _suggestion(entries: Sequence[FaqEntry], *, language: Language) -> str:
    lines = [f"{number}. {entry.question}" for number, entry in enumerate(entries, start=1)]
    return "\n".join([reply("suggest", language=language), *lines])
