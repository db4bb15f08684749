"""What one evaluation tells beyond its figures: how sure they are, slice by slice, and how honest the confidence is."""

from __future__ import annotations

import math
import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from caredesk.chatbot.bot import Bot
from caredesk.chatbot.entries import FaqEntry
from caredesk.chatbot.evaluation import WANTED_PRECISION, Asked, Labelled, ask_all, coverage, measure
from caredesk.chatbot.index import build_index

FOLDS = 5
# So many questions say how good a base is to a percent or two; more would only take longer.
MOST_HELD_BACK = 2000
# After so many seconds no further part is begun.
LONGEST = 900.0
# So many questions are asked between two words on the progress.
AT_ONCE = 50
BINS = 10
RESAMPLES = 200
MOST_MISSES = 200
CURVE_POINTS = 60
_Z95 = 1.959964

Tell = Callable[[int, int], None]
"""Is told how many questions were asked, and of how many."""


def quietly(_done: int, _total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Sliced:
    """A question that was asked, with the slice of the list it belongs to."""

    asked: Asked
    slice: str


def evaluate(bot: Bot, labels: Sequence[Labelled], *, slices: Sequence[str], tell: Tell = quietly) -> dict[str, Any]:
    """Ask the bot every question and return everything that the report shows."""
    asked = _ask_telling(bot, labels, tell=lambda done: tell(done, len(labels)))
    known = frozenset(entry.id for entry in bot.index.entries)
    return report([Sliced(one, name) for one, name in zip(asked, slices, strict=True)], known_entries=known)


def cross_examine(
    entries: Sequence[FaqEntry],
    *,
    version: str,
    precision: float = WANTED_PRECISION,
    seconds: float = LONGEST,
    tell: Tell = quietly,
) -> dict[str, Any]:
    """Report on a base's own similar questions, as `ask_unseen` asks them, and how many of them there are."""
    kept = list(entries)
    asked = ask_unseen(kept, version=version, precision=precision, seconds=seconds, tell=tell)
    told = report(asked, known_entries=frozenset(entry.id for entry in kept))
    return {**told, "held_back": sum(len(entry.similar) for entry in kept)}


def ask_unseen(
    entries: Sequence[FaqEntry], *, version: str, precision: float, seconds: float = LONGEST, tell: Tell = quietly
) -> list[Sliced]:
    """Ask a base its own similar questions, each of an index that has not seen it: a part is left out in turn.

    Of a large base so many are asked as say enough, drawn evenly; when the time is over, what was asked by then counts.
    """
    folds = _folds(entries, version=version)
    total = sum(map(len, folds))
    category = {entry.id: entry.category for entry in entries}
    began = time.monotonic()
    asked: list[Sliced] = []
    for number, left_out in enumerate(folds):
        if number and (time.monotonic() - began) * (number + 1) / number > seconds:
            break
        before = len(asked)
        tell(before, total)
        bot = _without_seeing(entries, left_out, version=f"{version}-{number}", precision=precision)
        labels = [Labelled(text, entry_id) for entry_id, text in sorted(left_out)]
        answers = _ask_telling(bot, labels, tell=_further(before, of=total, tell=tell))
        asked.extend(Sliced(one, category[one.label.expected]) for one in answers)
    return asked


def _folds(entries: Sequence[FaqEntry], *, version: str) -> list[list[tuple[str, str]]]:
    """Return the similar questions in parts, each once; the same base always has the same parts."""
    held_back = [(entry.id, text) for entry in entries for text in entry.similar]
    chance = random.Random(version)  # noqa: S311 (reproducible, and no secret)
    chance.shuffle(held_back)
    asked = held_back[:MOST_HELD_BACK]
    return [part for part in (asked[fold::FOLDS] for fold in range(FOLDS)) if part]


def _further(before: int, *, of: int, tell: Tell) -> Callable[[int], None]:
    return lambda done: tell(before + done, of)


def _without_seeing(
    entries: Sequence[FaqEntry], left_out: Sequence[tuple[str, str]], *, version: str, precision: float
) -> Bot:
    index = build_index(_without(entries, set(left_out)), version=version)
    return Bot(index, index.thresholds(precision=precision))


def _ask_telling(bot: Bot, labels: Sequence[Labelled], *, tell: Callable[[int], None]) -> list[Asked]:
    asked: list[Asked] = []
    for start in range(0, len(labels), AT_ONCE):
        asked.extend(ask_all(bot, labels[start : start + AT_ONCE]))
        tell(len(asked))
    return asked


def _without(entries: Sequence[FaqEntry], left_out: set[tuple[str, str]]) -> list[FaqEntry]:
    return [
        replace(entry, similar=tuple(text for text in entry.similar if (entry.id, text) not in left_out))
        for entry in entries
    ]


def report(asked: Sequence[Sliced], *, known_entries: frozenset[str]) -> dict[str, Any]:
    """Return figures, shares with intervals, slices, reliability, the coverage curve, and what came out wrong."""
    plain = [one.asked for one in asked]
    figures = measure(plain, known_entries=known_entries)
    return {
        "questions": len(asked),
        "held_back": None,
        "unknown_entries": figures["unknown_entries"],
        "p50_ms": figures["latency_ms"]["p50"],
        "p99_ms": figures["latency_ms"]["p99"],
        "shares": [{"name": name, **_share(of(plain))} for name, of in SHARES.items()],
        "coverage": _coverage_interval(plain),
        "slices": _by_slice(asked),
        "reliability": reliability(plain),
        "curve": curve(plain),
        "misses": [_miss(one) for one in asked if not one.asked.was_right][:MOST_MISSES],
    }


# ---- shares with intervals -------------------------------------------------------------------------------


def _good(asked: Sequence[Asked]) -> list[Asked]:
    return [one for one in asked if one.label.in_scope]


SHARES: dict[str, Callable[[Sequence[Asked]], list[bool]]] = {
    "accuracy_at_1": lambda asked: [one.found_within(1) for one in _good(asked)],
    "recall_at_3": lambda asked: [one.found_within(3) for one in _good(asked)],
    "answered": lambda asked: [one.turn.outcome == "answer" for one in _good(asked)],
    "answered_right": lambda asked: [one.was_right for one in _good(asked) if one.turn.outcome == "answer"],
    "good_questions_refused": lambda asked: [one.turn.outcome not in ("answer", "suggest") for one in _good(asked)],
    "emergency_recall": lambda asked: _recall(asked, "emergency"),
    "medical_recall": lambda asked: _recall(asked, "medical"),
    "human_recall": lambda asked: _recall(asked, "human"),
    "out_of_scope_answered": lambda asked: [one.turn.outcome == "answer" for one in asked if _is_foreign(one)],
}


def _recall(asked: Sequence[Asked], kind: str) -> list[bool]:
    return [one.turn.outcome == kind for one in asked if one.label.expected == kind]


def _is_foreign(one: Asked) -> bool:
    return one.label.expected == "none"


def _share(truths: Sequence[bool]) -> dict[str, Any]:
    low, high = wilson(sum(truths), of=len(truths))
    value = round(sum(truths) / len(truths), 4) if truths else None
    return {"part": sum(truths), "of": len(truths), "value": value, "low": low, "high": high}


def wilson(part: int, *, of: int) -> tuple[float | None, float | None]:
    """Return the interval in which a share lies with 95 % (Wilson's score, honest for small numbers, too)."""
    if not of:
        return None, None
    share, spread = part / of, _Z95 * _Z95 / of
    middle = (share + spread / 2) / (1 + spread)
    reach = _Z95 * math.sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    return round(max(0.0, middle - reach), 4), round(min(1.0, middle + reach), 4)


def _coverage_interval(asked: Sequence[Asked]) -> dict[str, Any]:
    """Return the coverage at the wanted precision; it is no simple share, so its interval comes from resampling."""
    kept = [one for one in asked if one.label.in_scope or _is_foreign(one)]
    value = coverage(kept, precision=WANTED_PRECISION)
    if value is None:
        return {"value": None, "low": None, "high": None}
    chance = random.Random(0)  # noqa: S311 (reproducible, and no secret)
    again = [coverage(chance.choices(kept, k=len(kept)), precision=WANTED_PRECISION) for _ in range(RESAMPLES)]
    ordered = sorted(one for one in again if one is not None)
    low, high = ordered[int(len(ordered) * 0.025)], ordered[min(len(ordered) - 1, int(len(ordered) * 0.975))]
    return {"value": value, "low": low, "high": high}


def _by_slice(asked: Sequence[Sliced]) -> list[dict[str, Any]]:
    by_name: dict[str, list[Asked]] = defaultdict(list)
    for one in asked:
        by_name[one.slice].append(one.asked)
    return [
        {
            "name": name,
            "questions": len(some),
            "right": _share([one.was_right for one in some]),
            "accuracy_at_1": _share(SHARES["accuracy_at_1"](some)),
            "recall_at_3": _share(SHARES["recall_at_3"](some)),
        }
        for name, some in sorted(by_name.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    ]


# ---- honesty ---------------------------------------------------------------------------------------------


def _weighed(asked: Sequence[Asked]) -> list[Asked]:
    """Return the questions for which the knowledge base was searched and something was found."""
    return [one for one in asked if one.turn.candidates and (one.label.in_scope or _is_foreign(one))]


def reliability(asked: Sequence[Asked]) -> list[dict[str, Any]]:
    """Return for each stretch of confidence how sure the bot was and how often it was right."""
    bins: dict[int, list[Asked]] = defaultdict(list)
    for one in _weighed(asked):
        bins[min(BINS - 1, int(one.turn.confidence * BINS))].append(one)
    return [
        {
            "least": number / BINS,
            "most": (number + 1) / BINS,
            "questions": len(some),
            "confidence": round(sum(one.turn.confidence for one in some) / len(some), 4),
            "right": _share([one.found_within(1) for one in some]),
        }
        for number, some in sorted(bins.items())
    ]


def curve(asked: Sequence[Asked]) -> list[dict[str, float]]:
    """Return what share of the good questions is answered, and how precisely, as the threshold falls."""
    total = sum(one.label.in_scope for one in asked)
    ranked = sorted(_weighed(asked), key=lambda one: -one.turn.confidence)
    points: list[dict[str, float]] = []
    right = covered = 0
    for answered, one in enumerate(ranked, start=1):
        right += one.found_within(1)
        covered += one.label.in_scope
        if answered == len(ranked) or ranked[answered].turn.confidence < one.turn.confidence:
            threshold = one.turn.confidence
            points.append(
                {
                    "threshold": threshold,
                    "coverage": round(covered / total, 4) if total else 0.0,
                    "precision": round(right / answered, 4),
                }
            )
    step = max(1, len(points) // CURVE_POINTS)
    return points[::step] if len(points) <= 1 or (len(points) - 1) % step == 0 else [*points[::step], points[-1]]


def _miss(one: Sliced) -> dict[str, Any]:
    turn = one.asked.turn
    return {
        "query": one.asked.label.query,
        "expected": one.asked.label.expected,
        "slice": one.slice,
        "outcome": turn.outcome,
        "confidence": turn.confidence,
        "found": [candidate.id for candidate in turn.candidates[:3]],
    }
