"""Groups questions that mean the same; pure and deterministic, whatever their order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags, hstack

from caredesk.chatbot.content import read_lines
from caredesk.chatbot.cutter import shared_cutter
from caredesk.chatbot.lexicon import Lexicon
from caredesk.chatbot.text import load_wording, normalise
from caredesk.chatbot.views import WordWeight, even_weight, load_concepts

# "How" and "may I" are ideas too, but of every second question.
WEIGHT_OF_ASKING = 0.15
# What is seen of a wording must weigh at least this much to count in full.
FULL = 0.5
# Two groups become one while their questions are on average this alike (cosine).
ALIKE = 0.4
# Wordings this alike are one wording; only used to make a very long list short enough to be linked.
SAME_WORDING = 0.7
# Linking compares everything with everything: time and memory grow with the square.
MOST_LINKED = 4000
ROWS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that mean the same, as positions in the list that was given; `center` is the most typical one."""

    members: tuple[int, ...]
    center: int


def group_questions(questions: Sequence[str]) -> list[Group]:
    """Group questions by meaning, the largest group first; a question that says nothing readable is in no group."""
    positions: dict[str, list[int]] = defaultdict(list)
    for position, question in enumerate(questions):
        positions[normalise(question).plain].append(position)
    positions.pop("", None)
    wordings = sorted(positions)
    if not wordings:
        return []
    rows = _rows(wordings)
    volumes = np.array([len(positions[wording]) for wording in wordings], dtype=np.float64)
    groups = [
        Group(
            members=tuple(sorted(position for one in part for position in positions[wordings[one]])),
            center=_first_said(questions, positions[wordings[_center(rows, volumes, part)]]),
        )
        for part in _parts(rows, volumes=volumes)
    ]
    return sorted(groups, key=lambda group: (-len(group.members), questions[group.center]))


def nearest_groups(questions: Sequence[str], *, groups: Sequence[str]) -> list[int | None]:
    """Return for each question the position of the group whose typical question it is alike to, None without one."""
    plain = [normalise(text).plain for text in (*groups, *questions)]
    if not groups or not questions or not any(plain):
        return [None] * len(questions)
    rows = _rows(plain)
    centers, asked = rows[: len(groups)], rows[len(groups) :]
    nearest: list[int | None] = []
    for start in range(0, len(questions), ROWS_AT_ONCE):
        alike = np.asarray((asked[start : start + ROWS_AT_ONCE] @ centers.T).todense())
        best = alike.argmax(axis=1)
        nearest.extend(int(at) if alike[row, at] >= SAME_WORDING else None for row, at in enumerate(best))
    return nearest


# ---- seeing ----------------------------------------------------------------------------------------------


class _Eyes:
    """What is seen in a wording: its ideas, its telling words, and pairs of characters."""

    def __init__(self) -> None:
        self._cutter = shared_cutter()
        self._concepts = Lexicon(load_concepts())
        self._empty = frozenset(read_lines("stopwords.txt")) | frozenset(load_wording().asking)
        self._rarity = WordWeight(self._cutter)
        self._asking = frozenset(idea for word in load_wording().asking for idea in self._concepts.groups_in(word))

    def ideas(self, wording: str) -> list[str]:
        return sorted(self._concepts.groups_in(wording))

    def words(self, wording: str) -> list[str]:
        return [word for word in self._cutter.cut(wording) if word not in self._empty]

    def characters(self, wording: str) -> list[str]:
        # "怎么" and its like stand in every question and tell nothing about it.
        told = "".join(self.words(wording))
        return [told[at : at + 2] for at in range(len(told) - 1)]

    def weight_of_word(self, word: str) -> float:
        return self._rarity(word)

    def weight_of_idea(self, idea: str) -> float:
        return WEIGHT_OF_ASKING if idea in self._asking else 1.0


@lru_cache(maxsize=1)
def _eyes() -> _Eyes:
    return _Eyes()


