"""The FAQ index: built once from published entries, never changed, swapped whole when a new one is ready."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from caredesk.chatbot.calibration import WANTED_PRECISION, Thresholds, learn_thresholds, shared_calibration
from caredesk.chatbot.content import read_lines
from caredesk.chatbot.cutter import Cutter, shared_cutter
from caredesk.chatbot.entries import Entries, FaqEntry
from caredesk.chatbot.evidence import FEATURES, Evidence, gather
from caredesk.chatbot.fusion import Fusion, learn_fusion
from caredesk.chatbot.instinct import Instinct, instinct_of
from caredesk.chatbot.lexicon import GAP
from caredesk.chatbot.prior import load_prior
from caredesk.chatbot.rehearsal import rehearse
from caredesk.chatbot.repair import Repairer
from caredesk.chatbot.shelf import Shelf, Written, stock
from caredesk.chatbot.text import Message, normalise, standardise_words
from caredesk.chatbot.views import load_concepts, shared_reader

LONGEST_ANSWER_READ = 400
# What editors write has few typing errors; in a base beyond this size looking for them takes too long.
MOST_REPAIRED = 5_000
# A question that an editor has published word for word is that entry, whatever else speaks for another.
EXACT_LEAD = 4.0
SURE_OF_EXACT = 0.99
# Of entries that share a question none can be told to be the right one.
AS_GOOD_AS_ANY = 0.5


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


class FaqIndex:
    """Answers "which entries could this mean, and how sure are we"; make one with `build_index`."""

    def __init__(
        self,
        entries: Entries,
        *,
        version: str,
        shelf: Shelf | None,
        repairer: Repairer,
        fusion: Fusion,
        instinct: Instinct,
    ) -> None:
        self.entries = entries
        self.version = version
        self.shelf = shelf
        self.repairer = repairer
        self.fusion = fusion
        self.instinct = instinct

    def read(self, text: str) -> str:
        """Return a text as the index reads it: in plain form, typing errors put right."""
        return self.repair(normalise(text))

    def repair(self, message: Message) -> str:
        """Put typing errors of a normalised message right."""
        return standardise_words(self.repairer.repair(message.plain))

    def thresholds(self, *, precision: float = WANTED_PRECISION) -> Thresholds:
        """Return from which confidence on to answer and to suggest, so that answers have the wanted precision."""
        return learn_thresholds(load_prior().tried, precision=precision)

    def is_published(self, read_text: str) -> bool:
        """Tell whether an editor has published exactly this question."""
        return self.shelf is not None and bool(self.shelf.entries_saying(read_text))

    def evidence(self, read_text: str) -> Evidence | None:
        """Return what speaks for which entry; None when there is nothing to compare."""
        return gather(self.shelf, read_text) if self.shelf is not None and read_text else None

    def search(self, read_text: str, *, limit: int = 5) -> Found:
        """Find the entries nearest to a text that `read` or `repair` gave."""
        evidence = self.evidence(read_text)
        if evidence is None or self.shelf is None:
            return Found(candidates=(), confidence=0.0, read_as=read_text)
        logits = self.fusion.weigh(evidence.features)
        confidence = shared_calibration().confidence(evidence, logits=logits)
        published = self.shelf.entries_saying(read_text)
        exact = np.isin(evidence.positions, list(published))
        if exact.any():
            logits = np.where(exact, logits + logits.max() - logits.min() + EXACT_LEAD, logits)
            confidence = SURE_OF_EXACT if len(published) == 1 else min(confidence, AS_GOOD_AS_ANY)
        scores = _shares(logits)
        candidates = tuple(
            Scored(
                entry=self.entries[int(evidence.positions[row])],
                score=round(float(scores[row]), 4),
                features=_named(evidence.features[row]),
            )
            for row in np.argsort(-logits, kind="stable")[:limit]
        )
        return Found(candidates, confidence, read_as=read_text)


def build_index(entries: Iterable[FaqEntry], *, version: str, before: FaqIndex | None = None) -> FaqIndex:
    """Build the index of these entries; it learns how to weigh its views from their own similar questions.

    With the index that served `before` nothing is learned and only new and changed entries are read: that takes a
    moment, so that what was published is found at once, and is to be followed by a whole build.
    """
    ordered = entries if isinstance(entries, Entries) else Entries.of(entries)
    if before is not None and before.shelf is not None and ordered:
        return _carried_on(before, ordered, version=version)
    cutter = shared_cutter()
    concepts = load_concepts()
    repairer = Repairer(cutter, words=_home_words(cutter, concepts, ordered), seen_in=_written(concepts, ordered))
    reader = shared_reader()
    plain = _plain(repairer, repairs=len(ordered) <= MOST_REPAIRED)
    shelf = stock(map(_texts, ordered), reader=reader, plain=plain) if ordered else None
    return FaqIndex(
        ordered,
        version=version,
        shelf=shelf,
        repairer=repairer,
        fusion=learn_fusion(rehearse(shelf, seed=_seed(version)) if shelf else []),
        instinct=instinct_of(reader),
    )


def _carried_on(before: FaqIndex, entries: Entries, *, version: str) -> FaqIndex:
    shelf = before.shelf
    if shelf is None:
        raise ValueError("nothing to carry on from")
    stood = {_checksum(entry): position for position, entry in enumerate(before.entries)}
    checksums = map(_checksum, entries)
    kept = {position: stood[checksum] for position, checksum in enumerate(checksums) if checksum in stood}
    plain = _plain(before.repairer, repairs=True)
    return FaqIndex(
        entries,
        version=version,
        shelf=stock(map(_texts, entries), reader=shelf.reader, plain=plain, before=shelf, kept=kept),
        repairer=before.repairer,
        fusion=before.fusion,
        instinct=before.instinct,
    )


def _texts(entry: FaqEntry) -> Written:
    return (entry.question, *entry.similar), f"{entry.category}，{entry.answer[:LONGEST_ANSWER_READ]}"


def _checksum(entry: FaqEntry) -> bytes:
    return hashlib.blake2b(repr(_texts(entry)).encode(errors="replace"), digest_size=16).digest()


def _plain(repairer: Repairer, *, repairs: bool) -> Callable[[str], str]:
    def read(text: str) -> str:
        plain = normalise(text).plain
        return standardise_words(repairer.repair(plain)) if repairs else plain

    return read


def _home_words(cutter: Cutter, concepts: dict[str, list[str]], entries: Entries) -> set[str]:
    words = set(read_lines("words.txt"))
    words.update(wording for wordings in concepts.values() for wording in wordings if GAP not in wording)
    for entry in entries:
        words.update(cutter.cut(normalise(entry.question).plain))
    return words


def _written(concepts: dict[str, list[str]], entries: Entries) -> list[str]:
    questions = [normalise(entry.question).plain for entry in entries]
    return [*questions, *(wording for wordings in concepts.values() for wording in wordings)]


def _shares(logits: np.ndarray) -> np.ndarray:
    chances: np.ndarray = np.exp(logits - logits.max())
    return chances / chances.sum()


def _seed(version: str) -> int:
    return int.from_bytes(hashlib.sha256(version.encode()).digest()[:4], "big")


def _named(row: np.ndarray) -> dict[str, float]:
    return dict(zip(FEATURES, row.round(4).tolist(), strict=True))
