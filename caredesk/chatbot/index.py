"""The FAQ index: built once from published entries, never changed, swapped whole when a new one is ready."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from caredesk.chatbot.calibration import (
    WANTED_PRECISION,
    Calibration,
    Thresholds,
    Tried,
    calibrate,
    learn_thresholds,
    try_out,
)
from caredesk.chatbot.content import read_lines
from caredesk.chatbot.cutter import Cutter, shared_cutter
from caredesk.chatbot.evidence import ANSWER_VIEWS, FEATURES, Shelf, gather, spoken_of
from caredesk.chatbot.fusion import Fusion, learn_fusion
from caredesk.chatbot.instinct import Instinct, train_instinct
from caredesk.chatbot.lexicon import GAP, Lexicon
from caredesk.chatbot.rehearsal import Rehearsal, rehearse
from caredesk.chatbot.repair import Repairer
from caredesk.chatbot.text import Message, normalise, standardise_words
from caredesk.chatbot.views import VIEWS, Postings, Reader, Reading, View, WordWeight, even_weight, load_concepts

LONGEST_ANSWER_READ = 400
# A question that an editor has published word for word is that entry, whatever else speaks for another.
EXACT_LEAD = 4.0
SURE_OF_EXACT = 0.99
# Of entries that share a question none can be told to be the right one.
AS_GOOD_AS_ANY = 0.5
NOBODY, SEVERAL = -1, -2


@dataclass(frozen=True, slots=True)
class FaqEntry:
    """One published question with its answer, as the bot needs it."""

    id: str
    category: str
    question: str
    similar: tuple[str, ...]
    answer: str


@dataclass(frozen=True, slots=True)
class Scored:
    """An entry as a possible answer, with what spoke for it."""

    entry: FaqEntry
    score: float
    features: dict[str, float]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: candidates from the best on, and the probability that the first one is right."""

    candidates: tuple[Scored, ...]
    confidence: float
    read_as: str


@dataclass(frozen=True, slots=True)
class Learned:
    """What an index has learned by rehearsing: how to weigh, how sure to be, and how each rehearsal went."""

    fusion: Fusion
    calibration: Calibration
    tried: tuple[Tried, ...]


class FaqIndex:
    """Answers "which entries could this mean, and how sure are we"; make one with `build_index`."""

    def __init__(
        self,
        entries: tuple[FaqEntry, ...],
        *,
        version: str,
        shelf: Shelf | None,
        repairer: Repairer,
        learned: Learned,
        instinct: Instinct,
    ) -> None:
        self.entries = entries
        self.version = version
        self.calibration = learned.calibration
        self.instinct = instinct
        self._fusion = learned.fusion
        self._tried = learned.tried
        self._shelf = shelf
        self._repairer = repairer
        self._published = self._publish(entries)

    def read(self, text: str) -> str:
        """Return a text as the index reads it: in plain form, typing errors put right."""
        return self.repair(normalise(text))

    def thresholds(self, *, precision: float = WANTED_PRECISION) -> Thresholds:
        """Return from which confidence on to answer and to suggest, so that answers have the wanted precision."""
        return learn_thresholds(self._tried, precision=precision)

    def _publish(self, entries: tuple[FaqEntry, ...]) -> dict[str, int]:
        """Note which entry has exactly this question, or that several have it."""
        published: dict[str, int] = {}
        for position, entry in enumerate(entries):
            for read_text in {self.read(text) for text in (entry.question, *entry.similar)}:
                published[read_text] = SEVERAL if read_text in published else position
        return published

    def repair(self, message: Message) -> str:
        """Put typing errors of a normalised message right."""
        return standardise_words(self._repairer.repair(message.plain))

    def is_published(self, read_text: str) -> bool:
        """Tell whether an editor has published exactly this question."""
        return read_text in self._published

    def search(self, read_text: str, *, limit: int = 5) -> Found:
        """Find the entries nearest to a text that `read` or `repair` gave."""
        if self._shelf is None or not read_text:
            return Found(candidates=(), confidence=0.0, read_as=read_text)
        evidence = gather(self._shelf, read_text)
        logits = self._fusion.weigh(evidence.features)
        exact = evidence.positions == self._published.get(read_text, NOBODY)
        if exact.any():
            logits = np.where(exact, logits.max() + EXACT_LEAD, logits)
        order = np.argsort(-logits, kind="stable")
        scores = _shares(logits)
        confidence = SURE_OF_EXACT if exact.any() else self.calibration.confidence(evidence, logits=logits)
        if self._published.get(read_text, NOBODY) == SEVERAL:
            confidence = min(confidence, AS_GOOD_AS_ANY)
        candidates = tuple(
            Scored(
                entry=self.entries[int(evidence.positions[row])],
                score=round(float(scores[row]), 4),
                features=_named(evidence.features[row]),
            )
            for row in order[:limit]
        )
        return Found(candidates, confidence, read_as=read_text)