def _rows(wordings: Sequence[str]) -> csr_matrix:
    """Return a row for each wording; the product of two rows is their likeness, from 0 to 1.

    A row is shorter than 1 when it has nothing to see in a view, so that two questions which share only everyday
    words stay apart.
    """
    eyes = _eyes()
    views = (
        _view(wordings, see=eyes.ideas, share=0.6, weigh=eyes.weight_of_idea),
        _view(wordings, see=eyes.words, share=0.25, weigh=eyes.weight_of_word),
        _view(wordings, see=eyes.characters, share=0.15, weigh=even_weight),
    )
    return csr_matrix(hstack(views, format="csr"))


def _view(
    wordings: Sequence[str],
    *,
    see: Callable[[str], list[str]],
    share: float,
    weigh: Callable[[str], float],
) -> csr_matrix:
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 (a fifth of a desk's start, used at night)

    vectorizer = TfidfVectorizer(analyzer=see, sublinear_tf=True, lowercase=False)
    try:
        rows = vectorizer.fit_transform(wordings)
    except ValueError:
        # None of these questions has anything to see in this view.
        return csr_matrix((len(wordings), 0))
    weighed = csr_matrix(rows.multiply([weigh(str(name)) for name in vectorizer.get_feature_names_out()]))
    lengths = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
    return csr_matrix(diags(np.sqrt(share) / np.maximum(lengths, FULL)) @ weighed)


# ---- linking ---------------------------------------------------------------------------------------------


def _parts(rows: csr_matrix, *, volumes: NDArray[np.float64]) -> list[list[int]]:
    """Return the rows' numbers by group."""
    if rows.shape[0] <= MOST_LINKED:
        return _linked(rows, [[row] for row in range(rows.shape[0])])
    stars = sorted(_stars(rows, volumes=volumes), key=lambda star: (-volumes[star].sum(), star[0]))
    return [*_linked(rows, stars[:MOST_LINKED]), *stars[MOST_LINKED:]]


def _linked(rows: csr_matrix, parts: Sequence[list[int]]) -> list[list[int]]:
    """Join parts by average linkage of their first rows, until no two are alike enough."""
    if len(parts) < 2:
        return [list(part) for part in parts]
    heads = rows[[part[0] for part in parts]]
    distances = np.clip(1.0 - np.asarray((heads @ heads.T).todense()), 0.0, None)
    from sklearn.cluster import AgglomerativeClustering  # noqa: PLC0415 (as above)

    linking = AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage="average", distance_threshold=1.0 - ALIKE
    )
    joined: dict[int, list[int]] = defaultdict(list)
    for part, label in zip(parts, linking.fit_predict(distances), strict=True):
        joined[int(label)].extend(part)
    return list(joined.values())


def _stars(rows: csr_matrix, *, volumes: NDArray[np.float64]) -> list[list[int]]:
    """Gather the same wordings around the one that most of the others resemble; each star's centre comes first."""
    near = [_near(rows, start=start) for start in range(0, rows.shape[0], ROWS_AT_ONCE)]
    neighbours = [found for block in near for found in block]
    weight = np.array([volumes[found].sum() for found in neighbours])
    free = np.ones(rows.shape[0], dtype=bool)
    stars: list[list[int]] = []
    for center in np.argsort(-weight, kind="stable"):
        if free[center]:
            members = [int(row) for row in neighbours[center] if free[row] and row != center]
            free[[center, *members]] = False
            stars.append([int(center), *members])
    return stars


def _near(rows: csr_matrix, *, start: int) -> list[NDArray[np.int64]]:
    alike = csr_matrix(rows[start : start + ROWS_AT_ONCE] @ rows.T)
    alike.data[alike.data < SAME_WORDING] = 0.0
    alike.eliminate_zeros()
    alike.sort_indices()
    return [alike.indices[alike.indptr[row] : alike.indptr[row + 1]] for row in range(alike.shape[0])]


def _center(rows: csr_matrix, volumes: NDArray[np.float64], part: Sequence[int]) -> int:
    """Return the member that is nearest to what the members have in common, each counted as often as it was asked."""
    members = rows[list(part)]
    middle = np.asarray(members.T @ volumes[list(part)]).ravel()
    nearness = np.asarray(members @ middle).ravel()
    best = max(range(len(part)), key=lambda at: (round(float(nearness[at]), 9), -part[at]))
    return part[best]


def _first_said(questions: Sequence[str], positions: Sequence[int]) -> int:
    return min(positions, key=lambda position: (questions[position], position))