def build_index(entries: Sequence[FaqEntry], *, version: str, cutter: Cutter | None = None) -> FaqIndex:
    """Build the index of these entries; it learns how to weigh its views from their own similar questions."""
    ordered = tuple(sorted(entries, key=lambda entry: entry.id))
    cutter = cutter or shared_cutter()
    concepts = load_concepts()
    repairer = Repairer(cutter, words=_home_words(cutter, concepts, ordered), seen_in=_written(concepts, ordered))
    reader = Reader(cutter, concepts=Lexicon(concepts))
    shelf = _shelve(ordered, reader, repairer) if ordered else None
    rehearsals = rehearse(shelf, seed=_seed(version)) if shelf else []
    return FaqIndex(
        ordered,
        version=version,
        shelf=shelf,
        repairer=repairer,
        learned=learn(rehearsals),
        instinct=train_instinct(reader, harmless=shelf.phrases if shelf else ()),
    )


def learn(rehearsals: Sequence[Rehearsal]) -> Learned:
    """Learn all that rehearsals can teach."""
    fusion = learn_fusion(rehearsals)
    calibration = calibrate(rehearsals, fusion=fusion)
    return Learned(fusion, calibration, try_out(rehearsals, fusion=fusion, calibration=calibration))


def _home_words(cutter: Cutter, concepts: dict[str, list[str]], entries: Sequence[FaqEntry]) -> set[str]:
    words = set(read_lines("words.txt"))
    words.update(wording for wordings in concepts.values() for wording in wordings if GAP not in wording)
    for entry in entries:
        words.update(cutter.cut(normalise(entry.question).plain))
    return words


def _written(concepts: dict[str, list[str]], entries: Sequence[FaqEntry]) -> list[str]:
    questions = [normalise(entry.question).plain for entry in entries]
    return [*questions, *(wording for wordings in concepts.values() for wording in wordings)]


def _shelve(entries: Sequence[FaqEntry], reader: Reader, repairer: Repairer) -> Shelf:
    def read(text: str) -> Reading:
        return reader.read(standardise_words(repairer.repair(normalise(text).plain)))

    by_entry = [_distinct([read(text) for text in (entry.question, *entry.similar)]) for entry in entries]
    answers = [read(f"{entry.category}，{entry.answer[:LONGEST_ANSWER_READ]}") for entry in entries]
    phrases = [phrase for phrases in by_entry for phrase in phrases]
    weigh = {"words": WordWeight(shared_cutter())}
    views = {
        name: View(tokens_of, documents=by_entry, weigh=weigh.get(name, even_weight))
        for name, tokens_of in VIEWS.items()
    }
    counts = [len(phrases) for phrases in by_entry]
    return Shelf(
        reader=reader,
        views=views,
        phrases=phrases,
        owners=np.repeat(np.arange(len(entries)), counts),
        starts=np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64),
        postings={name: Postings(view.rows(phrases)) for name, view in views.items()},
        answers={name: Postings(views[name].rows(answers)) for name in ANSWER_VIEWS},
        answer_readings=answers,
        spoken=spoken_of(by_entry, answers),
    )


def _distinct(readings: Sequence[Reading]) -> list[Reading]:
    return list({reading.text: reading for reading in readings if reading.text}.values()) or list(readings[:1])


def _shares(logits: np.ndarray) -> np.ndarray:
    chances: np.ndarray = np.exp(logits - logits.max())
    return chances / chances.sum()


def _seed(version: str) -> int:
    return int.from_bytes(hashlib.sha256(version.encode()).digest()[:4], "big")


def _named(row: np.ndarray) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in zip(FEATURES, row, strict=True)}
